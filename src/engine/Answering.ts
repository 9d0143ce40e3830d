import { LanguageNeuronsError } from '../errors.js';
import { Arrivals } from './Arrivals.js';
import type { TextEdit } from './edits.js';
import { generate, type GeneratedTokens, type GenerationRequest } from './generate.js';
import type { Truncation } from './Growing.js';
import { awaitNative } from './nativeError.js';
import type { Passes } from './Passes.js';
import type { Telling, ToldToken } from './telling.js';
import { TokenTexts } from './TokenTexts.js';

/** Milliseconds between two looks at new requests. */
const pace = 30;
/** Rows of logits that leave the device for log-probabilities in one batch. */
const mostToldBytes = 64 * 1024 * 1024;
/** llama.cpp rounds a stream's cells up to a multiple of this. */
const grain = 256;

export interface AnsweringOptions {
    /** Conditions that requests name. Default: one, the whole model. */
    readonly edits?: readonly TextEdit[] | undefined;
    /** Requests that are computed side by side, each in a part of the KV cache of its own; at most the batch's. */
    readonly parallel: number;
    /** Tokens of one request, prompt and answer. */
    readonly requestSize: number;
}

/** A request by itself: what it is given does not depend on those beside it, up to the rounding of other batches. */
export interface AnswerRequest {
    /** BOS is put before them where the model asks for one and it is not there. */
    readonly prompt: Int32Array;
    /** Place of its condition in `edits`. Default 0. */
    readonly edit?: number | undefined;
    /** Most tokens of the answer; 0: none is drawn. */
    readonly maxTokens: number;
    /** Default 0: always the likeliest token. */
    readonly temperature?: number | undefined;
    /** Default: every token may be drawn. */
    readonly truncation?: Truncation | undefined;
    /** With the numbers of prompt and answer it decides what is drawn at a temperature above 0. Defaults 1, 0, 0. */
    readonly seed?: number | undefined;
    readonly promptNumber?: number | undefined;
    readonly answerNumber?: number | undefined;
    /** The answer ends with the token in which one of these is complete. Default: none. */
    readonly stops?: readonly string[] | undefined;
    /** Log-probabilities to tell. Default: none. */
    readonly telling?: Telling | undefined;
    readonly signal?: AbortSignal | undefined;
    /** Called with all tokens of the answer so far, and what is told of them, whenever it grew. */
    readonly onGrowth?: ((tokens: readonly number[], told: readonly ToldToken[]) => void) | undefined;
}

export interface TokenAnswer {
    /** With BOS, where it was put before them. */
    readonly prompt: Int32Array;
    /** Without the one that ended the answer. */
    readonly tokens: Int32Array;
    /** Whether the model or one of its stops ended it, or `maxTokens` did. */
    readonly end: 'stop' | 'length';
    /** Of the prompt's tokens but the first, where asked for. */
    readonly toldOfPrompt: readonly ToldToken[];
    /** Of the answer's tokens, and of the one with which the model ended it. */
    readonly told: readonly ToldToken[];
}

interface Asked extends GenerationRequest {
    readonly asked: AnswerRequest;
    readonly resolve: (answer: TokenAnswer) => void;
    readonly reject: (cause: unknown) => void;
    /** Of those given up nobody waits any more. */
    settled: boolean;
    /** Tokens of it are in the cache of the pass under way. */
    begun: boolean;
    readonly giveUp: () => void;
}

/**
 * Answers requests as they come, in one pass of the engine that lasts until it is closed: a new one joins those under
 * way as soon as there is room, in the order in which they come. Where a batch fails, those that have tokens in the
 * cache are rejected, and another pass goes on with the others.
 */
export class Answering {
    readonly texts: TokenTexts;
    readonly #passes: Passes;
    readonly #options: AnsweringOptions;
    #arrivals = new Arrivals<Asked>();
    readonly #open = new Set<Asked>();
    readonly #stop = new AbortController();
    #pass: Promise<void> | undefined;
    #closed = false;

    private constructor(passes: Passes, texts: TokenTexts, options: AnsweringOptions) {
        this.#passes = passes;
        this.texts = texts;
        this.#options = options;
    }

