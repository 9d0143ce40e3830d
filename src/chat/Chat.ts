import type { Engine } from '../engine/Engine.js';
import type { TextEdit } from '../engine/types/edits.js';
import { wholeCharacters } from '../engine/scheduler/stops.js';
import { hasCode, wrongUse } from '../errors.js';
import { type ModelState, wholeModel } from '../interventions/ModelState.js';
import { type ChatMessage, type ChatWriter, openChat } from '../questions/templates/chatTemplate.js';
import { checkSettings } from '../settings/checkSetting.js';
import type { OptionsOf } from '../settings/Setting.js';
import { conversationTable } from '../settings/settings.js';
import { clockAt, liveClock } from '../questions/templates/templateClock.js';

/** @inline */
export interface ChatOptions extends OptionsOf<typeof conversationTable> {
    /** What a system says before all else. Default: nothing. */
    readonly system?: string | undefined;
}

/** @inline */
export interface AskOptions {
    /**
     * States of the model that answer side by side; the conversation goes on with the answer of the last one. Default:
     * one, the whole model.
     */
    readonly states?: readonly ModelState[] | undefined;
    /** Ends the answers: what they say by then is kept, also as the conversation's. */
    readonly signal?: AbortSignal | undefined;
    /** Called after each token with the text so far of the state at a place in `states`. */
    readonly onGrowth?: ((place: number, text: string) => void) | undefined;
}

interface ChatAnswer {
    readonly text: string;
    readonly tokens: number;
    /** Who ended it: the model, `maxTokens`, or `signal`. */
    readonly end: 'stop' | 'length' | 'aborted';
}

/** What was said once, and what was answered. */
interface Turn {
    readonly user: string;
    readonly assistant: string;
}

/** What came of a turn. */
export interface AskResult {
    /** By their places in `states`. */
    readonly answers: readonly ChatAnswer[];
    /** Turns that were left out from now on, the oldest, as the window has no room for them. */
    readonly dropped: number;
}

const defaultMaxTokens = 512;

/**
 * A conversation by the model's own chat template. A turn's answer is what its states say to the whole conversation:
 * what was answered under others is read as if these had held throughout. What a state has read stays in the engine's
 * KV cache while nothing else is asked of the engine and there is space, so that its next turn reads what is new alone.
 */
export class Chat {
    /** What a system says before all else; may be changed between turns. */
    system: string | undefined;
    /** Most tokens of an answer. */
    readonly maxTokens: number;
    readonly #engine: Engine;
    readonly #writer: ChatWriter;
    readonly #temperature: number;
    readonly #seed: number;
    #turns: Turn[] = [];
    /** Turns at the beginning that are no longer read. */
    #dropped = 0;
    /** Of the last turn: tokens of its prompt that were in the KV cache when an edit answered it first. */
    #cached = new Map<TextEdit, number>();

    private constructor(engine: Engine, writer: ChatWriter, options: ChatOptions) {
        this.#engine = engine;
        this.#writer = writer;
        this.system = options.system;
        this.maxTokens = options.maxTokens ?? Math.min(defaultMaxTokens, Math.floor(engine.windowSize / 2));
        this.#temperature = options.temperature ?? conversationTable.temperature.default;
        this.#seed = options.seed ?? conversationTable.seed.default;
    }

    /**
     * Begins a conversation with a model, which stays open after it.
     * @throws LanguageNeuronsError UNSUPPORTED where the model has no chat template, or one that cannot be used;
     * WRONG_USE for answers that leave no room for anything else in the window
     */
    static async begin(engine: Engine, options: ChatOptions = {}): Promise<Chat> {
        checkSettings(options, { ...conversationTable, system: {} }, {});
        const { windowSize } = engine;
        if (options.maxTokens !== undefined && options.maxTokens >= windowSize - 1) {
            throw wrongUse(
                `a window of ${windowSize} tokens has no room for an answer of ${options.maxTokens}; ` +
                    'lower `maxTokens`',
            );
        }
        const mend = 'generate continues a text with any model';
        const clock = options.date === undefined ? liveClock : clockAt(options.date);
        return new Chat(engine, await openChat(engine, mend, clock), options);
    }

    /** Turns so far, those that are no longer read among them. */
    get length(): number {
        return this.#turns.length;
    }

