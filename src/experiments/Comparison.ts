import type { CellInterval, MetricName } from './DeactivationMatrix.js';
import type { LayerCounts, NeuronAnalysis, NeuronClass, NeuronIndex } from '../neurons/NeuronAnalysis.js';

/** A class, or none of them. */
export type ClassOrNone = NeuronClass | 'none';

/** Numbers of neurons of one language, or means over several. */
export interface LanguageNumbers {
    readonly specific: number;
    readonly related: number;
    readonly total: number;
}

/** Means over a group of languages (tables 2 and 3 of the paper). */
export interface GroupChange {
    readonly languages: readonly string[];
    readonly before: LanguageNumbers;
    readonly after: LanguageNumbers;
    readonly change: LanguageNumbers;
}

/** What a comparison keeps of each analysis, for series (figs. 17-19). */
export interface ComparedAnalysis extends Pick<
    NeuronAnalysis,
    | 'method'
    | 'topRate'
    | 'bar'
    | 'lambda'
    | 'threshold'
    | 'selected'
    | 'histogram'
    | 'histogramAll'
    | 'general'
    | 'perLanguage'
    | 'layers'
> {
    /** Name for people, unique in the comparison. */
    readonly label: string;
    /** Names its neurons; see `neuronsDigest`. Absent in files of format 2. */
    readonly neurons?: string | undefined;
}

/** A metric's mean over some languages, before and after. */
export interface MetricGroupChange {
    readonly languages: readonly string[];
    readonly before: number;
    readonly after: number;
    readonly change: number;
    /** Of the change (95 %). */
    readonly interval: CellInterval;
}

/** What the whole model's perplexity or accuracy became. */
export interface MetricChange {
    readonly metric: MetricName;
    readonly perLanguage: Readonly<Record<string, MetricGroupChange>>;
    /** `all`, and those of the neurons' `groups` that have a language. */
    readonly groups: Readonly<Partial<Record<GroupName | 'all', MetricGroupChange>>>;
}

export const groupNames = ['trained', 'others', 'english', 'rest'] as const;
/** Groups of languages: trained in the alignment or not, English or not. */
export type GroupName = (typeof groupNames)[number];

/** One analysis against the first, the fiducial: differences are `after - before`. */
export interface AnalysisChange {
    /** Label of the later analysis. */
    readonly label: string;
    /** By class (fig. 4), [n_layer]. */
    readonly layers: readonly LayerCounts[];
    /** Selected neurons by N, index 0..l. */
    readonly histogram: readonly number[];
    /** All neurons by N (fig. 5), index 0..l. */
    readonly histogramAll: readonly number[];
    readonly perLanguage: Readonly<Record<string, LanguageNumbers>>;
    /** Absent groups have no language: without `trained`, all languages are `others`. */
    readonly groups: Readonly<Partial<Record<GroupName, GroupChange | undefined>>>;
    /** |A ∩ B| / |A| of each class, A the fiducial's (table 4); null where A is empty. */
    readonly overlap: Readonly<Record<NeuronClass, number | null>>;
    /** Neurons by class before (outer) and after (inner). */
    readonly transitions: Readonly<Record<ClassOrNone, Readonly<Record<ClassOrNone, number>>>>;
    /** Neurons that stay specific (related), but of another language (of other languages). */
    readonly switched: { readonly specific: number; readonly related: number };
    /** The neurons behind each change of class, by layer, then neuron. */
    readonly moved: readonly {
        readonly from: ClassOrNone;
        readonly to: ClassOrNone;
        readonly neurons: readonly NeuronIndex[];
    }[];
    /** Of the whole models, where both were measured on the same texts or questions. */
    readonly metrics: readonly MetricChange[];
}

/** Result of `compare`; what `comparison.json` holds. */
export interface Comparison {
    readonly languages: readonly string[];
    /** FFN width of each layer. */
    readonly widths: readonly number[];
    /** Languages that the alignment was trained on; may be empty. */
    readonly trained: readonly string[];
    /** What else differs, or does not, that a reader should know: sentences. */
    readonly notes: readonly string[];
    /** In the order given; the first is the fiducial. */
    readonly analyses: readonly ComparedAnalysis[];
    /** Of every analysis but the first. */
    readonly changes: readonly AnalysisChange[];
}