    /** @throws LanguageNeuronsError WRONG_USE */
    static async open(passes: Passes, options: AnsweringOptions): Promise<Answering> {
        const most = Math.min(passes.sequences, passes.batchSize);
        if (!(Number.isInteger(options.parallel) && options.parallel >= 1 && options.parallel <= most)) {
            throw new LanguageNeuronsError(
                'WRONG_USE',
                `requests side by side are from 1 to ${most}, not ${options.parallel}`,
            );
        }
        return new Answering(passes, await TokenTexts.of(passes.model), options);
    }

    /** Tokens of one request, prompt and answer. */
    get requestSize(): number {
        return this.#options.requestSize;
    }

    /** Requests that are not answered yet. */
    get open(): number {
        return this.#open.size;
    }

    /** Tokens of a text; special tokens written out in it are these tokens, where asked for. */
    async tokenize(text: string, special: boolean): Promise<Int32Array> {
        return (await this.tokenizeAll([text], special))[0]!;
    }

    /** Tokens of each text; as `tokenize`. */
    async tokenizeAll(texts: readonly string[], special: boolean): Promise<Int32Array[]> {
        return awaitNative(() => this.#passes.model.tokenize(texts, special));
    }

    /** A prompt as the model reads it: BOS first where the model asks for one. */
    withBos(prompt: Int32Array): Int32Array {
        const length = this.lengthWithBos(prompt);
        if (length === prompt.length) return prompt;
        const whole = new Int32Array(length);
        whole[0] = this.#passes.info.bos;
        whole.set(prompt, 1);
        return whole;
    }

    /** Tokens of a prompt as the model reads it. */
    lengthWithBos(prompt: Int32Array): number {
        const { bos } = this.#passes.info;
        return prompt.length + (bos < 0 || prompt[0] === bos ? 0 : 1);
    }

    /**
     * @throws LanguageNeuronsError WRONG_USE for a request that a part of the cache has no room for, ABORTED where its
     * signal says so, CLOSED; what the pass failed of
     */
    ask(request: AnswerRequest): Promise<TokenAnswer> {
        return new Promise((resolve, reject) => {
            if (this.#closed) throw closedError();
            this.check(request);
            const prompt = this.withBos(request.prompt);
            const { maxTokens, temperature = 0, seed = 1, edit = 0, truncation, telling, signal } = request;
            const asked: Asked = {
                asked: request,
                id: request.promptNumber ?? 0,
                firstAnswer: request.answerNumber ?? 0,
                prompt,
                answers: 1,
                maxTokens,
                temperature,
                truncation,
                seed,
                stops: request.stops ?? [],
                editAt: (position) => this.#passes.editAt(edit, position, prompt.length),
                telling,
                signal,
                resolve,
                reject,
                settled: false,
                begun: false,
                onBegin: () => (asked.begun = true),
                giveUp: () => this.#settle(asked, () => reject(abortedError())),
            };
            this.#open.add(asked);
            if (signal?.aborted === true) return asked.giveUp();
            signal?.addEventListener('abort', asked.giveUp, { once: true });
            this.#arrivals.push(asked);
            this.#pass ??= this.#run();
        });
    }

    /** Answers what was asked, then ends the pass; with `stop`, at once, and what is open is rejected with ABORTED. */
    async close({ stop = false }: { readonly stop?: boolean } = {}): Promise<void> {
        this.#closed = true;
        this.#arrivals.close();
        if (stop) {
            this.#stop.abort();
            for (const asked of this.#open) this.#settle(asked, () => asked.reject(abortedError()));
        }
        while (this.#pass !== undefined) await this.#pass;
    }

    /** @throws LanguageNeuronsError WRONG_USE for what `ask` would not take */
    check({ prompt, maxTokens, edit = 0 }: AnswerRequest): void {
        const length = this.lengthWithBos(prompt);
        const { requestSize, edits = [undefined] } = this.#options;
        const wrong = (why: string): LanguageNeuronsError => new LanguageNeuronsError('WRONG_USE', why);
        if (length === 0) throw wrong('a prompt has no token; give it some text');
        if (!(Number.isInteger(maxTokens) && maxTokens >= 0)) throw wrong(`an answer has no ${maxTokens} tokens`);
        if (!(Number.isInteger(edit) && edit >= 0 && edit < edits.length))
            throw wrong(`a prompt asks for edit ${edit} of ${edits.length}`);
        if (length + maxTokens > requestSize) {
            throw wrong(
                `a prompt of ${length} tokens with an answer of up to ${maxTokens} is longer than the ` +
                    `${requestSize} tokens of a request`,
            );
        }
        const outside = prompt.find((token) => !this.texts.has(token));
        if (outside !== undefined) throw wrong(`the model has no token ${outside} of ${this.texts.size}`);
    }

    async #run(): Promise<void> {
        const { edits = [undefined] } = this.#options;
        const purpose = { count: false, head: 'logits' } as const;
        try {
            for await (const answer of this.#passes.stream(purpose, edits, this.#stop.signal, () => this.#answers()))
                this.#settle(answer.request, () => settleWith(answer));
        } catch (cause) {
            const waiting = new Set(this.#arrivals.drain());
            const taken = [...this.#open].filter((asked) => !waiting.has(asked));
            const lost = taken.filter(({ begun }) => begun);
            // A pass that fails before it computes anything, as of memory, fails for whatever comes.
            const goesOn = lost.length > 0 && !this.#stop.signal.aborted;
            if (goesOn) this.#arrivals.putBack([...taken.filter(({ begun }) => !begun), ...waiting]);
            for (const asked of goesOn ? lost : [...taken, ...waiting])
                this.#settle(asked, () => asked.reject(passError(cause)));
        } finally {
            this.#pass = this.#arrivals.length > 0 ? this.#run() : undefined;
        }
    }

    async *#answers(): AsyncGenerator<GeneratedTokens<Asked>> {
        const { parallel, requestSize } = this.#options;
        const { model, plainCache, info } = this.#passes;
        const each = Math.ceil(requestSize / grain) * grain;
        await this.#passes.relay({ cells: each * parallel, sequences: parallel, streams: plainCache && parallel > 1 });
        yield* generate<Asked>(
            this.#arrivals,
            {
                maxTokens: 0,
                temperature: 0,
                seed: 1,
                endTokens: new Set(model.endTokens()),
                batchSize: this.#passes.batchSize,
                allowNonfinite: this.#passes.allowNonfinite,
                ...this.#passes.layout,
                pace,
                mostTold: Math.max(1, Math.floor(mostToldBytes / (4 * info.vocabulary))),
                onGrowth: (growing) => {
                    for (const { started, tokens, told } of growing) {
                        const { asked, settled } = started.request;
                        if (!settled) asked.onGrowth?.(tokens, told);
                    }
                    return Promise.resolve();
                },
            },
            {
                detokenize: (lists) => Promise.resolve(lists.map((tokens) => this.texts.textOf(tokens))),
                sample: (batch, draws) => awaitNative(() => this.#passes.context.sample(batch, draws)),
            },
        );
    }

    #settle(asked: Asked, settle: () => void): void {
        if (asked.settled) return;
        asked.settled = true;
        asked.signal?.removeEventListener('abort', asked.giveUp);
        this.#open.delete(asked);
        settle();
    }
}

function settleWith({ request, tokens, end, toldOfPrompt, told }: GeneratedTokens<Asked>): void {
    if (end === 'nonfinite') {
        const why = 'logits of the prompt or its answer are not finite (NaN or infinite)';
        request.reject(new LanguageNeuronsError('NATIVE', `${why}: the model is damaged, or edited too much`));
    } else {
        request.resolve({ prompt: request.prompt, tokens, end, toldOfPrompt, told });
    }
}

/** A failure of the pass is nobody's own: no request was wrong. */
function passError(cause: unknown): unknown {
    if (!(cause instanceof LanguageNeuronsError) || cause.code !== 'WRONG_USE') return cause;
    return new LanguageNeuronsError('NATIVE', `the batch cannot be computed: ${cause.message}; ask again`, { cause });
}

function closedError(): LanguageNeuronsError {
    return new LanguageNeuronsError('CLOSED', 'no more requests are taken; open another');
}

function abortedError(): LanguageNeuronsError {
    return new LanguageNeuronsError('ABORTED', 'the request was given up');
}
