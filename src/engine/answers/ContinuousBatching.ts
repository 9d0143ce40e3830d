import { hasCode, LanguageNeuronsError, wrongUse } from '../../errors.js';
import { checkSettings, type OtherOptions } from '../../settings/checkSetting.js';
import { EditPlaces } from './EditPlaces.js';
import type { TextEdit } from '../types/edits.js';
import { cacheOf } from './cacheOf.js';
import { awaitNative } from '../native/nativeError.js';
import type { CacheLayout } from '../loading/loadEngine.js';
import type { Passes } from '../passes/Passes.js';
import { streamCells } from '../loading/planStreams.js';
import type { Purpose } from '../loading/SizedContext.js';
import { Arrivals } from '../scheduler/Arrivals.js';
import { type AnswerRequest, checkReuse, type TokenAnswer } from '../scheduler/AnswerRequest.js';
import { generate } from '../scheduler/generate.js';
import { Scheduler } from '../scheduler/Scheduler.js';
import type { TokenTexts } from '../passes/TokenTexts.js';
import { lengthWithBos, withBos } from '../passes/withBos.js';

/** Milliseconds between two looks at new requests. */
const pace = 30;
/** Rows of logits that leave the device for log-probabilities of prompts in one batch. */
const mostLogitBytes = 64 * 1024 * 1024;

/** @inline */
export interface ContinuousBatchingOptions {
    /** Conditions that requests name. Default: one, the whole model. */
    readonly edits?: readonly TextEdit[] | undefined;
    /** Different edits that open requests may bring themselves (`ownEdit`); further ones wait. Default 0. */
    readonly ownEdits?: number | undefined;
    /**
     * Requests go on from what the KV cache has of earlier ones that begin alike; see `GenerateOptions.prefixCaching`.
     * Default false.
     */
    readonly prefixCaching?: boolean | undefined;
    /** Requests that are computed side by side, each in a part of the KV cache of its own; at most the batch's. */
    readonly parallel: number;
    /** Tokens of one request, prompt and answer. */
    readonly requestSize: number;
}

/** The promise of an answer. */
interface Pending {
    readonly resolve: (answer: TokenAnswer) => void;
    readonly reject: (cause: unknown) => void;
    readonly abandon: () => void;
    /** Which place of its own edit it uses. */
    place?: number | undefined;
}

/** A request for one answer, without a draft. */
export interface SingleRequest extends Omit<AnswerRequest, 'answers' | 'draft'> {
    /** The condition itself, instead of a place among those of the pass. Equal objects are held once. */
    readonly ownEdit?: TextEdit;
}

/** A request whose edit may be known later than the rest. */
type Arrival = Omit<AnswerRequest, 'edit'> & { edit?: number | undefined };

const rows = { prefixCaching: { flag: true } } as const;

const requestFields = {
    prompt: true,
    edit: true,
    ownEdit: true,
    maxTokens: true,
    temperature: true,
    truncation: true,
    seed: true,
    promptNumber: true,
    answerNumber: true,
    stops: true,
    logProbabilities: true,
    reuse: true,
    signal: true,
    onGrowth: true,
} as const satisfies OtherOptions<SingleRequest, object>;

/**
 * Answers requests as they come, in one pass of the engine that lasts until it is closed: a new one joins those under
 * way as soon as the cache has capacity, in the order in which they come. Where a batch fails, those that have tokens
 * in the cache are rejected, and another pass goes on with the others.
 */
export class ContinuousBatching {
    readonly texts: TokenTexts;
    readonly #passes: Passes;
    readonly #options: ContinuousBatchingOptions;
    readonly #arrivals = new Arrivals<AnswerRequest>();
    readonly #places: EditPlaces;
    /** Requests for whose own edit there is no place yet, in the order in which they came. */
    readonly #waiting = new Map<Arrival, TextEdit>();
    /** Places whose edit the context does not hold yet. */
    readonly #unset = new Set<number>();
    /** Keyed by the request object that the scheduler gets. */
    readonly #pending = new Map<AnswerRequest, Pending>();
    readonly #stop = new AbortController();
    #scheduler: Scheduler | undefined;
    #pass: Promise<void> | undefined;
    #closed = false;

    private constructor(passes: Passes, texts: TokenTexts, options: ContinuousBatchingOptions) {
        this.#passes = passes;
        this.texts = texts;
        this.#options = options;
        this.#places = new EditPlaces(options.ownEdits ?? 0);
    }

    /**
     * See `Engine.batching`.
     * @internal
     */
    static async open(passes: Passes, options: ContinuousBatchingOptions): Promise<ContinuousBatching> {
        checkSettings(options, rows, { edits: true, ownEdits: true, parallel: true, requestSize: true });
        const most = Math.min(passes.context.sequences, passes.context.batchSize);
        if (!(Number.isInteger(options.parallel) && options.parallel >= 1 && options.parallel <= most)) {
            throw wrongUse(`\`parallel\` takes a whole number from 1 to ${most}, not ${options.parallel}`);
        }
        const batching = new ContinuousBatching(passes, await passes.tokenTexts(), options);
        // The memory is taken now, so that no request has to wait or fail for it.
        await passes.run(batching.#purpose, batching.#conditions, undefined, () => Promise.resolve(), batching.#layout);
        return batching;
    }

    /** Tokens of one request, prompt and answer. */
    get requestSize(): number {
        return this.#options.requestSize;
    }

    get #edits(): readonly TextEdit[] {
        return this.#options.edits ?? [undefined];
    }

