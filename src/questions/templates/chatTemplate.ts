import { hasCode, LanguageNeuronsError } from '../../errors.js';
import { after, instructedName, type PromptTemplate } from './PromptTemplate.js';
import { clockAt, liveClock, type TemplateClock } from './templateClock.js';
import { TemplateProcess } from './TemplateProcess.js';

/** What a model's file says about chats. */
export interface ChatModel {
    /** Path, for messages. */
    readonly path: string;
    readonly info: { readonly chatTemplate: string; readonly bosText: string; readonly eosText: string };
}

/** One message of a conversation. */
export interface ChatMessage {
    /** `system`, `user`, `assistant`, or another role that the template knows. */
    readonly role: string;
    readonly content: string;
}

/** Whether the prompts of a model may depend on the day. */
function writesTheDate({ info }: ChatModel): boolean {
    return info.chatTemplate.includes('strftime_now');
}

/** Writes conversations as prompts. */
export interface ChatWriter {
    /**
     * The prompt that the assistant's answer follows. Special tokens are spelled out in it.
     * @param at the time for the template. Default: the writer's own clock
     * @throws LanguageNeuronsError UNSUPPORTED where the template refuses these messages, in its own words
     */
    write(messages: readonly ChatMessage[], at?: TemplateClock): Promise<string>;
    /** Ends the template's process, which also ends by itself when idle (`TemplateProcess`). */
    close(): void;
}

const otherTemplate = 'use another `template`, such as mathoctopus';

/**
 * Makes a writer of the model's own chat template.
 * @param mend what to do without a template, for messages
 * @param clock the time for templates that ask for it. Default: the current time
 * @throws LanguageNeuronsError UNSUPPORTED where the model has no template. `write` rejects with the same where the
 * template fails, runs for over 5 s, or takes over 128 MiB
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
 * Makes a writer as `chatWriter` does, and tries it with one message.
 * @throws LanguageNeuronsError UNSUPPORTED where the model has no template, or one that cannot be used
 */
export async function openChat(model: ChatModel, mend: string, clock?: TemplateClock): Promise<ChatWriter> {
    const writer = chatWriter(model, mend, clock);
    await writer.write([{ role: 'user', content: '1 + 1?' }]).catch((cause: unknown) => {
        // fails now, not after hours
        writer.close();
        throw cause;
    });
    return writer;
}

/**
 * A template for questions from the model's chat template: the question is the user's message.
 * @throws LanguageNeuronsError as `openChat`; `write` may reject with the same
 */
export async function chatTemplate(model: ChatModel, clock?: TemplateClock): Promise<PromptTemplate> {
    const chat = await openChat(model, otherTemplate, clock);
    const dated = writesTheDate(model);
    const on = (at: TemplateClock | undefined, instructionOf?: (language: string) => string): PromptTemplate => ({
        name: instructionOf === undefined ? 'chat' : instructedName('chat'),
        special: true,
        write: ({ language, text }) =>
            instructionOf === undefined
                ? chat.write([{ role: 'user', content: text }], at)
                : writeInstructed(chat, instructionOf(language), text, at),
        stops: () => [],
        ...(dated ? { on: (date) => on(clockAt(date), instructionOf) } : {}),
        instructed: (instruction) => on(at, instruction),
    });
    return on(undefined);
}

/** With a system message, or as the user's own where the template refuses system messages, or leaves them out. */
async function writeInstructed(
    chat: ChatWriter,
    instruction: string,
    text: string,
    at: TemplateClock | undefined,
): Promise<string> {
    const system = { role: 'system', content: instruction };
    const written = await chat.write([system, { role: 'user', content: text }], at).catch((cause: unknown) => {
        if (hasCode(cause, 'UNSUPPORTED')) return undefined;
        throw cause;
    });
    if (written?.includes(instruction) === true) return written;
    return chat.write([{ role: 'user', content: after(instruction, text) }], at);
}
