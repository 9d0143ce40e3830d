import { LanguageNeuronsError } from '../../errors.js';
import { orStopped, throwIfStopped } from '../../support/stop.js';
import type { NativeBatch, NativeDivergences, NativeMode, NativeModel } from '../native/addon.js';
import type { TextEdit } from '../types/edits.js';
import type { RunOptions, Samples, ScoredPart } from '../types/engineTypes.js';
import { type CacheLayout, type EngineParts, leastBatchSize } from '../loading/loadEngine.js';
import type { ModelInfo } from '../types/ModelInfo.js';
import { awaitNative } from '../native/nativeError.js';
import { NamedSamples, notFinite } from './notFinite.js';
import { type PackedBatch, packBatches, type PackOptions } from './packBatches.js';
import { type Purpose, SizedContext } from '../loading/SizedContext.js';
import { tokenizeSamples } from './tokenizeSamples.js';
import { TokenTexts } from './TokenTexts.js';

interface DecodeOptions extends RunOptions {
    readonly over?: ScoredPart;
    /** Set where the bytes of tokens are wanted. */
    readonly tokenTexts?: TokenTexts | undefined;
    /** Keeps the samples of the current batch, and those after the previous one. */
    readonly named?: NamedSamples;
    /** Goes through the same batches and is compared with; its pass is under way. */
    readonly reference?: Passes | undefined;
    /** Its logits where they are kept. Default: it decodes every batch. */
    readonly nextLogits?: NextLogits | undefined;
}

/** A batch that was decoded. */
export interface DecodedBatch {
    readonly batch: PackedBatch;
    /** [tokens], see `NativeContext.decode`. */
    readonly logProbabilities: Float64Array;
    /** Beside a reference. */
    readonly divergences?: Omit<NativeDivergences, 'logProbabilities'> | undefined;
}

/** The reference's logits after the targets of a pass's next batch; undefined: the reference has yet to decode it. */
export type NextLogits = (batch: NativeBatch) => Promise<Float32Array | undefined>;

/**
 * The passes over a model: one at a time, stopped when asked, tried again with half the batch where memory ran out, and
 * none after the end.
 */
export class Passes {
    readonly context: SizedContext;
    readonly model: NativeModel;
    readonly info: ModelInfo;
    readonly windowSize: number;
    /** Whether layers are on a device, not on the processor alone. */
    readonly onDevice: boolean;
    /** Whether the output head is on a device too: tokens are drawn there, and logits stay there. */
    readonly headOnDevice: boolean;
    /** Whether sequences can have streams of their own, and take tokens back. */
    readonly plainCache: boolean;
    /** Counting also collects values. */
    readonly values: boolean;
    /** The files of the model and its adapters. */
    readonly files: readonly string[];
    /** NaN and infinite values are no error. */
    readonly allowNonfinite: boolean;
    readonly #parts: EngineParts;
    #itself: Promise<Passes> | undefined;
    #tokenTexts: Promise<TokenTexts> | undefined;
    #steppedDown: boolean;
    #running = false;
    /** Settles when all native work of the passes so far is over; an aborted pass does not wait for its work. */
    #settled: Promise<unknown> = Promise.resolve();

    constructor(parts: EngineParts) {
        const { files, model, context, backends, steppedDown, values, allowNonfinite, sizes } = parts;
        this.context = new SizedContext(parts);
        this.#parts = parts;
        this.files = files;
        this.allowNonfinite = allowNonfinite;
        this.model = model;
        this.info = model.info();
        this.windowSize = sizes.windowSize;
        this.onDevice = backends.gpus.length > 0;
        this.headOnDevice = context.headOnDevice();
        this.plainCache = context.plainCache();
        this.values = values;
        this.#steppedDown = steppedDown;
    }

