import { ContinuousBatching, type ContinuousBatchingOptions } from './answers/ContinuousBatching.js';
import { answerPrompts } from './answers/answerPrompts.js';
import { runOptions } from './loading/checkOptions.js';
import { count, inputSquares, logits, residuals, score } from './passes/countAndScore.js';
import type { EngineSettings } from './types/EngineSettings.js';
import type {
    CountResult,
    EngineOptions,
    GeneratedAnswer,
    GenerateOptions,
    InputSquaresResult,
    LogitsOptions,
    Prompt,
    RunOptions,
    Samples,
    ScoreOptions,
    ScoreResult,
} from './types/engineTypes.js';
import type { LayerResiduals } from './types/LayerResiduals.js';
import type { LoadedBackends } from './native/loadBackends.js';
import { type EngineParts, loadEngine } from './loading/loadEngine.js';
import type { MemoryPlan } from './types/MemoryPlan.js';
import type { ModelInfo } from './types/ModelInfo.js';
import { awaitNative } from './native/nativeError.js';
import { Passes } from './passes/Passes.js';
import type { ModelSite } from './types/Site.js';
import type { TokenTexts } from './passes/TokenTexts.js';
import { checkSettings } from '../settings/checkSetting.js';
import { perplexityTable } from '../settings/settings.js';
import type { KeptLogits } from './passes/KeptLogits.js';
import { watch } from './passes/watch.js';
import type { WatchedText, WatchOptions } from './types/watchTypes.js';

/** The backend that computes. */
export interface EngineBackend {
    /** Its name, with the number of RPC servers. */
    readonly name: string;
    /** Release of llama.cpp. */
    readonly release: string;
    /** Devices beside the CPU. */
    readonly gpus: number;
}

/** @inline */
export interface ComparedScoreOptions extends ScoreOptions {
    /**
     * A model with the same vocabulary, whose next-token distributions those of this one are compared with: another
     * engine, or this one, which stands for itself without the edit. It goes through the same batches beside this one
     * and takes the memory of a context. Default: none; then `divergence` and `agreed` are absent.
     */
    readonly reference?: Engine | undefined;
    /**
     * Keeps the reference's logits for the same texts under other edits. Default: they are computed each time.
     * @internal
     */
    readonly kept?: KeptLogits | undefined;
}

let privateBackends: (engine: Engine) => LoadedBackends;

/**
 * The native layer of an engine.
 * @internal
 */
export function backendsOf(engine: Engine): LoadedBackends {
    return privateBackends(engine);
}

/**
 * One model in one context with the neuron adapter attached. One pass at a time; `close` frees all. The context holds
 * one edit without offsets at first. A pass that needs more gets another context before it begins, or OUT_OF_MEMORY
 * where memory does not hold it; the engine stays usable.
 */
export class Engine {
    readonly path: string;
    readonly info: ModelInfo;
    /** Where activations are counted, in the order of computation. */
    readonly sites: readonly ModelSite[];
    readonly backend: EngineBackend;
    readonly windowSize: number;
    /** The batch size that the options ask for; see `batchSize`. */
    readonly requestedBatchSize: number;
    /** Hash of all bytes of the model and its adapters; see `modelFingerprint`. */
    readonly fingerprint: string;
    /** The other options that shape results. */
    readonly settings: EngineSettings;
    /** How the model is placed in memory; undefined on the CPU. */
    readonly plan: MemoryPlan | undefined;
    /** Lower edges of the bins of activations' histograms, ascending; that of the first stands for minus infinity. */
    readonly binEdges: readonly number[];
    /**
     * What the user should know: the plan, a batch that was made smaller; `warning: …` of a count that leaves its
     * device, and of a header by which texts have other tokens than the model was trained with.
     */
    readonly notes: readonly string[];
    /** Cells of the KV cache: with the batch it decides which answers are generated side by side. */
    readonly contextSize: number;
    /** @internal */
    readonly passes: Passes;
    readonly #backends: LoadedBackends;

    static {
        privateBackends = (engine) => engine.#backends;
    }

    private constructor(parts: EngineParts) {
        const { path, context, backends, fingerprint, settings, plan, notes, sizes } = parts;
        this.passes = new Passes(parts);
        this.path = path;
        this.info = this.passes.info;
        this.sites = context.sites();
        this.#backends = backends;
        this.backend = { name: backends.name, release: backends.release, gpus: backends.gpus.length };
        this.fingerprint = fingerprint;
        this.settings = settings;
        this.plan = plan;
        this.notes = notes;
        this.requestedBatchSize = sizes.requestedBatchSize;
        this.windowSize = sizes.windowSize;
        this.contextSize = sizes.contextSize;
        this.binEdges = [...backends.addon.binEdges()];
    }

    /** Whether NaN and infinite values are allowed; see `EngineOptions`. */
    get allowNonfinite(): boolean {
        return this.passes.allowNonfinite;
    }

    /** Tokens of a batch: as the options ask for, or fewer where memory is short. */
    get batchSize(): number {
        return this.passes.context.batchSize;
    }

    /**
     * Opens a model.
     * @throws LanguageNeuronsError NOT_FOUND, DAMAGED, UNSUPPORTED (an architecture whose FFN cannot be
     * counted, by name), OUT_OF_MEMORY, WRONG_USE or BUILD
     */
    static async open(options: EngineOptions): Promise<Engine> {
        return new Engine(await loadEngine(options, (measured) => Engine.open(measured)));
    }

