import { denseSites, type Site } from '../engine/types/Site.js';
import type { ActivationsSource } from './ActivationsSource.js';

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
