import { LanguageNeuronsError } from '../errors.js';
import { orStopped, throwIfStopped } from '../support/stop.js';
import type { NativeMode, NativeModel } from './addon.js';
import type { TextEdit } from './edits.js';
import type { RunOptions, Samples, ScoredPart } from './engineTypes.js';
import { type CacheLayout, type EngineParts, leastBatchSize } from './loadEngine.js';
import type { ModelInfo } from './ModelInfo.js';
import { awaitNative } from './nativeError.js';
import { NamedSamples, notFinite } from './notFinite.js';
import { type PackedBatch, packBatches, type PackOptions } from './packBatches.js';
import { type Purpose, SizedContext } from './SizedContext.js';
import { tokenizeSamples } from './tokenizeSamples.js';
import { TokenTexts } from './TokenTexts.js';

interface DecodeOptions extends RunOptions {
    readonly over?: ScoredPart;
    /** Set where the bytes of tokens are wanted. */
    readonly tokenTexts?: TokenTexts | undefined;
    /** Keeps the samples of the current batch, and those after the previous one. */
    readonly named?: NamedSamples;
}

/** A batch that was decoded. */
export interface DecodedBatch {
    readonly batch: PackedBatch;
    /** [tokens], see `NativeContext.decode`. */
    readonly logProbabilities: Float64Array;
}

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
    #tokenTexts: Promise<TokenTexts> | undefined;
    #steppedDown: boolean;
    #running = false;
    /** Settles when all native work of the passes so far is over; an aborted pass does not wait for its work. */
    #settled: Promise<unknown> = Promise.resolve();

    constructor(parts: EngineParts) {
        const { files, model, context, backends, steppedDown, values, allowNonfinite, sizes } = parts;
        this.context = new SizedContext(parts);
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
            await this.context.halve();
            return true;
        } finally {
            this.#running = false;
        }
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

    /** Batches of samples, packed as the context takes them. */
    batches(samples: Samples, scored: ScoredPart = 'response', tokenTexts?: TokenTexts): AsyncGenerator<PackedBatch> {
        const pack: PackOptions = {
            batchSize: this.context.batchSize,
            windowSize: this.windowSize,
            sequences: this.context.sequences,
            bos: this.info.bos,
            scored,
            editAt: (...token) => this.context.editAt(0, ...token),
        };
        return packBatches(tokenizeSamples(this.model, samples, tokenTexts), pack);
    }

    /**
     * Decodes samples, the next batch tokenized and packed while one is computed.
     * @returns decoded tokens
     */
    async decodeAll(
        samples: Samples,
        options: DecodeOptions,
        take?: (batch: PackedBatch, logProbabilities: Float64Array) => void,
    ): Promise<number> {
        let decodedTokens = 0;
        for await (const { batch, logProbabilities } of this.decoded(samples, options)) {
            take?.(batch, logProbabilities);
            decodedTokens += batch.tokens.length;
        }
        return decodedTokens;
    }

    /** As `decodeAll`, but yields batch by batch. */
    async *decoded(
        samples: Samples,
        { signal, onBatch, over, tokenTexts, named = new NamedSamples() }: DecodeOptions,
    ): AsyncGenerator<DecodedBatch> {
        const batches = this.batches(named.keep(samples), over, tokenTexts);
        let next = batches.next();
        try {
            for (;;) {
                const { value: batch, done } = await next;
                if (done === true) return;
                next = batches.next();
                next.catch(() => undefined); // met again by the await above
                throwIfStopped(signal);
                const logProbabilities = await awaitNative(() => this.context.native.decode(batch));
                throwIfStopped(signal); // its caller has gone
                if (!this.allowNonfinite) await this.#checkFinite(batch, logProbabilities, named);
                yield { batch, logProbabilities };
                named.forget(batch.samples[0]!);
                onBatch?.(batch.tokens.length, batch.characters);
            }
        } finally {
            await next.catch(() => undefined);
            await batches.return(undefined);
        }
    }

    /** @throws LanguageNeuronsError NATIVE, naming layer and text */
    async #checkFinite(batch: PackedBatch, logProbabilities: Float64Array, named: NamedSamples): Promise<void> {
        const found = this.context.isClosed ? null : this.context.native.nonfinite();
        if (found !== null) {
            // Where values are collected, their sum fails first; the message names the layer in which it began.
            if (this.values) await awaitNative(() => this.context.native.counts());
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
