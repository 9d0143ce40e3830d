import { denseSites, type Site } from '../engine/Site.js';

/** The model that was counted, as its file says. */
export interface ModelSource {
    readonly name: string;
    readonly architecture: string;
    readonly quantization: string;
    /** `xxh128:` and a hash over all bytes; in files of format 1 the sha256 of the GGUF's header and size. */
    readonly fingerprint: string;
    /** The importance matrix that the file was quantized with; null: none. Absent: not known. */
    readonly imatrix?: string | null | undefined;
}

/** Texts that were counted. */
export interface DatasetSource {
    readonly name: string;
    /** sha256 over all texts, hexadecimal. */
    readonly hash: string;
    /** By language: what identifies the texts, so that others can be compared with them. Absent: not known. */
    readonly texts?: Readonly<Record<string, CountedTexts>> | undefined;
    /** In the source of an analysis: see `textsSet`. */
    readonly set?: string | undefined;
}

export interface CountedTexts {
    /** sha256 over the texts in order, hexadecimal. */
    readonly digest: string;
    /** Hash of the texts in any order, hexadecimal. Absent: not known. */
    readonly set?: string | undefined;
    /** See `Sketch`. */
    readonly sketch: string;
    /** Share of the different texts that are in several folds. Absent: there are no folds, or it is not known. */
    readonly inSeveralFolds?: number | undefined;
}

/** The model, texts, settings and versions that made counts; stored as the metadata of `activations.safetensors`. */
export interface ActivationsSource {
    readonly model: ModelSource;
    readonly dataset: DatasetSource;
    /** Options that shape counts, such as `window`. Absent: not known. */
    readonly settings?: Readonly<Record<string, string | number>> | undefined;
    /** Versions of this tool, llama.cpp and the backend. */
    readonly versions: Readonly<Record<string, string>>;
}

/** Counts of one part of the texts, shaped like those of the whole. */
export interface Counts {
    /**
     * For each site, int64 counts [neurons, l], row-major: `counts[i][j * l + k]` is the number of
     * counted tokens of language k for which neuron j of site i was active (> 0; eq. 4). In a dense model sites
     * are layers.
     */
    readonly counts: readonly BigInt64Array[];
    /**
     * For each site, int64 [experts, l], row-major: counted tokens of each language that went through each expert;
     * empty where the site is not routed. Absent: no site is.
     */
    readonly routed?: readonly BigInt64Array[] | undefined;
    /** Counted tokens of each language. Length l. */
    readonly tokens: BigInt64Array;
    /** Absent: values were not collected. */
    readonly values?: Values | undefined;
}

/** Sums and histograms of activations over the counted tokens of each language. Additive, as counts are. */
export interface Values {
    /**
     * For each site, int64 [neurons, l], row-major: the sum of the neuron's activations act(gate), of counted tokens
     * (of a routed site, those that went through its expert), in units of 2^-20.
     */
    readonly sums: readonly BigInt64Array[];
    /**
     * For each site, uint32 [neurons, l, bins]: counted tokens whose activation is in each bin, of all tokens or, on
     * devices, of every 16th of a batch; empty where the site is routed.
     */
    readonly histograms: readonly Uint32Array[];
    /** Lower edges of the bins, ascending; that of the first stands for minus infinity. */
    readonly edges: readonly number[];
}

/**
 * Activation counts of one model over `l` languages. Additive: counts of two halves of a corpus,
 * added, are the counts of the whole.
 */
export interface Activations extends Counts {
    /** Language tags; index k of every array. Length l. */
    readonly languages: readonly string[];
    /** Absent: the model is dense, and each layer is a site. */
    readonly sites?: readonly Site[] | undefined;
    /** The counts of disjoint parts of the texts, which add up to the whole. Absent: there are no folds. */
    readonly folds?: readonly Counts[] | undefined;
    readonly source: ActivationsSource;
}

/** Where the neurons of some counts are. */
export function sitesOf({
    sites,
    counts,
    languages,
}: Pick<Activations, 'sites' | 'counts' | 'languages'>): readonly Site[] {
    return sites ?? denseSites(counts.map(({ length }) => length / languages.length));
}
