import type { ActivationsSource } from '../activations/Activations.js';
import { denseSites, type Site } from '../engine/Site.js';
import type { IdentifyMethod, ProbabilityName } from './choices.js';

/** Classes of neurons (section 2.2 of the paper). */
export const neuronClasses = ['specific', 'related', 'general'] as const;
export type NeuronClass = (typeof neuronClasses)[number];

/** `[site, index]`, both 0-based; in a dense model `[layer, neuron]`. See `Site`. */
export type NeuronIndex = readonly [site: number, index: number];

/** `[site, expert]`, both 0-based. */
export type ExpertIndex = readonly [site: number, expert: number];

/** Experts by the languages whose tokens go through them: the classes of neurons, of r = n_e / T in place of p. */
export interface ExpertAnalysis {
    /** What the experts' neurons were measured by. */
    readonly probability: ProbabilityName;
    /** Least tokens of every language that an expert must have seen for its neurons to be assessed. */
    readonly minRouted: number;
    /** Neurons that were not, and are in no class. */
    readonly notAssessed: number;
    /** r of each expert, [experts][languages], of each routed site by its number. */
    readonly shares: Readonly<Record<string, readonly (readonly number[])[]>>;
    /** Threshold of r above which it is high. */
    readonly threshold: number;
    readonly specific: Readonly<Record<string, readonly ExpertIndex[]>>;
    readonly related: Readonly<Record<string, readonly ExpertIndex[]>>;
    readonly general: readonly ExpertIndex[];
}

/** Numbers of neurons of one layer by class. */
export interface LayerCounts {
    readonly specific: number;
    readonly related: number;
    readonly general: number;
}

/** The paper's four stages, in the order of the layers. */
export const stageNames = [
    'multilingual understanding',
    'shared semantic space reasoning',
    'multilingual output space transformation',
    'vocabulary space outputting',
] as const;

/** One stage: layers `first` to `last`, 0-based, both included. */
export interface Stage {
    readonly name: (typeof stageNames)[number];
    readonly first: number;
    readonly last: number;
}

/** What `findStages` says of a model. */
export interface Stages {
    /** Whether the layers show the four stages. */
    readonly seen: boolean;
    /** Why not, in words; absent where they are seen. */
    readonly reason?: string | undefined;
    /** The division that fits best, also where it is not good enough; empty with fewer than four layers. */
    readonly stages: readonly Stage[];
    /** Share of random orders of the layers that fit worse, in [0, 1]. */
    readonly confidence: number;
    /** The rule, in words. */
    readonly rule: string;
}

/** 95 % interval, `[low, high]`. */
export type Interval = readonly [low: number, high: number];

/** How much of a class would be found again on other texts. */
export interface ClassStability {
    /** Mean share of the class's neurons that keep it when one fold is left out; null for an empty class. */
    readonly kept: number | null;
    /** Mean overlap 2|A ∩ B| / (|A| + |B|) of the classes found on two halves; null where both are empty. */
    readonly overlap: number | null;
}

/** Certainty of an analysis, from counts kept in folds (`collect --folds`). */
export interface Stability {
    readonly folds: number;
    /** By language, the share of its different texts that are in several folds, where some are. */
    readonly inSeveralFolds?: Readonly<Record<string, number>> | undefined;
    /** Divisions into halves behind `overlap`. */
    readonly halves: number;
    readonly classes: Readonly<Record<NeuronClass, ClassStability>>;
    /** 95 % intervals of the numbers of neurons, by the delete-one-fold jackknife. */
    readonly intervals: {
        readonly general: Interval;
        readonly perLanguage: Readonly<
            Record<string, { readonly specific: Interval; readonly related: Interval; readonly total: Interval }>
        >;
    };
}

/** The counts behind an analysis, and what made them. */
export interface AnalysisSource extends ActivationsSource {
    /** See `countsDigest`. */
    readonly counts: string;
}

/** Result of `identify`; what `neurons.json` holds and `identify --json` prints (without `neurons`). */
export interface NeuronAnalysis {
    readonly method: IdentifyMethod;
    readonly languages: readonly string[];
    /** Neurons of each site; in a dense model the FFN width of each layer. */
    readonly widths: readonly number[];
    /** Absent: those of a dense model, one FFN a layer. */
    readonly sites?: readonly Site[] | undefined;
    /** Of a model with routed experts. */
    readonly experts?: ExpertAnalysis | undefined;
    /** Share of all neurons assessed that is selected. */
    readonly topRate: number;
    /** Quantile of all activation probabilities above which one counts as high. */
    readonly bar: number;
    /** Weight λ of the maximum in the score; null for LAPE, which has none. */
    readonly lambda: number | null;
    /** Threshold τ: the `bar` quantile of all activation probabilities. */
    readonly threshold: number;
    /** Number of selected neurons. */
    readonly selected: number;
    /** Selected neurons by N, the number of languages in which they are high; index 0..l. */
    readonly histogram: readonly number[];
    /** All neurons assessed by N; index 0..l. */
    readonly histogramAll: readonly number[];
    /** Number of general neurons (N = l over all neurons). */
    readonly general: number;
    readonly perLanguage: Readonly<
        Record<string, { readonly specific: number; readonly related: number; readonly total: number }>
    >;
    /** By layer, whatever sites it has. */
    readonly layers: readonly LayerCounts[];
    readonly stages: Stages;
    /** Present where the counts were kept in folds. */
    readonly stability?: Stability | undefined;
    /** What it was made from; absent in files of format 2. */
    readonly source?: AnalysisSource | undefined;
    /** Scoring and λ sweep alone, in milliseconds. */
    readonly milliseconds: number;
    /** The neurons themselves: of each language, and the general ones. Sorted by site, then index. */
    readonly neurons: {
        readonly specific: Readonly<Record<string, readonly NeuronIndex[]>>;
        readonly related: Readonly<Record<string, readonly NeuronIndex[]>>;
        readonly general: readonly NeuronIndex[];
    };
}

/** Where the neurons of an analysis are. */
export function analysisSites({ sites, widths }: Pick<NeuronAnalysis, 'sites' | 'widths'>): readonly Site[] {
    return sites ?? denseSites(widths);
}

/** Neurons of each layer, all its sites together; 0 where it has none. */
export function layerWidths(sites: readonly Site[]): number[] {
    const widths = new Array<number>(Math.max(...sites.map(({ layer }) => layer)) + 1).fill(0);
    for (const { layer, width, experts } of sites) widths[layer]! += width * experts;
    return widths;
}
