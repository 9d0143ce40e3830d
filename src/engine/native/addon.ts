import type { ValueOf } from '../../settings/Setting.js';
import type { engineTable } from '../../settings/settings.js';
import type { OwnProducts, Products } from '../types/engineTypes.js';
import type { InputSquares } from '../types/InputSquares.js';
import type { LayerResiduals } from '../types/LayerResiduals.js';
import type { MemoryBytes } from '../types/MemoryPlan.js';
import type { ModelInfo } from '../types/ModelInfo.js';
import type { ModelSite, Site } from '../types/Site.js';
import type { SiteCounts } from '../types/SiteCounts.js';

/**
 * The contract of the native addon (native/addon): every type, shape and unit that crosses the border.
 * Promises settle on the JS thread; rejections carry `code` (an `ErrorCode`) and `nativeCode`.
 */
export interface NativeAddon {
    /**
     * Registers the best CPU backend in a folder of ggml plugins, and the other plugins there. It searches no other
     * folder, and reads no environment variables.
     */
    loadBackends(folder: string): void;
    /** Registers one plugin; returns ggml's reason where it cannot be loaded, else null. */
    loadBackend(path: string): string | null;
    devices(): NativeDevice[];
    /** Major, minor and patch of the protocol that ggml's RPC backend speaks in this build. */
    rpcVersion(): number[];
    /**
     * Registers the devices of an RPC server, HOST:PORT, and keeps the connection while the process lasts. Aborts the
     * process where the server cannot be reached, and whenever it is lost.
     * @returns their names
     */
    addRpcServer(endpoint: string): Promise<string[]>;
    /** Lends devices, by name, on HOST:PORT (an IPv4 address) to one client at a time; settles only if it fails. */
    serveRpc(endpoint: string, threads: number, devices: readonly string[]): Promise<never>;
    /** Lower edges of the bins of an activation's histogram, ascending; that of the first stands for minus infinity. */
    binEdges(): Float32Array;
    /** What llama.cpp's reader finds in a GGUF file's header, no tensor's data read. */
    readHeader(path: string): Promise<NativeHeader>;
    /**
     * Rows of random weights, even in [-bound, bound), as bytes of a type of ggml.
     * @param width weights of a row: whole blocks of the type
     * @param seed a whole number
     */
    randomRows(type: number, width: number, rows: number, bound: number, seed: number): Promise<Uint8Array>;
    /** Names of the types that files are quantized to, as llama-quantize has them. */
    quantizedTypes(): string[];
    /**
     * Begins to write a file of another type by llama.cpp's own quantizer, weights that are quantized already too. What
     * is at the output's place is replaced.
     */
    quantize(options: NativeQuantizeOptions): NativeQuantizing;
    /** Writes an importance matrix in the form that llama-quantize reads: a GGUF file. */
    writeImatrix(path: string, entries: readonly InputSquares[], of: NativeImatrixSource): Promise<void>;
    /** Products of large batches beside ggml's that this processor can compute. */
    products(): OwnProducts[];
    /** ggml's types whose products with batches our kernels compute on this processor, to the same bits. */
    ggmlBits(): string[];
    /** Whether our kernel computes the attention of few tokens here as ggml does, for heads of so many values. */
    attentionHasGgmlBits(keySize: number, valueSize: number): boolean;
    loadModel(options: NativeModelOptions): Promise<NativeModel>;
    /** What a model and a context of it would take, LoRA adapters left out; nothing of it is allocated. */
    measureMemory(model: NativeModelOptions, context: NativeContextOptions): Promise<NativeMemory>;
    /** Numbers of the living contexts that others made through this libllama, newest last; no number is used twice. */
    guests(): number[];
    /** Reserves memory for an edit, with or without offsets, on a context that has not decoded yet. */
    attachGuest(number: number, offsets: boolean): Promise<Site[]>;
    /**
     * All tokens of its next decode and those after it go through the edit, or none. Throws CLOSED for a context that
     * is gone, else as `NativeContext.setEdit` rejects.
     */
    editGuest(number: number, edit: NativeEdit | null): void;
    /** Columns of a matrix in F32, [columns, rows]; dequantized by ggml, a few rows at a time. */
    matrixColumns(matrix: NativeMatrix, columns: Int32Array): Promise<Float32Array>;
    /** Vectors [n, width] through a model's final norm, as its output head takes them. Computed in F64. */
    normalized(vectors: Float32Array, width: number, norm: NativeNorm): Promise<Float32Array>;
    /**
     * Takes vectors [n, width] that rows of an output head are multiplied with.
     * @param kept tokens of each vector to keep, with the largest and with the smallest products
     * @param dequantized multiply in F32; else as llama.cpp does, which rounds the vectors where rows are quantized
     */
    tokenEffects(
        vectors: Float32Array,
        width: number,
        kept: number,
        threads: number,
        dequantized: boolean,
    ): NativeTokenEffects;
}

