/** From the GGUF keys `quantize.imatrix.*`; empty or 0 where the file has no such key. */
export interface Imatrix {
    readonly file: string;
    readonly dataset: string;
    readonly entries: number;
    readonly chunks: number;
}

/** Facts from the header of a model's file. */
export interface ModelInfo {
    readonly name: string;
    readonly architecture: string;
    /** Architecture, size and quantization, such as `llama 4B Q4_K - Medium`. */
    readonly description: string;
    /** llama.cpp's name of the quantization, such as `Q4_K - Medium`; `(guessed) ...` where the file does not say. */
    readonly fileType: string;
    /** The importance matrix that the file was quantized with; null where its header names none. */
    readonly imatrix: Imatrix | null;
    /** Bytes of the GGUF before its tensor data. */
    readonly headerBytes: number;
    /** Bytes of all tensors. */
    readonly bytes: number;
    readonly parameters: number;
    readonly layers: number;
    /** Width of the residual stream. */
    readonly embedding: number;
    /** Context the model was trained with, in tokens. */
    readonly trainContext: number;
    readonly vocabulary: number;
    /** Token to begin every sequence with, or -1. */
    readonly bos: number;
    /** Texts of the special tokens that chat templates name; empty where the model has none. */
    readonly bosText: string;
    readonly eosText: string;
    /** The model's own chat template, in Jinja; empty where it has none. */
    readonly chatTemplate: string;
    /** llama.cpp's warnings on the header that concern tokens, in its words; each kind once. */
    readonly warnings: readonly string[];
}
