import { orStopped, throwIfStopped } from '../stop.js';
import { LanguageNeuronsError } from '../errors.js';
import type { Progress } from '../progress.js';
import type {
    NativeBatch, NativeContext, NativeCounting, NativeCounts, NativeMode, NativeModel, NativeModelInfo, NativeSite, NativeSplit,
} from './addon.js';
import { atLeastOne } from './atLeastOne.js';
import type { EngineSettings } from './EngineSettings.js';
import { generate, type GenerationRequest } from './generate.js';
import type { GpuChoice, LoadedBackends } from './loadBackends.js';
import { type EngineParts, leastBatchSize, loadEngine } from './loadEngine.js';
import { awaitNative } from './nativeError.js';
import { type PackOptions, type PackedBatch, packBatches, type ScoredPart } from './packBatches.js';
import type { MemoryPlan } from './planMemory.js';
import { before } from './stops.js';
import { type AnySample, tokenizeSamples } from './tokenizeSamples.js';

export interface EngineOptions {
    /** Path of a GGUF file, or a URI that node-llama-cpp resolves, such as `hf:user/repo:Q4_K_M`. */
    readonly model: string;
    /** LoRA adapters in GGUF, with their scale (default 1). */
    readonly loras?: readonly { readonly path: string; readonly scale?: number }[];
    /** Default `auto`: the best backend that loads. */
    readonly gpu?: GpuChoice;
    /** Layers on the GPU, the output head counted as one. Default: as many as fit. */
    readonly gpuLayers?: number;
    /** How a model is spread over several GPUs. Default: by layers. */
    readonly split?: NativeSplit;
    /** GPU to use where it is not spread. Default 0. */
    readonly mainGpu?: number;
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
    /** Masks held at a time: conditions that one batch can run side by side. Default 1. */
    readonly masks?: number;
    /** Way of counting; for tests and benchmarks. Default `automatic`. */
    readonly counting?: NativeCounting;
    /** Count by eval callback instead, see `NativeContextOptions`; for tests and benchmarks. */
    readonly callbackTensor?: string;
    /** Stops reading the model's file, which is read whole the first time. */
    readonly signal?: AbortSignal | undefined;
    /** Tells how far that is. */
    readonly progress?: Progress | undefined;
}

/** Texts to run through the model, some of them as tokens already. */
export type Samples = AsyncIterable<AnySample> | Iterable<AnySample>;

/** Neurons to deactivate: for each site a Uint8Array [experts * width], 1 where the activation is set to 0. */
export type NeuronMask = readonly Uint8Array[];

export interface RunOptions {
    readonly signal?: AbortSignal | undefined;
    /** Called after each batch with the tokens decoded and the share that they are of the texts' characters. */
    readonly onBatch?: ((tokens: number, characters: number) => void) | undefined;
}

/** Counts of one pass, over `tokens` counted tokens. */
export interface CountResult extends NativeCounts {
    /** All tokens that went through the model, prompts and BOS among them. */
    readonly decodedTokens: number;
}

export interface GenerateOptions {
    readonly signal?: AbortSignal | undefined;
    /** Neurons deactivated, a mask for each condition that prompts name; undefined: none are. Default: one condition without any. */
    readonly masks?: readonly (NeuronMask | undefined)[];
    /** Answers to each prompt. Default 1. */
    readonly answers?: number;
    /** Most tokens of an answer. Default 256. */
    readonly maxTokens?: number;
    /** Default 0: always the likeliest token. */
    readonly temperature?: number;
    /** Of the draws at a temperature above 0. Default 1. */
    readonly seed?: number;
    /** Draw `maxTokens` tokens whatever they are; for tests and benchmarks. */
    readonly ignoreEnd?: boolean;
}

/** A prompt; a text alone has its place in the list as its id. Ids and seed decide what is drawn, under every mask. */
export type Prompt = string | {
    readonly text: string;
    readonly id: number;
    /** Place of its condition in `masks`. Default 0. */
    readonly mask?: number;
    /** Special tokens written out in the text are these tokens. Default: plain text. */
    readonly special?: boolean;
    /** An answer ends before the first of these. Default: none. */
    readonly stops?: readonly string[];
};