    /**
     * Says something and gets an answer.
     * @throws LanguageNeuronsError WRONG_USE where the window has no room for the text and an answer; UNSUPPORTED
     * where the template refuses it; else as `Engine.generate`. The conversation is then what it was.
     */
    ask(user: string, options: AskOptions = {}): Promise<AskResult> {
        return this.#answer(user, this.#turns, new Map(), options);
    }

    /**
     * The last turn once more, its answer forgotten. The same is drawn where all else is the same.
     * @throws LanguageNeuronsError WRONG_USE where nothing was said yet; else as `ask`
     */
    async again(options: AskOptions = {}): Promise<AskResult> {
        const last = this.#turns.at(-1);
        if (last === undefined) throw wrongUse('the chat holds no message yet; send one first');
        return this.#answer(last.user, this.#turns.slice(0, -1), this.#cached, options);
    }

    /** Forgets all turns; the system's words stay. */
    reset(): void {
        this.#turns = [];
        this.#dropped = 0;
    }

    /** Ends the template's process; the engine stays open. */
    close(): void {
        this.#writer.close();
    }

    /** @param cached see `#cached`: empty for a new turn */
    async #answer(
        user: string,
        before: readonly Turn[],
        cached: Map<TextEdit, number>,
        options: AskOptions,
    ): Promise<AskResult> {
        checkSettings(options, {}, { states: true, signal: true, onGrowth: true });
        const { states = [wholeModel], signal, onGrowth } = options;
        const edits = states.map(({ edit }) => edit);
        const { tokens, first } = await this.#read(user, before);
        const texts = edits.map(() => '');
        const grown = edits.map(() => 0);
        const answers: ChatAnswer[] = [];
        try {
            const said = this.#engine.generate(
                // Once more with as much anew as the first time: other batches round otherwise.
                edits.map((one, edit) => ({ id: before.length, text: tokens, edit, reuse: cached.get(one) })),
                {
                    edits,
                    maxTokens: this.maxTokens,
                    temperature: this.#temperature,
                    seed: this.#seed,
                    prefixCaching: true,
                    signal,
                    onGrowth: (growing) => {
                        for (const { edit, text } of growing) {
                            texts[edit] = text;
                            grown[edit]!++;
                            onGrowth?.(edit, text);
                        }
                    },
                },
            );
            for await (const { edit, text, tokens, end, cachedTokens } of said) {
                answers[edit] = { text, tokens, end };
                if (!cached.has(edits[edit])) cached.set(edits[edit], cachedTokens);
            }
        } catch (cause) {
            if (signal?.aborted !== true || !hasCode(cause, 'ABORTED')) throw cause;
            for (const [i, text] of texts.entries())
                answers[i] ??= { text: wholeCharacters(text), tokens: grown[i]!, end: 'aborted' };
        }
        const dropped = first - Math.min(this.#dropped, before.length);
        this.#turns = [...before, { user, assistant: answers.at(-1)!.text }];
        this.#dropped = first;
        this.#cached = cached;
        return { answers, dropped };
    }

    /** The prompt of a turn, and the first of those before that is in it: as many are as there is room for. */
    async #read(user: string, before: readonly Turn[]): Promise<{ tokens: Int32Array; first: number }> {
        const { windowSize } = this.#engine;
        const room = windowSize - this.maxTokens - 1; // BOS, where the template does not write it
        for (let first = Math.min(this.#dropped, before.length); ; first++) {
            const text = await this.#writer.write(this.#messages(before.slice(first), user));
            const tokens = await this.#engine.tokenize(text, { special: true });
            if (tokens.length <= room) return { tokens, first };
            if (first < before.length) continue;
            throw wrongUse(
                `the chat takes ${tokens.length} tokens, but the window of ${windowSize} has room for ` +
                    `${Math.max(0, room)} beside an answer of ${this.maxTokens}; shorten the message, or start ` +
                    'again with a lower `maxTokens` or a larger `windowSize`',
            );
        }
    }

    #messages(turns: readonly Turn[], user: string): ChatMessage[] {
        return [
            ...(this.system === undefined ? [] : [{ role: 'system' as const, content: this.system }]),
            ...turns.flatMap(({ user, assistant }): ChatMessage[] => [
                { role: 'user', content: user },
                { role: 'assistant', content: assistant },
            ]),
            { role: 'user', content: user },
        ];
    }
}
