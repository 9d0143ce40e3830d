import { availableParallelism } from 'node:os';
import { LanguageNeuronsError } from '../errors.js';
import type { Sample } from '../corpus/Corpus.js';
import type {
    NativeBatch, NativeContext, NativeCounting, NativeLayer, NativeMode, NativeModel, NativeModelInfo,
} from './addon.js';
import { generate, type GenerationRequest } from './generate.js';
import { type GpuChoice, type LoadedBackends, loadBackends } from './loadBackends.js';
import { modelFingerprint } from './modelFingerprint.js';
import { awaitNative, nativeError } from './nativeError.js';
import { type PackOptions, type PackedBatch, packBatches } from './packBatches.js';
import { resolveModel } from './resolveModel.js';
import { tokenizeSamples } from './tokenizeSamples.js';

export interface EngineOptions {
    /** Path of a GGUF file, or a URI that node-llama-cpp resolves, such as `hf:user/repo:Q4_K_M`. */
    readonly model: string;
    /** LoRA adapters in GGUF, with their scale (default 1). */
    readonly loras?: readonly { readonly path: string; readonly scale?: number }[];
    /** Default `auto`: the best backend that loads. */
    readonly gpu?: GpuChoice;
    /** Layers on the GPU. Default: all. */
    readonly gpuLayers?: number;
    /** Tokens of a batch. Default 512. */
    readonly batchSize?: number;
    /** Most tokens of one text with its prompt; longer ones are cut into windows. Default: the model's training context, at most 2048. */
    readonly windowSize?: number;
    /** Tokens of the KV cache. Default: a window and a batch, which is what counting and scoring need; generation holds as many sequences as fit. */
    readonly contextSize?: number;
    /** Threads. Default: one a core. */
    readonly threads?: number;
    /** Reserve memory for counting only, none for the logits that scoring takes. Default: for both. */
    readonly countOnly?: boolean;
    /** Way of counting; for tests and benchmarks. Default `automatic`. */
    readonly counting?: NativeCounting;
    /** Count the named activation by eval callback instead; for tests and benchmarks. */
    readonly callbackTensor?: string;
}

/** Neurons to deactivate: for each layer a Uint8Array [width], 1 where the activation is set to 0. */
export type NeuronMask = readonly Uint8Array[];

export interface RunOptions {
    readonly signal?: AbortSignal | undefined;
    /** Called after each batch with the tokens decoded and the characters of the texts that ended. */
    readonly onBatch?: ((tokens: number, characters: number) => void) | undefined;
}

/** Counts of one pass: `counts[i][j]`, int64 [n_ff_i] a layer, of `tokens` counted tokens. */
export interface CountResult {
    readonly counts: BigInt64Array[];
    readonly tokens: bigint;
    /** All tokens that went through the model, prompts and BOS among them. */
    readonly decodedTokens: number;
}

export interface GenerateOptions {
    readonly signal?: AbortSignal | undefined;
    /** Neurons deactivated while the answers are drawn. */
    readonly mask?: NeuronMask | undefined;
    /** Answers to each prompt. Default 1. */
    readonly answers?: number;
    /** Most tokens of an answer. Default 256. */
    readonly maxTokens?: number;
    /** Default 0: always the likeliest token. */
    readonly temperature?: number;
    /** Of the draws at a temperature above 0. Default 1. */
    readonly seed?: number;
}

/** A prompt; one without an id has its place in the list as such. Ids and seed decide what is drawn. */
export type Prompt = string | { readonly text: string; readonly id: number };

/** One generated answer. */
export interface GeneratedAnswer {
    /** Id of the prompt, and which answer to it, from 0. */
    readonly prompt: number;
    readonly answer: number;
    readonly text: string;
    /** Tokens drawn, without the one that ended it. */
    readonly tokens: number;
    /** Whether the model ended it, or `maxTokens` did. */
    readonly end: 'stop' | 'length';
}

/** Score of one pass; perplexity is `exp(-logProbability / tokens)`. */
export interface ScoreResult {
    /** Sum of natural log-probabilities of the scored tokens. */
    readonly logProbability: number;
    readonly tokens: number;
    readonly decodedTokens: number;
}

const defaultBatchSize = 512;
const defaultWindowSize = 2048; // covers MGSM's longest answers; a larger KV cache slows short texts down
const maxSequences = 64; // a batch of short sentences; llama.cpp allows 256