/** One generated answer. */
export interface GeneratedAnswer {
    /** Id of the prompt, and which answer to it, from 0. */
    readonly prompt: number;
    readonly answer: number;
    /** The prompt's condition. */
    readonly mask: number;
    readonly text: string;
    /** Tokens drawn, without the one that ended it. */
    readonly tokens: number;
    /** Tokens of the prompt, decoded once for all answers to it; 0 but for the first answer. */
    readonly promptTokens: number;
    /** Whether the model ended it, or `maxTokens` did. */
    readonly end: 'stop' | 'length';
}

/** Score of one pass; perplexity is `exp(-logProbability / tokens)`. */
export interface ScoreResult {
    /** Sum of natural log-probabilities of the scored tokens. */
    readonly logProbability: number;
    readonly tokens: number;
    /** The same of each text, in their order. */
    readonly texts: readonly TextScore[];
    readonly decodedTokens: number;
}

export interface TextScore {
    readonly logProbability: number;
    readonly tokens: number;
}

/** A context size for generation: room for the KV cells of many answers at once. */
export const generationContextSize = 8192;

/**
 * One model in one context with the neuron adapter attached. One pass at a time; `close` frees all.
 */
export class Engine {
    readonly path: string;
    readonly info: NativeModelInfo;
    /** Where activations are counted, in the order of computation. */
    readonly sites: readonly NativeSite[];
    readonly backends: LoadedBackends;
    readonly windowSize: number;
    /** Tokens of a batch that was asked for; see `batchSize`. */
    readonly requestedBatchSize: number;
    /** Names the model by all its bytes and its adapters'; see `modelFingerprint`. */
    readonly fingerprint: string;
    /** What else of the options shapes results. */
    readonly settings: EngineSettings;
    /** Where the model goes; undefined on the CPU. */
    readonly plan: MemoryPlan | undefined;
    /** Masks held at a time. */
    readonly masks: number;
    /** What the user should know: the plan, a batch that was made smaller, a count that leaves its device. */
    readonly notes: readonly string[];
    readonly #model: NativeModel;
    readonly #open: (batchSize: number) => Promise<NativeContext>;
    readonly #sequences: number;
    /** Cells of the KV cache: with the batch it decides which answers are generated side by side. */
    readonly contextSize: number;
    #batchSize: number;
    #steppedDown: boolean;
    #context: NativeContext;
    #running = false;
    #closed = false;
    /** Settles when all native work of the passes so far is over: an aborted one does not wait for it. */
    #settled: Promise<unknown> = Promise.resolve();

    private constructor(parts: EngineParts) {
        const { path, model, context, backends, fingerprint, plan, notes, sizes } = parts;
        this.path = path;
        this.#model = model;
        this.#context = context;
        this.#open = parts.open;
        this.backends = backends;
        this.fingerprint = fingerprint;
        this.settings = parts.settings;
        this.plan = plan;
        this.notes = notes;
        this.info = model.info();
        this.sites = context.sites();
        this.#batchSize = sizes.batchSize;
        this.#steppedDown = parts.steppedDown;
        this.requestedBatchSize = sizes.requestedBatchSize;
        this.windowSize = sizes.windowSize;
        this.#sequences = sizes.sequences;
        this.contextSize = sizes.contextSize;
        this.masks = sizes.masks;
    }

    /** Tokens of a batch: what was asked for, or less where memory is short. */
    get batchSize(): number {
        return this.#batchSize;
    }

    /**
     * Opens a model.
     * @throws LanguageNeuronsError NOT_FOUND, DAMAGED, UNSUPPORTED (an architecture whose FFN cannot be
     * counted, by name), OUT_OF_MEMORY, WRONG_USE or BUILD
     */
    static async open(options: EngineOptions): Promise<Engine> {
        return new Engine(await loadEngine(options));
    }

