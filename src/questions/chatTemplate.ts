import { LanguageNeuronsError } from '../errors.js';
import type { PromptTemplate } from './PromptTemplate.js';
import { clockAt, liveClock, type TemplateClock } from './templateClock.js';
import { TemplateProcess } from './TemplateProcess.js';

/** What a model says of its chats. */
export interface ChatModel {
    /** Path, for messages. */
    readonly path: string;
    readonly info: { readonly chatTemplate: string; readonly bosText: string; readonly eosText: string };
}

/** One message of a conversation. */
export interface ChatMessage {
    /** `system`, `user`, `assistant`, or what else the template knows. */
    readonly role: string;
    readonly content: string;
}

/** Whether the prompts of a model may be others on other days. */
export function writesTheDate({ info }: ChatModel): boolean {
    return info.chatTemplate.includes('strftime_now');
}

/** Writes conversations as a model reads them. */
export interface ChatWriter {
    /**
     * The prompt after which the assistant speaks; special tokens are written out in it.
     * @param at what it is told of the time, where not the writer's own
     * @throws LanguageNeuronsError UNSUPPORTED where the template refuses these messages, in its own words
     */
    write(messages: readonly ChatMessage[], at?: TemplateClock): Promise<string>;
    /** Ends the template's process. It ends by itself too; see `TemplateProcess`. */
    close(): void;
}

const otherTemplate = 'use another --template, such as mathoctopus';

/**
 * Writes by the model's own chat template.
 * @param mend what to do without it, for messages
 * @param clock what a template that asks for the time is told; default: the time it is
 * @throws LanguageNeuronsError UNSUPPORTED where the model has none; `write` may be rejected with the same where it
 * fails, runs for over 5 s, or takes over 128 MiB
 */
export function chatWriter({ path, info }: ChatModel, mend: string, clock: TemplateClock = liveClock): ChatWriter {
    const { chatTemplate: source, bosText, eosText } = info;
    if (source === '') throw new LanguageNeuronsError('UNSUPPORTED', `${path}: has no chat template; ${mend}`);
    const renderer = new TemplateProcess(source);
    return {
        write: async (messages, at = clock) => {
            try {
                const context = { messages, add_generation_prompt: true, bos_token: bosText, eos_token: eosText };
                return await renderer.render(context, at());
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
 * The same, tried with one message.
 * @throws LanguageNeuronsError UNSUPPORTED where the model has none, or one that cannot be used, as `chatWriter` says
 */
export async function openChat(model: ChatModel, mend: string, clock?: TemplateClock): Promise<ChatWriter> {
    const writer = chatWriter(model, mend, clock);
    await writer.write([{ role: 'user', content: '1 + 1?' }]).catch((cause: unknown) => {
        // tells now, not after hours
        writer.close();
        throw cause;
    });
    return writer;
}

/**
 * The same for questions: the question is what the user says, the answer is the assistant's.
 * @throws LanguageNeuronsError as `openChat`; `write` may be rejected with the same
 */
export async function chatTemplate(model: ChatModel, clock?: TemplateClock): Promise<PromptTemplate> {
    const chat = await openChat(model, otherTemplate, clock);
    const dated = writesTheDate(model);
    const on = (at: TemplateClock | undefined): PromptTemplate => ({
        name: 'chat',
        special: true,
        write: ({ text }) => chat.write([{ role: 'user', content: text }], at),
        stops: () => [],
        ...(dated ? { on: (date) => on(clockAt(date)) } : {}),
    });
    return on(undefined);
}
