import { LanguageNeuronsError } from '../errors.js';
import type { PromptTemplate } from './PromptTemplate.js';
import { TemplateProcess } from './TemplateProcess.js';

/** What a model says of its chats. */
export interface ChatModel {
    /** Path, for messages. */
    readonly path: string;
    readonly info: { readonly chatTemplate: string; readonly bosText: string; readonly eosText: string };
}

/**
 * The model's own chat template: the question is what the user says, the answer is the assistant's.
 * @throws LanguageNeuronsError UNSUPPORTED where the model has none, or one that cannot be used: it
 * fails, runs for over 5 s, or takes over 128 MiB; `write` may be rejected with the same
 */
export async function chatTemplate({ path, info }: ChatModel): Promise<PromptTemplate> {
    const { chatTemplate: source, bosText, eosText } = info;
    if (source === '') {
        throw new LanguageNeuronsError(
            'UNSUPPORTED',
            `${path}: has no chat template; use another --template, such as mathoctopus`,
        );
    }
    const renderer = new TemplateProcess(source);
    const write = async ({ text }: Parameters<PromptTemplate['write']>[0]): Promise<string> => {
        try {
            return await renderer.render({
                messages: [{ role: 'user', content: text }],
                add_generation_prompt: true,
                bos_token: bosText,
                eos_token: eosText,
            });
        } catch (cause) {
            const [why] = (cause as Error).message.split('\n');
            throw new LanguageNeuronsError(
                'UNSUPPORTED',
                `${path}: its chat template cannot be used (${why}); use another --template, such as mathoctopus`,
                { cause },
            );
        }
    };
    await write({ language: 'en', text: '1 + 1?' }).catch((cause: unknown) => {
        // tells now, not after hours
        renderer.close();
        throw cause;
    });
    return { name: 'chat', special: true, write, stops: () => [] };
}