    /**
     * Halves the batch after memory ran out, once. What the context held is lost: the pass that failed has
     * to be run again. The engine is busy meanwhile; closing it then wins.
     * @returns false where the batch was halved before, is small already, or the engine was closed
     * @throws LanguageNeuronsError OUT_OF_MEMORY where there is no memory for the smaller one either, and
     * the engine is closed then; BUSY, CLOSED
     */
    async stepDown(): Promise<boolean> {
        if (this.#closed || this.#steppedDown || this.#batchSize < 2 * leastBatchSize) return false;
        this.#enter();
        this.#steppedDown = true;
        try {
            await this.#settled;
            this.#context.close(); // first: memory is short
            const batchSize = Math.floor(this.#batchSize / 2);
            const context = await this.#open(batchSize);
            if (this.#closed) context.close();
            this.#throwIfClosed();
            this.#context = context;
            this.#batchSize = batchSize;
            return true;
        } catch (cause) {
            this.#throwIfClosed();
            this.close();
            throw cause;
        } finally {
            this.#running = false;
        }
    }

    /**
     * Counts, for each neuron, the response tokens with a positive activation (eq. 4).
     * @throws LanguageNeuronsError ABORTED, OUT_OF_MEMORY, NATIVE, BUSY, CLOSED
     */
    async count(samples: Samples, options: RunOptions = {}): Promise<CountResult> {
        return this.#pass({ count: true, score: false, logits: false, unread: false }, [], options.signal, async () => {
            const decodedTokens = await this.#decodeAll(samples, options);
            return { ...(await awaitNative(() => this.#context.counts())), decodedTokens };
        });
    }

    /**
     * Sums the log-probabilities of the response tokens, or of another part, with the mask's neurons deactivated.
     * @throws LanguageNeuronsError as `count`, and WRONG_USE for a mask of another shape
     */
    async score(
        samples: Samples, options: RunOptions & { readonly mask?: NeuronMask | undefined; readonly over?: ScoredPart | undefined } = {},
    ): Promise<ScoreResult> {
        const { mask, over = 'response' } = options;
        const purpose: Purpose = { count: false, score: true, logits: true, unread: false };
        return this.#pass(purpose, [mask], options.signal, async () => {
            const texts: { logProbability: number; tokens: number }[] = [];
            const decodedTokens = await this.#decodeAll(samples, { ...options, over }, (batch, logProbabilities) => {
                for (const [i, target] of batch.targets.entries()) {
                    const place = batch.samples[i]!;
                    while (texts.length <= place) texts.push({ logProbability: 0, tokens: 0 });
                    if (target < 0) continue;
                    texts[place]!.logProbability += logProbabilities[i]!;
                    texts[place]!.tokens++;
                }
            });
            const sum = (of: (text: TextScore) => number): number => texts.reduce((total, text) => total + of(text), 0);
            return { logProbability: sum(({ logProbability }) => logProbability), tokens: sum(({ tokens }) => tokens), texts, decodedTokens };
        });
    }

    /**
     * Logits after every token of a text, or of tokens, [tokens, vocabulary] row-major, BOS first where the
     * model asks for one. It must fit one batch.
     */
    async logits(text: string | Int32Array, options: { readonly mask?: NeuronMask | undefined } = {}): Promise<Float32Array> {
        const { mask } = options;
        return this.#pass({ count: false, score: false, logits: true, unread: false }, [mask], undefined, async () => {
            const batches: NativeBatch[] = [];
            const sample = typeof text === 'string' ? { language: '', prompt: '', response: text } : { tokens: text, promptLength: 0, characters: 0 };
            for await (const batch of this.#batches([sample])) batches.push(batch);
            if (batches.length !== 1) {
                throw new LanguageNeuronsError('WRONG_USE', `the text takes ${batches.length} batches of ${this.batchSize} tokens; logits are given for one`);
            }
            return awaitNative(() => this.#context.logits(batches[0]!));
        });
    }

