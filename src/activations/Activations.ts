/** What made a set of counts; stored as the metadata of `activations.safetensors`. */
export interface ActivationsSource {
    readonly model: {
        readonly name: string;
        readonly architecture: string;
        readonly quantization: string;
        /** sha256 of the GGUF's header and file size, hexadecimal. */
        readonly fingerprint: string;
    };
    readonly dataset: { readonly name: string; readonly hash: string };
    /** Versions of this tool, llama.cpp and the backend. */
    readonly versions: Readonly<Record<string, string>>;
}

/** Counts of one part of the texts, shaped like those of the whole. */
export interface Counts {
    /**
     * For each layer, int64 counts [n_ff_i, l], row-major: `counts[i][j * l + k]` is the number of
     * counted tokens of language k for which neuron j of layer i was active (> 0; eq. 4).
     */
    readonly counts: readonly BigInt64Array[];
    /** Counted tokens of each language. Length l. */
    readonly tokens: BigInt64Array;
}

/**
 * Activation counts of one model over `l` languages. Additive: counts of two halves of a corpus,
 * added, are the counts of the whole.
 */
export interface Activations extends Counts {
    /** Language tags; index k of every array. Length l. */
    readonly languages: readonly string[];
    /** Disjoint parts of the texts that add up to the whole, where they were kept apart. */
    readonly folds?: readonly Counts[] | undefined;
    readonly source: ActivationsSource;
}