/**
 * One model in one context with the neuron adapter attached. One pass at a time; `close` frees all.
 */
export class Engine {
    readonly path: string;
    readonly info: NativeModelInfo;
    readonly layers: readonly NativeLayer[];
    readonly backends: LoadedBackends;
    readonly batchSize: number;
    readonly windowSize: number;
    /** sha256 of the GGUF's header and size. */
    readonly fingerprint: string;
    readonly #model: NativeModel;
    readonly #context: NativeContext;
    readonly #sequences: number;
    readonly #contextSize: number;
    #running = false;
    #closed = false;

    private constructor(
        path: string, model: NativeModel, context: NativeContext, backends: LoadedBackends, fingerprint: string,
        sizes: { batchSize: number; windowSize: number; sequences: number; contextSize: number },
    ) {
        this.path = path;
        this.#model = model;
        this.#context = context;
        this.backends = backends;
        this.fingerprint = fingerprint;
        this.info = model.info();
        this.layers = context.layers();
        this.batchSize = sizes.batchSize;
        this.windowSize = sizes.windowSize;
        this.#sequences = sizes.sequences;
        this.#contextSize = sizes.contextSize;
    }

    /**
     * Opens a model.
     * @throws LanguageNeuronsError NOT_FOUND, DAMAGED, UNSUPPORTED (an architecture whose FFN cannot be
     * counted, by name), OUT_OF_MEMORY, WRONG_USE or BUILD
     */
    static async open(options: EngineOptions): Promise<Engine> {
        const batchSize = positive(options.batchSize ?? defaultBatchSize, 'batch size');
        const path = await resolveModel(options.model);
        const loras = await Promise.all(
            (options.loras ?? []).map(async ({ path, scale }) => ({ path: await resolveModel(path), scale: scale ?? 1 })),
        );
        const backends = await loadBackends(options.gpu ?? 'auto');
        const model = await awaitNative(
            () => backends.addon.loadModel({ path, gpu: backends.gpu, gpuLayers: options.gpuLayers ?? -1, loras }),
        );
        try {
            const { trainContext, headerBytes } = model.info();
            const windowSize = positive(
                options.windowSize ?? Math.min(defaultWindowSize, trainContext > 0 ? trainContext : defaultWindowSize), 'window size',
            );
            // At most one sequence reaches from one batch into the next.
            const contextSize = Math.max(options.contextSize ?? 0, windowSize + batchSize);
            const sequences = Math.min(maxSequences, batchSize);
            const context = await awaitNative(
                () => model.createContext({
                    contextSize, batchSize, sequences,
                    threads: options.threads ?? availableParallelism(),
                    counting: options.counting ?? 'automatic',
                    countOnly: options.countOnly ?? false,
                    callbackTensor: options.callbackTensor ?? '',
                }),
            );
            const fingerprint = await modelFingerprint(path, headerBytes, loras);
            return new Engine(path, model, context, backends, fingerprint, { batchSize, windowSize, sequences, contextSize });
        } catch (cause) {
            model.close();
            throw nameFile(cause, path);
        }
    }