    /**
     * Decodes samples and keeps nothing: the work that `count` adds to. For benchmarks.
     * @param head compute the output head for the last token of each batch, for none, or for every token
     */
    async prefill(
        samples: Samples,
        options: RunOptions & { readonly head?: boolean | 'every'; readonly mask?: NeuronMask } = {},
    ): Promise<number> {
        const { mask, head, signal } = options;
        const purpose: Purpose = { count: false, score: false, logits: head !== false, unread: head === 'every' };
        return this.#pass(purpose, [mask], signal, () => this.#decodeAll(samples, options));
    }

    /**
     * Generates answers to prompts, many at once, in the order in which they end. What is drawn depends
     * on seed, prompt and answer, not on what is generated beside it, up to the rounding of batches of
     * other shapes: prompts under several masks go through together. BOS comes first where the model asks
     * for one.
     * @throws LanguageNeuronsError as `count`, and WRONG_USE for a prompt that the context has no room for,
     * or for more masks than the engine holds
     */
    async *generate(prompts: Iterable<Prompt> | AsyncIterable<Prompt>, options: GenerateOptions = {}): AsyncGenerator<GeneratedAnswer> {
        const { masks = [undefined], signal, temperature = 0, seed = 1 } = options;
        if (!(temperature >= 0 && Number.isFinite(temperature))) {
            throw new LanguageNeuronsError('WRONG_USE', `the temperature must be at least 0, not ${temperature}`);
        }
        if (!Number.isFinite(seed)) {
            throw new LanguageNeuronsError('WRONG_USE', `the seed must be a number, not ${seed}`);
        }
        atLeastOne(options.answers ?? 1, 'number of answers');
        atLeastOne(options.maxTokens ?? 256, 'length of an answer');
        this.#enter(masks.length);
        const release = this.#stopOn(signal);
        const answers = this.#answers(prompts, { ...options, masks, temperature, seed });
        try {
            for (;;) {
                const { value: answer, done } = await this.#within(signal, () => answers.next());
                if (done === true) return;
                yield answer;
            }
        } finally {
            release();
            this.#settled = Promise.allSettled([this.#settled, answers.return(undefined)]);
            this.#running = false;
        }
    }