    /** The edits of the pass, and the places of those that requests bring. */
    get #conditions(): readonly TextEdit[] {
        return [...this.#edits, ...this.#places.conditions];
    }

    get #purpose(): Purpose {
        const keepsSequences = this.#options.prefixCaching === true && this.#passes.plainCache;
        return { count: false, head: 'logits', keepsSequences };
    }

    get #layout(): CacheLayout {
        const { parallel, requestSize } = this.#options;
        const each = streamCells(requestSize);
        return { cells: each * parallel, sequences: parallel, streams: this.#passes.plainCache && parallel > 1 };
    }

    /** Requests that are not answered yet. */
    get open(): number {
        return this.#pending.size;
    }

    /** Tokens of a text; special tokens written out in it are these tokens, where asked for. */
    async tokenize(text: string, special: boolean): Promise<Int32Array> {
        return (await this.tokenizeAll([text], special))[0]!;
    }

    /** Tokens of each text, as `tokenize` gives them. */
    async tokenizeAll(texts: readonly string[], special: boolean): Promise<Int32Array[]> {
        return awaitNative(() => this.#passes.model.tokenize(texts, special));
    }

    /** A prompt as the model reads it: BOS first where the model asks for one. */
    withBos(prompt: Int32Array): Int32Array {
        return withBos(prompt, this.#passes.info.bos);
    }

    /** Tokens of a prompt as the model reads it. */
    lengthWithBos(prompt: Int32Array): number {
        return lengthWithBos(prompt, this.#passes.info.bos);
    }

    /**
     * @throws LanguageNeuronsError WRONG_USE for a request that is longer than `requestSize`, ABORTED where its
     * signal says so, CLOSED; what the pass failed of
     */
    ask(given: SingleRequest): Promise<TokenAnswer> {
        return new Promise((resolve, reject) => {
            if (this.#closed) throw closedError();
            this.check(given);
            const { ownEdit, ...asked } = given;
            const request: Arrival = {
                ...asked,
                prompt: this.withBos(given.prompt),
                answers: 1,
                draft: undefined,
            };
            const abandon = (): void => this.#settle(request)?.reject(abortedError());
            this.#pending.set(request, { resolve, reject, abandon });
            if (request.signal?.aborted === true) return abandon();
            request.signal?.addEventListener('abort', abandon, { once: true });
            if (ownEdit === undefined) this.#arrivals.push(request);
            else this.#waiting.set(request, ownEdit);
            this.#findPlaces();
            this.#pass ??= this.#run();
        });
    }

    /** Lets requests in whose own edit has a place now. */
    #findPlaces(): void {
        for (const [request, edit] of this.#waiting) {
            const found = this.#places.take(edit);
            if (found === undefined) return;
            this.#waiting.delete(request);
            if (found.isNew) this.#unset.add(found.place);
            this.#pending.get(request)!.place = found.place;
            request.edit = this.#edits.length + found.place;
            this.#arrivals.push(request);
        }
    }

    /** Gives the context the edits that requests have brought since the last batch. */
    async #setEdits(): Promise<void> {
        for (const place of this.#unset) {
            this.#unset.delete(place);
            const condition = this.#edits.length + place;
            await this.#passes.context.replaceEdits(condition, this.#places.editsOf(place)).catch((cause: unknown) => {
                this.#places.empty(place); // the model goes on with what it took of it, for nobody
                // All of them before the first leaves its place to another request.
                const failed = [...this.#pending.keys()].filter((request) => request.edit === condition);
                for (const request of failed) this.#settle(request)?.reject(cause);
            });
        }
    }

    /** Ends the pass after the open requests; with `stop` at once, rejecting them with ABORTED. */
    async close(options: { readonly stop?: boolean } = {}): Promise<void> {
        checkSettings(options, { stop: { flag: true } }, {});
        const { stop = false } = options;
        this.#closed = true;
        this.#arrivals.close();
        if (stop) {
            this.#stop.abort();
            this.#waiting.clear(); // none of them takes a place that another leaves
            for (const { abandon } of this.#pending.values()) abandon();
        }
        while (this.#pass !== undefined) await this.#pass;
    }

    /** @throws LanguageNeuronsError WRONG_USE for what `ask` would not take */
    check(request: SingleRequest): void {
        checkSettings(request, {}, requestFields);
        checkReuse(request);
        const { prompt, maxTokens, edit = 0, ownEdit } = request;
        if (ownEdit !== undefined) this.#places.check(ownEdit);
        const length = this.lengthWithBos(prompt);
        const { requestSize } = this.#options;
        if (length === 0) throw wrongUse('a prompt is empty; give it some text');
        if (!(Number.isInteger(maxTokens) && maxTokens >= 0))
            throw wrongUse(`an answer cannot have ${maxTokens} tokens; give at least 1`);
        if (!(Number.isInteger(edit) && edit >= 0 && edit < this.#edits.length))
            throw wrongUse(`a prompt uses edit ${edit}, but there are ${this.#edits.length} edits`);
        if (length + maxTokens > requestSize) {
            throw wrongUse(
                `a prompt of ${length} tokens with an answer of up to ${maxTokens} is longer than the ` +
                    `${requestSize} tokens of a request`,
            );
        }
        const outside = prompt.find((token) => !this.texts.has(token));
        if (outside !== undefined)
            throw wrongUse(`the model has no token ${outside}; its tokens are 0 to ${this.texts.size - 1}`);
    }

    async #run(): Promise<void> {
        const { signal } = this.#stop;
        try {
            for await (const answer of this.#passes.stream(this.#purpose, this.#conditions, signal, () =>
                this.#answers(),
            )) {
                const pending = this.#settle(answer.request);
                if (answer.end === 'nonfinite') pending?.reject(nonfiniteError());
                else pending?.resolve(answer);
            }
        } catch (cause) {
            this.#recover(cause);
        } finally {
            this.#scheduler = undefined;
            this.#pass = this.#arrivals.length > 0 ? this.#run() : undefined;
        }
    }

    /** After a failed pass, rejects the requests that it lost and leaves the others to the next pass. */
    #recover(cause: unknown): void {
        const begun = this.#scheduler?.begun() ?? new Set();
        const open = [...this.#pending.keys()].filter((request) => !this.#waiting.has(request)); // in order
        const lost = open.filter((request) => begun.has(request));
        // A pass that fails before it computes anything (for want of memory, say) would fail for every request.
        const goesOn = lost.length > 0 && !this.#stop.signal.aborted;
        this.#arrivals.replace(goesOn ? open.filter((request) => !begun.has(request)) : []);
        if (!goesOn) this.#waiting.clear();
        for (const request of goesOn ? lost : [...this.#pending.keys()])
            this.#settle(request)?.reject(passError(cause));
    }

    async *#answers(): AsyncGenerator<TokenAnswer> {
        const { model, info } = this.#passes;
        await this.#passes.context.relay(this.#layout);
        for (const place of this.#places.filled) this.#unset.add(place); // one that is refused fails alone
        this.#scheduler = new Scheduler(this.#arrivals, {
            endTokens: new Set(model.endTokens()),
            batchSize: this.#passes.context.batchSize,
            allowNonfinite: this.#passes.allowNonfinite,
            layout: this.#passes.context.layout,
            cache: cacheOf(this.#passes.context),
            conditionOf: (edit) => {
                const own = edit - this.#edits.length;
                return own < 0 ? this.#edits[edit] : this.#places.editOf(own);
            },
            editAt: (...token) => this.#passes.context.editAt(...token),
            mostPromptLogProbabilities: Math.max(1, Math.floor(mostLogitBytes / (4 * info.vocabulary))),
        });
        yield* generate(
            this.#scheduler,
            {
                detokenize: (lists) => Promise.resolve(lists.map((tokens) => this.texts.textOf(tokens))),
                sample: async (batch, draws) => {
                    await this.#setEdits();
                    return awaitNative(() => this.#passes.context.native.sample(batch, draws));
                },
            },
            {
                pace,
                onGrowth: (sequences) => {
                    for (const { prompt, tokens, logProbabilities } of sequences) {
                        const { request } = prompt;
                        if (this.#pending.has(request)) request.onGrowth?.(tokens, logProbabilities);
                    }
                    return Promise.resolve();
                },
            },
        );
    }

    /** Removes and returns the promise of a request; undefined where it was removed before. */
    #settle(request: AnswerRequest): Pending | undefined {
        const pending = this.#pending.get(request);
        if (pending !== undefined) request.signal?.removeEventListener('abort', pending.abandon);
        this.#pending.delete(request);
        this.#waiting.delete(request);
        if (pending?.place !== undefined) this.#places.release(pending.place);
        this.#findPlaces();
        return pending;
    }
}

function nonfiniteError(): LanguageNeuronsError {
    const why = 'logits of the prompt or its answer are not finite (NaN or infinite)';
    return new LanguageNeuronsError('NATIVE', `${why}: the model is damaged, or edited too much`);
}

/** The error of a failed pass: no single request caused it. */
function passError(cause: unknown): unknown {
    if (!hasCode(cause, 'WRONG_USE')) return cause;
    return new LanguageNeuronsError('NATIVE', `the batch cannot be computed: ${cause.message}; ask again`, { cause });
}

function closedError(): LanguageNeuronsError {
    return new LanguageNeuronsError(
        'CLOSED',
        'continuous batching has ended and takes no more requests; open it again',
    );
}

function abortedError(): LanguageNeuronsError {
    return new LanguageNeuronsError('ABORTED', 'the request was cancelled');
}
