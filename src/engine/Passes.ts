import { LanguageNeuronsError } from '../errors.js';
import type { Progress } from '../support/progress.js';
import { orStopped, throwIfStopped } from '../support/stop.js';
import type { NativeContext, NativeMode, NativeModel, NativeModelInfo } from './addon.js';
import { type EditCapacity, type EditSlots, largerCapacity, layOutEdits, nativeEdit, type TextEdit } from './edits.js';
import type { RunOptions, Samples } from './engineTypes.js';
import { type CacheLayout, type EngineParts, leastBatchSize, type OpenContext } from './loadEngine.js';
import { awaitNative, nativeError } from './nativeError.js';
import { NamedSamples, notFinite } from './notFinite.js';
import { type PackedBatch, packBatches, type PackOptions, type ScoredPart } from './packBatches.js';
import { tokenizeSamples } from './tokenizeSamples.js';
import { TokenTexts } from './TokenTexts.js';

/** What a pass is for; the conditions decide the rest of its mode. */
export type Purpose = Omit<NativeMode, 'edit' | 'edits' | 'add'>;

/** A new context that takes longer is announced, in milliseconds. */
const patience = 1000;

interface DecodeOptions extends RunOptions {
    readonly over?: ScoredPart;
    /** Where the bytes that tokens stand for are wanted. */
    readonly tokenTexts?: TokenTexts | undefined;
}

/**
 * A model's context and the passes over it: one at a time, stopped when asked, tried again with half the batch
 * where memory ran out, and none after the end. A pass whose edits the context cannot hold gets another one.
 */
export class Passes {
    readonly model: NativeModel;
    readonly info: NativeModelInfo;
    readonly windowSize: number;
    /** Sequences that a batch may have tokens of. */
    readonly sequences: number;
    /** Cells of the KV cache. */
    readonly contextSize: number;
    /** Whether layers are on a device, not on the processor alone. */
    readonly onDevice: boolean;
    /** Whether the output head is too: tokens are picked there, and logits stay. */
    readonly headOnDevice: boolean;
    /** Whether sequences can have streams of their own, and take tokens back. */
    readonly plainCache: boolean;
    /** Counting adds up activations too. */
    readonly values: boolean;
    /** The model's file, and those of its adapters. */
    readonly files: readonly string[];
    /** What is NaN or infinite is no error. */
    readonly allowNonfinite: boolean;
    readonly #open: OpenContext;
    /** The context is being replaced. */
    #laying = false;
    /** Of the context; undefined: shared. */
    #layout: CacheLayout | undefined;
    /** Of the context: what the passes so far have taken. */
    #capacity: EditCapacity;
    /** What the pass under way asks for. */
    #asked: { readonly purpose: Purpose; readonly conditions: readonly TextEdit[] } | undefined;
    /** Those of its edits that the context holds; undefined before it is prepared. */
    #slots: EditSlots | undefined;
    /** Conditions of it that memory holds at a time, as far as is known. */
    #together = Infinity;
    readonly #progress: Progress;
    #tokenTexts: Promise<TokenTexts> | undefined;
    #batchSize: number;
    #steppedDown: boolean;
    #context: NativeContext;
    #running = false;
    #closed = false;
    /** Settles when all native work of the passes so far is over: an aborted one does not wait for it. */
    #settled: Promise<unknown> = Promise.resolve();

    constructor(parts: EngineParts) {
        const { files, model, context, open, backends, steppedDown, values, allowNonfinite, sizes } = parts;
        this.files = files;
        this.allowNonfinite = allowNonfinite;
        this.model = model;
        this.info = model.info();
        this.windowSize = sizes.windowSize;
        this.sequences = sizes.sequences;
        this.contextSize = sizes.contextSize;
        this.onDevice = backends.gpus.length > 0;
        this.headOnDevice = context.headOnDevice();
        this.plainCache = context.plainCache();
        this.values = values;
        this.#context = context;
        this.#open = open;
        this.#batchSize = sizes.batchSize;
        this.#steppedDown = steppedDown;
        this.#capacity = parts.capacity;
        this.#progress = parts.progress;
    }