    /**
     * Halves the batch after memory ran out, once. What the context held is lost: the pass that failed has
     * to be run again. The engine is busy meanwhile; closing it then wins.
     * @returns false where the batch was halved before, is small already, or the engine was closed
     * @throws LanguageNeuronsError OUT_OF_MEMORY where there is no memory for the smaller one either, and
     * the engine is closed then; BUSY, CLOSED
     */
    stepDown(): Promise<boolean> {
        return this.passes.stepDown();
    }

    /**
     * Counts, for each neuron, the response tokens with a positive activation (eq. 4), and for each expert those
     * that were routed to it.
     * @throws LanguageNeuronsError ABORTED, OUT_OF_MEMORY, NATIVE, BUSY, CLOSED
     */
    count(samples: Samples, options: RunOptions = {}): Promise<CountResult> {
        return count(this.passes, samples, options);
    }

    /**
     * Sums the log-probabilities of the response tokens, or of another part, with its activations edited; beside a
     * reference also the KL divergence of what is predicted.
     * @throws LanguageNeuronsError as `count`, and WRONG_USE for an edit of another shape; MISMATCH for a reference of
     * another vocabulary, naming both files
     */
    async score(samples: Samples, options: ComparedScoreOptions = {}): Promise<ScoreResult> {
        checkSettings(
            options,
            { over: perplexityTable.over },
            { ...runOptions, edit: true, reference: true, kept: true },
        );
        const { reference, kept, ...others } = options;
        return score(this.passes, samples, others, reference?.passes, kept);
    }

    /**
     * Activations of chosen neurons, act(gate), for every token that `count` counts, text by text in their order.
     * An expert's neuron is NaN where the token did not go through the expert.
     * @throws LanguageNeuronsError as `count`, and WRONG_USE for a neuron that the model has not
     */
    watch(samples: Samples, options: WatchOptions): AsyncGenerator<WatchedText> {
        return watch(this.passes, this.sites, samples, options);
    }

    /**
     * Logits after every token of a text, or of tokens, [tokens, vocabulary] row-major, BOS first where the
     * model asks for one. It must fit one batch.
     */
    logits(text: string | Int32Array, options: LogitsOptions = {}): Promise<Float32Array> {
        return logits(this.passes, text, options);
    }

    /**
     * The residual stream behind each layer after every token of a text, or of tokens, [tokens, n_embd] row-major, BOS
     * first where the model asks for one. It must fit one batch and one window. Layers whose output llama.cpp does not
     * name are left out.
     * @throws LanguageNeuronsError as `count`, and WRONG_USE for a text that does not fit
     */
    residuals(text: string | Int32Array, options: Pick<RunOptions, 'signal'> = {}): Promise<readonly LayerResiduals[]> {
        return residuals(this.passes, text, options);
    }

    /**
     * Adds up the squares of what goes into each product with a layer's weights, of every token of the texts: what an
     * importance matrix is made of. Products are computed by ggml alone from then on, which gives the same bits.
     * @throws LanguageNeuronsError as `count`
     */
    inputSquares(samples: Samples, options: RunOptions = {}): Promise<InputSquaresResult> {
        return inputSquares(this.passes, samples, options);
    }

    /**
     * Generates answers to prompts, many at once, in the order in which they end. What is drawn depends
     * on seed, prompt and answer, not on what is generated beside it, up to the rounding of batches of
     * other shapes: prompts under several edits go through together. BOS comes first where the model asks
     * for one.
     * @throws LanguageNeuronsError as `count`, and WRONG_USE for a prompt that the context has no capacity for
     */
    generate(
        prompts: Iterable<Prompt> | AsyncIterable<Prompt>,
        options: GenerateOptions = {},
    ): AsyncGenerator<GeneratedAnswer> {
        return answerPrompts(this.passes, prompts, options);
    }

    /**
     * Answers requests one by one as they come, each with options of its own, many at once; the engine is busy until
     * it is closed.
     * @throws LanguageNeuronsError WRONG_USE for more of them side by side than the batch has sequences; OUT_OF_MEMORY
     * where memory does not hold all edits at a time; BUSY, CLOSED, NATIVE
     */
    batching(options: ContinuousBatchingOptions): Promise<ContinuousBatching> {
        return ContinuousBatching.open(this.passes, options);
    }

    /** Tokens of a text, without BOS; special tokens written out in it are taken literally unless asked for. */
    async tokenize(text: string, options: { readonly special?: boolean } = {}): Promise<Int32Array> {
        checkSettings(options, { special: { flag: true } }, {});
        const { special = false } = options;
        return (await awaitNative(() => this.passes.model.tokenize([text], special)))[0]!;
    }

    /**
     * The texts that the vocabulary's tokens stand for.
     * @throws LanguageNeuronsError UNSUPPORTED without a vocabulary
     */
    tokenTexts(): Promise<TokenTexts> {
        return this.passes.tokenTexts();
    }

    /** Frees context and model. A pass under way ends first; further calls throw CLOSED. */
    close(): void {
        this.passes.close();
    }

    [Symbol.dispose](): void {
        this.close();
    }
}