export interface NativeQuantizeOptions {
    /** A GGUF file; the first, where the model is in several. */
    readonly input: string;
    readonly output: string;
    /** One of `quantizedTypes`. */
    readonly type: string;
    readonly threads: number;
    /** Path of an importance matrix. Default: none. */
    readonly imatrix?: string | undefined;
    /** What the file's metadata call the matrix. */
    readonly imatrixName?: string | undefined;
    /** A key to put into the metadata, and its text: of at most 127 bytes each. Default: none. */
    readonly key?: string | undefined;
    readonly text?: string | undefined;
}

/** A file in the making. */
export interface NativeQuantizing {
    /** llama.cpp's warnings, such as of rows that do not divide into blocks of the type. */
    readonly done: Promise<string[]>;
    /** Share of the tensors that are written. */
    share(): number;
    /** Ends before the next tensor; `done` is rejected with ABORTED, and a part of the file is left. */
    abort(): void;
}

/** What an importance matrix was made of. */
export interface NativeImatrixSource {
    /** Names of the texts. */
    readonly datasets: readonly string[];
    /** Tokens of a chunk, and number of chunks. */
    readonly chunkSize: number;
    readonly chunks: number;
}

/** A matrix in a GGUF file, its rows one behind another. */
export interface NativeMatrix {
    readonly path: string;
    /** Where it begins, in bytes. */
    readonly offset: number;
    /** ggml's number of its type. */
    readonly type: number;
    /** Weights of a row: whole blocks of the type. */
    readonly width: number;
    readonly rows: number;
}

/** A final norm: RMS or, centred, LayerNorm. */
export interface NativeNorm {
    /** [width]; undefined: 1. */
    readonly weights: Float32Array | undefined;
    /** [width]; undefined: 0. */
    readonly bias: Float32Array | undefined;
    /** The mean is taken away first. */
    readonly centred: boolean;
    /** Added to the mean square. */
    readonly epsilon: number;
}

/** Products of vectors and an output head's rows, of which each vector's most and least are kept. */
export interface NativeTokenEffects {
    /**
     * Multiplies rows of the head, those of the next tokens, on the CPU. Refuses (BUSY) overlap.
     * @param biases [rows], added to their products. Default: none
     */
    add(rows: NativeMatrix, biases?: Float32Array): Promise<void>;
    /** The largest products so far, those that are NaN or infinite left out; equal ones by token. */
    raised(): NativeTokenLists;
    /** The smallest. */
    lowered(): NativeTokenLists;
    /** [vectors]: the mean of each one's finite products so far. */
    means(): Float64Array;
}

/** A list of tokens for each vector, one behind another. */
export interface NativeTokenLists {
    readonly tokens: Int32Array;
    readonly effects: Float32Array;
    /** [vectors]: where each list ends, and the next begins. */
    readonly ends: Int32Array;
}

export interface NativeHeader {
    /** llama.cpp's reason to refuse the file; null where it reads it. */
    readonly refused: string | null;
    /** Files that the model is in, 0 where the header says nothing of it, and which of them this is, from 0. */
    readonly splitCount: number;
    readonly splitNumber: number;
}

export interface NativeModelOptions {
    readonly path: string;
    /** How large batches are multiplied with weights on the CPU; `exact`: all in F32, all else too. Default `ggml`. */
    readonly products?: Products | 'exact';
    /** Weights stay in the order of the file, also where ggml's CPU backend would change it. Default: false. */
    readonly fileOrder?: boolean;
    /** Names of the devices that layers may go to, in this order; none: the CPU alone. */
    readonly devices: readonly string[];
    /** Number of layers on the GPU; negative: all. */
    readonly gpuLayers: number;
    /** How a model is spread over several GPUs. */
    readonly split: NativeSplit;
    /** GPU that holds the model where it is not spread, or its small tensors where rows are. */
    readonly mainGpu: number;
    /** Number of first layers whose routed experts stay in the machine's own memory. */
    readonly cpuExperts: number;
    readonly loras: readonly { readonly path: string; readonly scale: number }[];
}