    /**
     * Counts, for each neuron, the response tokens with a positive activation (eq. 4).
     * @throws LanguageNeuronsError ABORTED, OUT_OF_MEMORY, NATIVE, BUSY, CLOSED
     */
    async count(samples: AsyncIterable<Sample> | Iterable<Sample>, options: RunOptions = {}): Promise<CountResult> {
        return this.#pass({ count: true, mask: false, score: false, logits: false }, undefined, async () => {
            const decodedTokens = await this.#decodeAll(samples, options);
            return { ...(await awaitNative(() => this.#context.counts())), decodedTokens };
        });
    }

    /**
     * Sums the log-probabilities of the response tokens, with the mask's neurons deactivated.
     * @throws LanguageNeuronsError as `count`, and WRONG_USE for a mask of another shape
     */
    async score(
        samples: AsyncIterable<Sample> | Iterable<Sample>, options: RunOptions & { readonly mask?: NeuronMask | undefined } = {},
    ): Promise<ScoreResult> {
        const { mask } = options;
        return this.#pass({ count: false, mask: mask !== undefined, score: true, logits: true }, mask, async () => {
            let logProbability = 0;
            let tokens = 0;
            const decodedTokens = await this.#decodeAll(samples, options, (batch, logProbabilities) => {
                for (const [i, target] of batch.targets.entries()) {
                    if (target < 0) continue;
                    logProbability += logProbabilities[i]!;
                    tokens++;
                }
            });
            return { logProbability, tokens, decodedTokens };
        });
    }

    /**
     * Logits after every token of a text, [tokens, vocabulary] row-major, BOS first where the model
     * asks for one. The text must fit one batch.
     */
    async logits(text: string, options: { readonly mask?: NeuronMask | undefined } = {}): Promise<Float32Array> {
        const { mask } = options;
        return this.#pass({ count: false, mask: mask !== undefined, score: false, logits: true }, mask, async () => {
            const batches: NativeBatch[] = [];
            for await (const batch of this.#batches([{ language: '', prompt: '', response: text }])) batches.push(batch);
            if (batches.length !== 1) {
                throw new LanguageNeuronsError('WRONG_USE', `the text takes ${batches.length} batches of ${this.batchSize} tokens; logits are given for one`);
            }
            return awaitNative(() => this.#context.logits(batches[0]!));
        });
    }

    /**
     * Decodes samples and keeps nothing: the work that `count` adds to. For benchmarks.
     * @param head compute the output head for the last token of each batch
     */
    async prefill(
        samples: AsyncIterable<Sample> | Iterable<Sample>,
        options: RunOptions & { readonly head?: boolean; readonly mask?: NeuronMask } = {},
    ): Promise<number> {
        const { mask } = options;
        const mode = { count: false, mask: mask !== undefined, score: false, logits: options.head ?? true };
        return this.#pass(mode, mask, () => this.#decodeAll(samples, options));
    }

    /**
     * Generates answers to prompts, many at once, in the order in which they end. What is drawn depends
     * on seed, prompt and answer, not on what is generated beside it, up to the rounding of batches of
     * other shapes. Special tokens in a prompt are taken literally; BOS comes first where the model asks
     * for one.
     * @throws LanguageNeuronsError as `count`, and WRONG_USE for a prompt that the context has no room for
     */
    async *generate(prompts: Iterable<Prompt> | AsyncIterable<Prompt>, options: GenerateOptions = {}): AsyncGenerator<GeneratedAnswer> {
        const { mask, signal, answers = 1, maxTokens = 256, temperature = 0, seed = 1 } = options;
        const model = this.#model;
        const lead = this.info.bos >= 0 ? [this.info.bos] : [];
        if (!(temperature >= 0 && Number.isFinite(temperature))) throw new LanguageNeuronsError('WRONG_USE', `the temperature must be a number of at least 0, not ${temperature}`);
        const each = { answers: atLeastOne(answers, 'number of answers'), maxTokens: atLeastOne(maxTokens, 'length of an answer') };
        async function* requests(): AsyncGenerator<GenerationRequest> {
            let count = 0;
            for await (const prompt of prompts) {
                const { text, id } = typeof prompt === 'string' ? { text: prompt, id: count++ } : prompt;
                const [tokens] = await awaitNative(() => model.tokenize([text]));
                yield { id, prompt: Int32Array.from([...lead, ...tokens!]), answers: each.answers };
            }
        }
        await this.#begin({ count: false, mask: mask !== undefined, score: false, logits: true }, mask);
        const stop = (): void => {
            if (!this.#closed) this.#context.abort();
        };
        signal?.addEventListener('abort', stop);
        try {
            const drawn = generate(requests(), {
                maxTokens: each.maxTokens, temperature, seed, endTokens: new Set(model.endTokens()), batchSize: this.batchSize,
                sequences: this.#sequences, cells: this.#contextSize,
            }, (batch, draws) => {
                throwIfAborted(signal);
                return awaitNative(() => this.#context.sample(batch, draws));
            });
            for await (const { request, answer, tokens, end } of drawn) {
                throwIfAborted(signal);
                yield { prompt: request, answer, text: await awaitNative(() => model.detokenize(tokens)), tokens: tokens.length, end };
            }
        } catch (cause) {
            throwIfAborted(signal);
            throw cause;
        } finally {
            signal?.removeEventListener('abort', stop);
            this.#running = false;
        }
    }

    /** Tokens of a text, without BOS, special tokens in it taken literally. */
    async tokenize(text: string): Promise<Int32Array> {
        return (await awaitNative(() => this.#model.tokenize([text])))[0]!;
    }

    /** Splits of a mode's graph over the backends; equal with and without the adapter where nothing falls back. */
    async graphSplits(mode: NativeMode): Promise<number> {
        return awaitNative(() => this.#context.graphSplits(mode));
    }

    /** Frees context and model. A pass under way ends first; further calls throw CLOSED. */
    close(): void {
        if (this.#closed) return;
        this.#closed = true;
        this.#context.close();
        this.#model.close();
    }

    [Symbol.dispose](): void {
        this.close();
    }

    /** Runs one pass from a clean context; refuses another while it lasts, which would mix their counts. */
    async #pass<T>(mode: NativeMode, mask: NeuronMask | undefined, work: () => Promise<T>): Promise<T> {
        await this.#begin(mode, mask);
        try {
            return await work();
        } finally {
            this.#running = false;
        }
    }

    /** Whoever it lets in sets `#running` to false at the end. */
    async #begin(mode: NativeMode, mask: NeuronMask | undefined): Promise<void> {
        if (this.#closed) throw new LanguageNeuronsError('CLOSED', 'the engine was closed; open a new one');
        if (this.#running) throw new LanguageNeuronsError('BUSY', 'a pass is under way on this engine; await it first, or open another engine');
        this.#running = true;
        try {
            await awaitNative(() => this.#context.setMode(mode));
            await awaitNative(() => this.#context.reset());
            if (mask !== undefined) await awaitNative(() => this.#context.setMask(mask));
        } catch (cause) {
            this.#running = false;
            throw cause;
        }
    }

    #batches(samples: AsyncIterable<Sample> | Iterable<Sample>): AsyncGenerator<PackedBatch> {
        const pack: PackOptions = {
            batchSize: this.batchSize, windowSize: this.windowSize, sequences: this.#sequences, bos: this.info.bos,
        };
        return packBatches(tokenizeSamples(this.#model, samples), pack);
    }

    /**
     * Decodes samples, the next batch tokenized and packed while one is computed.
     * @returns decoded tokens
     */
    async #decodeAll(
        samples: AsyncIterable<Sample> | Iterable<Sample>, { signal, onBatch }: RunOptions,
        take?: (batch: NativeBatch, logProbabilities: Float64Array) => void,
    ): Promise<number> {
        const stop = (): void => {
            if (!this.#closed) this.#context.abort();
        };
        signal?.addEventListener('abort', stop);
        const batches = this.#batches(samples);
        let next = batches.next();
        let decodedTokens = 0;
        try {
            for (;;) {
                const { value: batch, done } = await next;
                if (done === true) return decodedTokens;
                next = batches.next();
                next.catch(() => undefined); // met again by the await above
                throwIfAborted(signal);
                const logProbabilities = await awaitNative(() => this.#context.decode(batch));
                take?.(batch, logProbabilities);
                decodedTokens += batch.tokens.length;
                onBatch?.(batch.tokens.length, batch.characters);
            }
        } catch (cause) {
            throwIfAborted(signal); // whatever the abort made fail
            throw cause;
        } finally {
            signal?.removeEventListener('abort', stop);
            await next.catch(() => undefined);
            await batches.return(undefined);
        }
    }
}

function throwIfAborted(signal: AbortSignal | undefined): void {
    if (signal?.aborted === true) throw new LanguageNeuronsError('ABORTED', 'stopped; run the same command again to continue');
}

function positive(value: number, what: string): number {
    if (!Number.isInteger(value) || value < 2) {
        throw new LanguageNeuronsError('WRONG_USE', `the ${what} must be a whole number of at least 2, not ${value}`);
    }
    return value;
}

function atLeastOne(value: number, what: string): number {
    if (!Number.isInteger(value) || value < 1) throw new LanguageNeuronsError('WRONG_USE', `the ${what} must be a whole number of at least 1, not ${value}`);
    return value;
}

/** Puts the model's file in front of a message that does not name it. */
function nameFile(cause: unknown, path: string): LanguageNeuronsError {
    const error = nativeError(cause);
    if (error.message.includes(path)) return error;
    return new LanguageNeuronsError(error.code, `${path}: ${error.message}`, {
        cause: error, ...(error.nativeCode === undefined ? {} : { nativeCode: error.nativeCode }),
    });
}