    /** See `Engine.stepDown`. */
    async stepDown(): Promise<boolean> {
        if (this.context.isClosed || this.#steppedDown || this.context.batchSize < 2 * leastBatchSize) return false;
        this.#enter();
        this.#steppedDown = true;
        try {
            await this.#settled;
            await this.#releaseItself();
            await this.context.halve();
            return true;
        } finally {
            this.#running = false;
        }
    }

    /**
     * Passes over the same model in a context of its own, to be compared with. It is kept until the end, or until
     * memory runs out.
     * @throws LanguageNeuronsError OUT_OF_MEMORY, CLOSED
     */
    async itself(): Promise<Passes> {
        this.context.throwIfClosed();
        this.#itself ??= this.#openItself().catch((cause: unknown) => {
            this.#itself = undefined;
            throw cause;
        });
        return this.#itself;
    }

    async #openItself(): Promise<Passes> {
        const { batchSize } = this.context;
        const { open, capacity, sizes } = this.#parts;
        const context = await open(batchSize, capacity);
        if (this.context.isClosed) context.close();
        this.context.throwIfClosed();
        return new Passes({ ...this.#parts, context, sizes: { ...sizes, batchSize } });
    }

    /** Frees contexts and model. A pass under way ends first. */
    close(): void {
        void this.#releaseItself();
        this.context.close();
    }

    async #releaseItself(): Promise<void> {
        const opened = this.#itself?.catch(() => undefined);
        this.#itself = undefined;
        (await opened)?.context.release();
    }

    /** Runs one pass on a clean context, and refuses a second one meanwhile: their counts would mix. */
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
                this.context.begin(purpose, conditions);
                await this.context.relay(layout);
                return work();
            });
        } finally {
            release();
            this.#running = false;
        }
    }

    /**
     * A pass that yields its results one by one and ends when the caller stops taking them. Its work lays the cache
     * out before it computes anything; see `SizedContext.relay`.
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
            if (results === undefined) this.context.begin(purpose, conditions);
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

    /** The bytes of the vocabulary's tokens, fetched once. */
    tokenTexts(): Promise<TokenTexts> {
        return (this.#tokenTexts ??= TokenTexts.of(this.model));
    }

    /** Batches of samples, packed as the contexts take them. */
    batches(
        samples: Samples,
        {
            over = 'response',
            tokenTexts,
            reference = this,
        }: Pick<DecodeOptions, 'over' | 'tokenTexts' | 'reference'> = {},
    ): AsyncGenerator<PackedBatch> {
        const pack: PackOptions = {
            batchSize: Math.min(this.context.batchSize, reference.context.batchSize),
            windowSize: this.windowSize,
            sequences: Math.min(this.context.sequences, reference.context.sequences),
            bos: this.info.bos,
            scored: over,
            editAt: (...token) => this.context.editAt(0, ...token),
        };
        return packBatches(tokenizeSamples(this.model, samples, tokenTexts), pack);
    }

    /**
     * Decodes samples, the next batch tokenized and packed while one is computed.
     * @returns decoded tokens
     */
    async decodeAll(samples: Samples, options: DecodeOptions, take?: (decoded: DecodedBatch) => void): Promise<number> {
        let decodedTokens = 0;
        for await (const decoded of this.decoded(samples, options)) {
            take?.(decoded);
            decodedTokens += decoded.batch.tokens.length;
        }
        return decodedTokens;
    }

    /** As `decodeAll`, but yields batch by batch. */
    async *decoded(
        samples: Samples,
        { signal, onBatch, named = new NamedSamples(), reference, nextLogits, ...options }: DecodeOptions,
    ): AsyncGenerator<DecodedBatch> {
        const batches = this.batches(named.keep(samples), { ...options, reference });
        let next = batches.next();
        try {
            for (;;) {
                const { value: batch, done } = await next;
                if (done === true) return;
                next = batches.next();
                next.catch(() => undefined); // met again by the await above
                throwIfStopped(signal);
                const decoded = await this.#decode(batch, reference, nextLogits);
                throwIfStopped(signal); // its caller has gone
                if (!this.allowNonfinite) await this.#checkFinite(decoded, named, reference);
                yield decoded;
                named.forget(batch.samples[0]!);
                onBatch?.(batch.tokens.length, batch.characters);
            }
        } finally {
            await next.catch(() => undefined);
            await batches.return(undefined);
        }
    }

    async #decode(batch: PackedBatch, reference?: Passes, nextLogits?: NextLogits): Promise<DecodedBatch> {
        const { native } = this.context;
        if (reference === undefined) return { batch, logProbabilities: await awaitNative(() => native.decode(batch)) };
        const logits = await nextLogits?.(batch);
        const found = await awaitNative(() =>
            logits === undefined ? native.compare(batch, reference.context.native) : native.compareWith(batch, logits),
        );
        return { batch, logProbabilities: found.logProbabilities, divergences: found };
    }

    /** @throws LanguageNeuronsError NATIVE, naming layer and text */
    async #checkFinite(
        { batch, logProbabilities, divergences }: DecodedBatch,
        named: NamedSamples,
        reference: Passes = this,
    ): Promise<void> {
        const found = this.context.isClosed ? null : this.context.native.nonfinite();
        if (found !== null) {
            // Where values are collected, their sum fails first; the message names the layer in which it began.
            if (this.values) await awaitNative(() => this.context.native.counts());
            const text = named.name(batch.samples[found.token]!);
            throw notFinite(`an activation of layer ${found.layer}`, text, this.files);
        }
        const firstOf = (values: Float64Array): number =>
            values.findIndex((value, i) => batch.targets[i]! >= 0 && !Number.isFinite(value));
        const scored = firstOf(logProbabilities);
        if (scored >= 0) throw notFinite('a log-probability', named.name(batch.samples[scored]!), this.files);
        const compared = divergences === undefined ? -1 : firstOf(divergences.divergences);
        if (compared >= 0) throw notFinite('a KL divergence', named.name(batch.samples[compared]!), reference.files);
    }

    /** Splits of a mode's graph over the backends. */
    async graphSplits(mode: NativeMode): Promise<number> {
        this.#throwUnlessIdle();
        return awaitNative(() => this.context.native.graphSplits(mode));
    }

    #throwUnlessIdle(): void {
        this.context.throwIfClosed();
        if (this.#running) {
            throw new LanguageNeuronsError(
                'BUSY',
                'the engine is busy with another call; await that first, or open another engine',
            );
        }
    }

    /** The caller that it lets in sets `#running` to false at the end. */
    #enter(): void {
        this.#throwUnlessIdle();
        this.#running = true;
    }

    /** Begins work when that of earlier passes is over. An abort waits for neither. */
    #within<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
        const running = this.#settled.then(() => {
            throwIfStopped(signal);
            return work();
        });
        this.#settled = running.catch(() => undefined);
        return orStopped(running, signal);
    }

    /** Stops the running decode when the signal aborts, until released. */
    #stopOn(signal: AbortSignal | undefined): () => void {
        const stop = (): void => this.context.abort();
        signal?.addEventListener('abort', stop);
        return () => signal?.removeEventListener('abort', stop);
    }
}