/** The memory that a model and a context need. */
export interface NativeMemory {
    /** Layers that can go to a GPU, the output head counted as one. */
    readonly layers: number;
    readonly weights: MemoryBytes;
    /** KV cache, recurrent states, compute buffers and outputs. */
    readonly context: MemoryBytes;
    /** Counters and edits. */
    readonly adapter: MemoryBytes;
}

/** llama.cpp's ways to use several GPUs: one alone, layers in turn, or the rows of each matrix. */
export type NativeSplit = ValueOf<typeof engineTable.split>;

/** A device that ggml found. */
export interface NativeDevice {
    readonly name: string;
    readonly description: string;
    readonly kind: 'cpu' | 'gpu' | 'accelerator';
    /** Name of its backend, such as `CPU`, `CUDA`, `Vulkan` or `RPC`. */
    readonly backend: string;
    readonly freeBytes: number;
    readonly totalBytes: number;
}

export interface NativeModel {
    info(): ModelInfo;
    /**
     * Tokens of each text, no BOS or EOS added.
     * @param special special tokens written out in a text are these tokens, not plain text
     */
    tokenize(texts: readonly string[], special: boolean): Promise<Int32Array[]>;
    createContext(options: NativeContextOptions): Promise<NativeContext>;
    /**
     * The text of each list of tokens, special ones left out; U+FFFD stands for bytes that are no whole
     * character. Where the vocabulary writes blanks in front of words, a text loses the one it begins with.
     */
    detokenize(lists: readonly Int32Array[]): Promise<string[]>;
    /**
     * The bytes of every token of the vocabulary, blanks in front of words among them.
     * @param special special tokens are written out; else they have none
     */
    pieces(special: boolean): Promise<NativePieces>;
    /** Tokens after which a text is over. */
    endTokens(): Int32Array;
    /** Frees the model once its contexts are closed too. */
    close(): void;
}

/** The bytes of a vocabulary's tokens, one behind another. */
export interface NativePieces {
    readonly bytes: Uint8Array;
    /** Of each token: where its bytes end, and those of the next begin. */
    readonly ends: Int32Array;
}

/** Ways of counting on a device; `automatic` takes the first that the device supports. */
export type NativeCounting = 'automatic' | Exclude<ModelSite['counting'], 'one-hot'>;

export interface NativeContextOptions {
    /** Tokens of the KV cache. */
    readonly contextSize: number;
    /** Each sequence has an equal part of it, and none attends to another's cells; else all share it. */
    readonly streams: boolean;
    /** Most tokens of one batch. */
    readonly batchSize: number;
    /** Most sequences at once. */
    readonly sequences: number;
    /** At least 1; they last as long as the context. */
    readonly threads: number;
    readonly counting: NativeCounting;
    /** Reserve compute buffers for counting, none for logits. */
    readonly countOnly: boolean;
    /** Attention is computed in F32 throughout. Default: its keys and values are rounded to F16, as llama.cpp does. */
    readonly f32Cache?: boolean;
    /** No product of ggml's is computed by our kernels, which give the same bits. Default false. */
    readonly ggmlAlone?: boolean;
    /** Edits held at a time, at least 1. */
    readonly edits: number;
    /** Whether they may have offsets, which take as much memory again. */
    readonly offsets: boolean;
    /** Room for sums and histograms of activations. Default false. */
    readonly values?: boolean;
    /** Neurons to watch, as pairs of site and index, in any order. Default: none. */
    readonly watched?: Int32Array | undefined;
    /** Room for `residuals`, which takes llama.cpp's eval callback. Default false. */
    readonly residuals?: boolean | undefined;
    /** Room for `addInputSquares`, which takes the eval callback too. Products are then ggml's. Default false. */
    readonly inputSquares?: boolean | undefined;
    /**
     * Not empty: count through llama.cpp's eval callback (the reference way): the activation of this name, or, for
     * `*`, what every activation function of an FFN is applied to, by layer and in a layer in the order of computation.
     */
    readonly callbackTensor: string;
}