    get context(): NativeContext {
        return this.#context;
    }

    /** Tokens of a batch: what was asked for, or less where memory is short. */
    get batchSize(): number {
        return this.#batchSize;
    }

    /** See `Engine.stepDown`. */
    async stepDown(): Promise<boolean> {
        if (this.#closed || this.#steppedDown || this.#batchSize < 2 * leastBatchSize) return false;
        this.#enter();
        this.#steppedDown = true;
        try {
            await this.#settled;
            this.#context.close(); // first: memory is short
            const batchSize = Math.floor(this.#batchSize / 2);
            const context = await this.#open(batchSize, this.#capacity);
            if (this.#closed) context.close();
            this.#throwIfClosed();
            this.#context = context;
            this.#batchSize = batchSize;
            this.#layout = undefined;
            return true;
        } catch (cause) {
            this.#throwIfClosed();
            this.close();
            throw cause;
        } finally {
            this.#running = false;
        }
    }

    /** Runs one pass from a clean context; refuses another while it lasts, which would mix their counts. */
    async run<T>(
        purpose: Purpose,
        conditions: readonly TextEdit[],
        signal: AbortSignal | undefined,
        work: () => Promise<T>,
        layout?: CacheLayout,
    ): Promise<T> {
        this.#enter();
        const release = this.#stopOn(signal);
        try {
            return await this.#within(signal, async () => {
                this.#begin(purpose, conditions);
                await this.relay(layout);
                return work();
            });
        } finally {
            release();
            this.#running = false;
        }
    }

    /**
     * A pass whose results are taken one by one, and which ends when they are no longer wanted. Its work lays the cache
     * out before it computes anything; see `relay`.
     */
    async *stream<T>(
        purpose: Purpose,
        conditions: readonly TextEdit[],
        signal: AbortSignal | undefined,
        work: () => AsyncGenerator<T>,
    ): AsyncGenerator<T> {
        this.#enter();
        const release = this.#stopOn(signal);
        let results: AsyncGenerator<T> | undefined;
        const next = (): Promise<IteratorResult<T>> => {
            if (results === undefined) this.#begin(purpose, conditions);
            return (results ??= work()).next();
        };
        try {
            for (;;) {
                const { value, done } = await this.#within(signal, next);
                if (done === true) return;
                yield value;
            }
        } finally {
            release();
            this.#settled = Promise.allSettled([this.#settled, results?.return(undefined)]);
            this.#running = false;
        }
    }

    /** Of the context: cells that all sequences share, unless a pass has asked for another. */
    get layout(): CacheLayout {
        return this.#layout ?? { cells: this.contextSize, sequences: this.sequences, streams: false };
    }

    /**
     * Lays the cache out anew for what is left of a pass; undefined: shared. The same costs nothing.
     * @param condition of what comes next: it is held, and as many others as memory has space for. Default: all are
     * @throws LanguageNeuronsError OUT_OF_MEMORY where that cannot be; the engine is what it was
     */
    async relay(layout: CacheLayout | undefined, condition?: number): Promise<void> {
        const { purpose, conditions } = this.#asked!;
        for (;;) {
            const first = condition === undefined ? 0 : condition - (condition % this.#together);
            const end = Math.min(first + this.#together, conditions.length);
            const isHeld = this.#slots?.first === first && this.#slots.end === end;
            const slots = isHeld ? this.#slots! : layOutEdits(conditions, first, end);
            try {
                const isNew = await this.#lay(layout, slots.needs);
                if (isNew || !isHeld) await this.#prepare(purpose, slots);
                return;
            } catch (cause) {
                const isMemory = nativeError(cause).code === 'OUT_OF_MEMORY' && !this.#closed;
                if (condition === undefined || end - first < 2 || !isMemory) throw cause;
                this.#together = Math.ceil((end - first) / 2);
            }
        }
    }

    /** Whether a condition of the pass under way is held now. */
    holds(condition: number): boolean {
        return this.#slots !== undefined && condition >= this.#slots.first && condition < this.#slots.end;
    }

    /** Number of the edit that a token has in the pass under way; see `EditsByToken.at`. */
    editAt(condition: number, position: number, promptLength: number): number {
        return this.#slots?.slotAt(condition, position, promptLength) ?? 0;
    }

    /** The bytes of the vocabulary's tokens, fetched once. */
    tokenTexts(): Promise<TokenTexts> {
        return (this.#tokenTexts ??= TokenTexts.of(this.model));
    }

    /** Batches of samples, packed as the context takes them. */
    batches(samples: Samples, scored: ScoredPart = 'response', tokenTexts?: TokenTexts): AsyncGenerator<PackedBatch> {
        const pack: PackOptions = {
            batchSize: this.batchSize,
            windowSize: this.windowSize,
            sequences: this.sequences,
            bos: this.info.bos,
            scored,
            editAt: (position, promptLength) => this.editAt(0, position, promptLength),
        };
        return packBatches(tokenizeSamples(this.model, samples, tokenTexts), pack);
    }

    /**
     * Decodes samples, the next batch tokenized and packed while one is computed.
     * @returns decoded tokens
     */
    async decodeAll(
        samples: Samples,
        { signal, onBatch, over, tokenTexts }: DecodeOptions,
        take?: (batch: PackedBatch, logProbabilities: Float64Array) => void,
    ): Promise<number> {
        const named = new NamedSamples();
        const batches = this.batches(named.keep(samples), over, tokenTexts);
        let next = batches.next();
        let decodedTokens = 0;
        try {
            for (;;) {
                const { value: batch, done } = await next;
                if (done === true) return decodedTokens;
                next = batches.next();
                next.catch(() => undefined); // met again by the await above
                throwIfStopped(signal);
                const logProbabilities = await awaitNative(() => this.#context.decode(batch));
                throwIfStopped(signal); // its caller has gone
                if (!this.allowNonfinite) await this.#checkFinite(batch, logProbabilities, named);
                named.forget(batch.samples[0]!);
                take?.(batch, logProbabilities);
                decodedTokens += batch.tokens.length;
                onBatch?.(batch.tokens.length, batch.characters);
            }
        } finally {
            await next.catch(() => undefined);
            await batches.return(undefined);
        }
    }

    /** @throws LanguageNeuronsError NATIVE, naming layer and text */
    async #checkFinite(batch: PackedBatch, logProbabilities: Float64Array, named: NamedSamples): Promise<void> {
        const found = this.#closed ? null : this.#context.nonfinite();
        if (found !== null) {
            // Where activations are added up too, that fails of it first, by the layer in which it began.
            if (this.values) await awaitNative(() => this.#context.counts());
            const text = named.name(batch.samples[found.token]!);
            throw notFinite(`an activation of layer ${found.layer}`, text, this.files);
        }
        const scored = logProbabilities.findIndex(
            (logProbability, i) => batch.targets[i]! >= 0 && !Number.isFinite(logProbability),
        );
        if (scored >= 0) throw notFinite('a log-probability', named.name(batch.samples[scored]!), this.files);
    }

    /** Splits of a mode's graph over the backends. */
    async graphSplits(mode: NativeMode): Promise<number> {
        this.#throwUnlessIdle();
        return awaitNative(() => this.#context.graphSplits(mode));
    }

    /** Frees context and model. A pass under way ends first; further calls throw CLOSED. */
    close(): void {
        if (this.#closed) return;
        this.#closed = true;
        this.#context.close();
        this.model.close();
    }

    #throwIfClosed(): void {
        if (this.#closed) throw new LanguageNeuronsError('CLOSED', 'the engine was closed; open a new one');
    }

    #throwUnlessIdle(): void {
        this.#throwIfClosed();
        if (this.#running) {
            throw new LanguageNeuronsError(
                'BUSY',
                'a pass is under way on this engine; await it first, or open another engine',
            );
        }
    }

    /** Whoever it lets in sets `#running` to false at the end. */
    #enter(): void {
        this.#throwUnlessIdle();
        this.#running = true;
    }

    /** Only once no earlier pass works any more: it would go on under these conditions. */
    #begin(purpose: Purpose, conditions: readonly TextEdit[]): void {
        this.#asked = { purpose, conditions };
        this.#slots = undefined;
        this.#together = Infinity;
    }

    /** Begins work when that of passes before is over. An abort waits neither for them nor for the work to end. */
    #within<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
        const running = this.#settled.then(() => {
            throwIfStopped(signal);
            return work();
        });
        this.#settled = running.catch(() => undefined);
        return orStopped(running, signal);
    }

    /**
     * Replaces the context where it is laid out otherwise, or cannot hold what is needed.
     * @returns whether it is a new one
     */
    async #lay(layout: CacheLayout | undefined, needs: EditCapacity): Promise<boolean> {
        const had = this.#capacity;
        const capacity = largerCapacity(had, needs);
        if (capacity === had && isSame(layout, this.#layout)) return false;
        const reopen = async (to: CacheLayout | undefined, holding: EditCapacity): Promise<void> => {
            this.#context = await this.#open(this.#batchSize, holding, to);
            [this.#layout, this.#capacity] = [to, holding];
        };
        const announcement = setTimeout(() => {
            this.#progress.note(`making space in memory for ${describe(capacity)}`);
        }, patience);
        this.#laying = true;
        let failure: LanguageNeuronsError | undefined;
        try {
            this.#context.close(); // first: two may not fit
            await reopen(layout, capacity)
                .catch((cause: unknown) => {
                    if (layout === undefined) throw cause;
                    return reopen(undefined, capacity); // streams' compute buffers are other ones
                })
                .catch(async (cause: unknown) => {
                    if (capacity === had) throw cause;
                    await reopen(undefined, had); // which fitted before
                    const { code, message } = nativeError(cause);
                    failure = new LanguageNeuronsError(code, `${describe(capacity)} cannot be held: ${message}`, {
                        cause,
                    });
                });
        } catch (cause) {
            this.#throwIfClosed();
            this.close(); // there is no context any more
            throw cause;
        } finally {
            clearTimeout(announcement);
            this.#laying = false;
        }
        if (this.#closed) this.#context.close();
        this.#throwIfClosed();
        if (failure !== undefined) throw failure;
        return true;
    }

    async #prepare(purpose: Purpose, slots: EditSlots): Promise<void> {
        const { edits, needs } = slots;
        const several = edits.length > 1;
        const edit = !several && edits[0] !== undefined;
        const mode: NativeMode = { ...purpose, edit, edits: several, add: needs.offsets };
        await awaitNative(() => this.#context.setMode(mode));
        await awaitNative(() => this.#context.reset());
        for (const [i, edit] of edits.entries()) {
            if (several || edit !== undefined) await awaitNative(() => this.#context.setEdit(i, nativeEdit(edit)));
        }
        this.#slots = slots;
    }

    /** Stops the decode under way when the signal says so, until released. */
    #stopOn(signal: AbortSignal | undefined): () => void {
        const stop = (): void => {
            if (!this.#closed && !this.#laying) this.#context.abort();
        };
        signal?.addEventListener('abort', stop);
        return () => signal?.removeEventListener('abort', stop);
    }
}

function isSame(a: CacheLayout | undefined, b: CacheLayout | undefined): boolean {
    return a?.streams === b?.streams && a?.cells === b?.cells && a?.sequences === b?.sequences;
}

function describe({ edits, offsets }: EditCapacity): string {
    return `${edits} ${edits === 1 ? 'edit' : 'edits'} at a time${offsets ? ', with offsets' : ''}`;
}