    async *#answers(
        prompts: Iterable<Prompt> | AsyncIterable<Prompt>,
        options: GenerateOptions & Required<Pick<GenerateOptions, 'masks' | 'temperature' | 'seed'>>,
    ): AsyncGenerator<GeneratedAnswer> {
        const { masks, signal, answers = 1, maxTokens = 256, temperature, seed, ignoreEnd = false } = options;
        const model = this.#model;
        const { bos } = this.info;
        async function* requests(): AsyncGenerator<GenerationRequest & { readonly stops: readonly string[] }> {
            let count = 0;
            let last: { readonly text: string; readonly special: boolean; readonly tokens: Int32Array } | undefined; // conditions ask the same in a row
            for await (const prompt of prompts) {
                const { text, id, mask = 0, special = false, stops = [] } = typeof prompt === 'string' ? { text: prompt, id: count++ } : prompt;
                if (!Number.isInteger(mask) || mask < 0 || mask >= masks.length) throw new LanguageNeuronsError('WRONG_USE', `a prompt asks for mask ${mask} of ${masks.length}`);
                if (last?.text !== text || last.special !== special) last = { text, special, tokens: (await awaitNative(() => model.tokenize([text], special)))[0]! };
                const { tokens } = last;
                const lead = bos >= 0 && tokens[0] !== bos ? [bos] : []; // a chat template may have written it
                yield { id, mask, prompt: Int32Array.from([...lead, ...tokens]), answers, stops };
            }
        }
        await this.#prepare({ count: false, score: false, logits: true, unread: false }, masks);
        const detokenize = (lists: readonly Int32Array[]): Promise<string[]> =>
            awaitNative(() => model.detokenize(lists));
        const drawn = generate(requests(), {
            maxTokens, temperature, seed, endTokens: new Set(ignoreEnd ? [] : model.endTokens()),
            batchSize: this.batchSize, sequences: this.#sequences, cells: this.contextSize,
        }, {
            detokenize,
            sample: (batch, draws) => {
                throwIfStopped(signal);
                return awaitNative(() => this.#context.sample(batch, draws));
            },
        });
        for await (const { request, answer, tokens, end } of drawn) {
            const [text] = await detokenize([tokens]);
            yield {
                prompt: request.id, mask: request.mask ?? 0, answer, text: before(text!, request.stops),
                tokens: tokens.length, promptTokens: answer === 0 ? request.prompt.length : 0, end,
            };
        }
    }

    /** Tokens of a text, without BOS, special tokens in it taken literally. */
    async tokenize(text: string): Promise<Int32Array> {
        return (await awaitNative(() => this.#model.tokenize([text], false)))[0]!;
    }

    /** Splits of a mode's graph over the backends; equal with and without the adapter where nothing falls back. */
    async graphSplits(mode: NativeMode): Promise<number> {
        this.#throwUnlessIdle();
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
    async #pass<T>(
        purpose: Purpose, masks: Masks, signal: AbortSignal | undefined, work: () => Promise<T>,
    ): Promise<T> {
        this.#enter(masks.length);
        const release = this.#stopOn(signal);
        try {
            return await this.#within(signal, async () => {
                await this.#prepare(purpose, masks);
                return work();
            });
        } finally {
            release();
            this.#running = false;
        }
    }

    #throwIfClosed(): void {
        if (this.#closed) throw new LanguageNeuronsError('CLOSED', 'the engine was closed; open a new one');
    }

    #throwUnlessIdle(): void {
        this.#throwIfClosed();
        if (this.#running) throw new LanguageNeuronsError('BUSY', 'a pass is under way on this engine; await it first, or open another engine');
    }

    /** Whoever it lets in sets `#running` to false at the end. */
    #enter(masks = 0): void {
        this.#throwUnlessIdle();
        if (masks > this.masks) {
            throw new LanguageNeuronsError(
                'WRONG_USE', `${masks} masks at once are more than the ${this.masks} that the engine was opened for; `
                + 'open it with the option masks',
            );
        }
        this.#running = true;
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

    async #prepare(purpose: Purpose, masks: Masks): Promise<void> {
        const several = masks.length > 1;
        const mode: NativeMode = { ...purpose, mask: !several && masks[0] !== undefined, masks: several };
        await awaitNative(() => this.#context.setMode(mode));
        await awaitNative(() => this.#context.reset());
        for (const [i, mask] of masks.entries()) {
            if (several || mask !== undefined) await awaitNative(() => this.#context.setMask(i, mask ?? []));
        }
    }

    /** Stops the decode under way when the signal says so, until released. */
    #stopOn(signal: AbortSignal | undefined): () => void {
        const stop = (): void => {
            if (!this.#closed) this.#context.abort();
        };
        signal?.addEventListener('abort', stop);
        return () => signal?.removeEventListener('abort', stop);
    }

    #batches(samples: Samples, scored: ScoredPart = 'response'): AsyncGenerator<PackedBatch> {
        const pack: PackOptions = {
            batchSize: this.batchSize, windowSize: this.windowSize, sequences: this.#sequences, bos: this.info.bos, scored,
        };
        return packBatches(tokenizeSamples(this.#model, samples), pack);
    }

    /**
     * Decodes samples, the next batch tokenized and packed while one is computed.
     * @returns decoded tokens
     */
    async #decodeAll(
        samples: Samples, { signal, onBatch, over }: RunOptions & { readonly over?: ScoredPart },
        take?: (batch: PackedBatch, logProbabilities: Float64Array) => void,
    ): Promise<number> {
        const batches = this.#batches(samples, over);
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
                take?.(batch, logProbabilities);
                decodedTokens += batch.tokens.length;
                onBatch?.(batch.tokens.length, batch.characters);
            }
        } finally {
            await next.catch(() => undefined);
            await batches.return(undefined);
        }
    }
}

/** What a pass is for; the masks decide the rest of its mode. */
type Purpose = Omit<NativeMode, 'mask' | 'masks'>;
type Masks = readonly (NeuronMask | undefined)[];