/** An activation function of the last batch as the eval callback met it, in the order of computation. */
export interface NativeFunction {
    readonly layer: number;
    readonly width: number;
    /** Experts that a token goes through; 1 where it is not routed. */
    readonly used: number;
    /** Computed without vector instructions, which rounds differently. */
    readonly oneByOne: boolean;
    /** [rows, used, width]: what it gave, for all tokens of the batch or those with an output. */
    readonly product: Float32Array;
    /** [rows, used, width]: what `product` is multiplied with already; empty: nothing. */
    readonly factor: Float32Array;
    /** [rows, used]: experts; empty where it is not routed. */
    readonly selected: Int32Array;
}

/**
 * The change of activations: each act becomes factor * act + offset. A factor of 0 makes 0 even of infinity. One
 * array [experts * width] a site.
 */
export interface NativeEdit {
    readonly factors: readonly Float32Array[];
    readonly offsets: readonly Float32Array[];
}

/** What the next decodes compute. A change costs nothing where the reserved buffers fit, else one reservation. */
export interface NativeMode {
    readonly count: boolean;
    /** Activations go through the first edit. */
    readonly edit: boolean;
    /** Each token's go through the edit that its batch names. */
    readonly edits: boolean;
    /** Edits have offsets. */
    readonly add: boolean;
    /** Activations are added up, and counted by bins. Default false. */
    readonly values?: boolean;
    /** The activations of watched neurons are kept. Default false. */
    readonly watch?: boolean;
    readonly head: NativeHead;
}

/**
 * What becomes of the output head: it is not computed; its logits leave the device; log-probabilities of targets, or
 * the likeliest token, take their place; or, for benchmarks, every token's logits are computed and stay where they are.
 */
export type NativeHead = 'none' | 'logits' | 'scores' | 'likeliest' | 'unread';

/** One batch: `finished` to `shared` aside, every array has one entry a token, in sequence order. */
export interface NativeBatch {
    readonly tokens: Int32Array;
    readonly positions: Int32Array;
    readonly sequences: Int32Array;
    /** 1: the token's activations count. */
    readonly counted: Uint8Array;
    /** Token whose log-probability is asked for after this one, or -1. */
    readonly targets: Int32Array;
    /** Edit of the token, in the mode `edits`. */
    readonly edits: Int32Array;
    /** Sequences that end with this batch; their KV cells are freed after it. */
    readonly finished: Int32Array;
    /** Sequences that lose their cells from a position on before the batch, as pairs of the two. */
    readonly trimmed: Int32Array;
    /** Sequences that take the number of a free one before the batch, as pairs of the two. */
    readonly moved: Int32Array;
    /** Further sequences of tokens that several share, as pairs of token index and sequence. */
    readonly shared: Int32Array;
}

/** What two contexts say after each token of a batch, [tokens] each; NaN and 0 where no target is asked for. */
export interface NativeDivergences {
    /** Natural log-probabilities of the targets, by the context that compares. */
    readonly logProbabilities: Float64Array;
    /** KL(reference || this) over the whole vocabulary, in nats, computed in F64; 0 exactly for equal logits. */
    readonly divergences: Float64Array;
    /** 1: both have the same likeliest token. */
    readonly agreed: Uint8Array;
}

/** Which tokens to draw after a batch, one for each entry, and again one after each of these. */
export interface NativeDraws {
    /** Token of the batch that is continued; one may be continued more than once. */
    readonly rows: Int32Array;
    /** Of each entry: the sequence that what is drawn belongs to. */
    readonly sequences: Int32Array;
    /** [steps, entries] in [0, 1): where softmax(logits / temperature) is inverted. */
    readonly uniforms: Float64Array;
    /** [steps, entries], in the mode `edits`: edit of the token that is drawn. */
    readonly edits: Int32Array;
    /** Most tokens to draw for each entry, each in a batch of its own but the first. */
    readonly steps: number;
    /** No step follows one in which one of these was drawn. */
    readonly ends: Int32Array;
    /** Of each entry. 0: the likeliest token. */
    readonly temperatures: Float64Array;
    /**
     * [entries, 3]: `top_k` (0: all), `top_p` (1: all) and `min_p` (0: all), bounds on which tokens are drawn at a
     * temperature above 0; see `Truncation`. Default: none.
     */
    readonly truncations?: Float64Array | undefined;
    /** With the head `logits` alone. Default: none. */
    readonly asked?: NativeLogProbabilityChoice | undefined;
}

/** Log-probabilities asked for along with draws, of rows of the batch and of what is drawn. */
export interface NativeLogProbabilityChoice {
    /** Tokens of the batch, by their place in it. */
    readonly rows: Int32Array;
    /** After each row: which token. */
    readonly targets: Int32Array;
    /** Of each entry of the draws; 1: of what is drawn for it, in each step. */
    readonly entries: Uint8Array;
    /** How many of the likeliest tokens come beside each. */
    readonly likeliest: number;
}

