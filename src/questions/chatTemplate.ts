import { LanguageNeuronsError } from '../errors.js';
import type { PromptTemplate } from './PromptTemplate.js';
import { TemplateProcess } from './TemplateProcess.js';

/** What a model says of its chats. */
export interface ChatModel {
    /** Path, for messages. */
    readonly path: string;
    readonly info: { readonly chatTemplate: string; readonly bosText: string; readonly eosText: string };
}

/** What somebody says in a conversation. */
export interface Saying {
    readonly role: string;
    readonly content: string;
}

/** Writes conversations as a model was trained to read them. */
export interface ChatWriter {
    /**
     * The text of a conversation, up to where the assistant's next words begin.
     * @throws LanguageNeuronsError UNSUPPORTED as `chatWriter`
     */
    write(messages: readonly Saying[]): Promise<string>;
    close(): void;
}

/**
 * Writes by the model's own chat template.
 * @param mend what to do where it cannot be used
 * @throws LanguageNeuronsError UNSUPPORTED where the model has none; `write` may be rejected with the same where it
 * fails, runs for over 5 s, or takes over 128 MiB
 */
export function chatWriter({ path, info }: ChatModel, mend: string): ChatWriter {
    const { chatTemplate: source, bosText, eosText } = info;
    if (source === '') throw new LanguageNeuronsError('UNSUPPORTED', `${path}: has no chat template; ${mend}`);
    const renderer = new TemplateProcess(source);
    return {
        write: async (messages) => {
            try {
                return await renderer.render({
                    messages,
                    add_generation_prompt: true,
                    bos_token: bosText,
                    eos_token: eosText,
                });
            } catch (cause) {
                const [why] = (cause as Error).message.split('\n');
                throw new LanguageNeuronsError(
                    'UNSUPPORTED',
                    `${path}: its chat template cannot be used (${why}); ${mend}`,
                    { cause },
                );
            }
        },
        close: () => renderer.close(),
    };
}

/**
 * The model's own chat template: the question is what the user says, the answer is the assistant's.
 * @throws LanguageNeuronsError UNSUPPORTED where the model has none, or one that cannot be used: it
 * fails, runs for over 5 s, or takes over 128 MiB; `write` may be rejected with the same
 */
export async function chatTemplate(model: ChatModel): Promise<PromptTemplate> {
    const writer = chatWriter(model, 'use another --template, such as mathoctopus');
    const write = ({ text }: Parameters<PromptTemplate['write']>[0]): Promise<string> =>
        writer.write([{ role: 'user', content: text }]);
    await write({ language: 'en', text: '1 + 1?' }).catch((cause: unknown) => {
        // tells now, not after hours
        writer.close();
        throw cause;
    });
    return { name: 'chat', special: true, write, stops: () => [] };
}