/** Natural log-probabilities, a row for each token asked for. */
export interface NativeLogProbabilities {
    /** [rows] */
    readonly targets: Float64Array;
    /** [rows, likeliest]: tokens, the likeliest first; fewer where the vocabulary has fewer. */
    readonly likeliest: Int32Array;
    /** [rows, likeliest] */
    readonly ofLikeliest: Float64Array;
}

/** Result of one call of `sample`. Each log-probability is read from the logits of the batch that it belongs to. */
export interface NativeSampled {
    /** [steps done, entries]; the complement, below 0, of what was drawn from logits that are NaN or infinite. */
    readonly tokens: Int32Array;
    /** A row for each of `asked.rows`. */
    readonly asked: NativeLogProbabilities;
    /** [steps done, entries asked for] */
    readonly drawn: NativeLogProbabilities;
}

/** One context; refuses (BUSY) a call while another is under way. */
export interface NativeContext {
    sites(): ModelSite[];
    /** Whether sequences can have streams of their own, and take tokens back. */
    plainCache(): boolean;
    /** Whether the output head is computed by another device than the processor. */
    headOnDevice(): boolean;
    setMode(mode: NativeMode): Promise<void>;
    /** No site at all: factors of 1, offsets of 0. Rejects with UNSUPPORTED for offsets where a site has none. */
    setEdit(number: number, edit: NativeEdit): Promise<void>;
    /** Natural log-probabilities [tokens] with the head `scores` (NaN where none was asked for), else empty. */
    decode(batch: NativeBatch): Promise<Float64Array>;
    /**
     * Decodes the batch here and in another context, with the head `logits` each, and compares the two next-token
     * distributions after every token that has a target. Rejects with MISMATCH for vocabularies of other sizes.
     */
    compare(batch: NativeBatch, reference: NativeContext): Promise<NativeDivergences>;
    /** The same beside what `targetLogits` gave of the reference. Rejects with MISMATCH for logits of another size. */
    compareWith(batch: NativeBatch, logits: Float32Array): Promise<NativeDivergences>;
    /** Decodes with the head `logits`; those after each token that has a target, [targets, vocabulary], row-major. */
    targetLogits(batch: NativeBatch): Promise<Float32Array>;
    /** Logits [tokens, vocabulary], row-major. */
    logits(batch: NativeBatch): Promise<Float32Array>;
    /**
     * Decodes a batch of one sequence; the residual stream behind each layer, where llama.cpp's graph names it `l_out`:
     * [tokens, n_embd], row-major. Other layers are left out.
     */
    residuals(batch: NativeBatch): Promise<readonly LayerResiduals[]>;
    /** Decodes a batch and adds up the squares of what goes into each product with a layer's weights. */
    addInputSquares(batch: NativeBatch): Promise<void>;
    /** Those since the last reset, by name; none unless the context can add them up. */
    inputSquares(): InputSquares[];
    /**
     * Frees `finished` first, then decodes the batch, with the head `logits` (or `likeliest` where all temperatures are
     * 0), and draws a token after each row named.
     */
    sample(batch: NativeBatch, draws: NativeDraws): Promise<NativeSampled>;
    counts(): Promise<SiteCounts>;
    /** With the `callbackTensor` `*`, else none. */
    functions(): NativeFunction[];
    /**
     * Activations of the watched neurons in the last decode, in the mode `watch`: [tokens, neurons], as they were
     * before an edit at their own site. NaN where a token is not counted, or did not go through the neuron's expert.
     */
    watched(): Float32Array;
    /**
     * The first activation counted or watched in the last decode that is NaN or infinite: its layer, and its token's
     * place in the batch; null where there is none.
     */
    nonfinite(): { readonly layer: number; readonly token: number } | null;
    /** Clears counters and KV cache. */
    reset(): Promise<void>;
    /** Splits of the mode's graph over backends; rejects with OUT_OF_MEMORY where the graph cannot be reserved. */
    graphSplits(mode: NativeMode): Promise<number>;
    /** The memory that the context and its model use. */
    memory(): Promise<NativeMemory>;
    /**
     * The batch under way or queued rejects with ABORTED, early where the backend can stop; one that is asked
     * for later does not.
     */
    abort(): void;
    close(): void;
}
