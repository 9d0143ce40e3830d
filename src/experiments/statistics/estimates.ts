import type { VerdictPair } from './accuracyDifference.js';
import type { CellInterval, LanguageCounts } from '../results/DeactivationMatrix.js';

/** One measurement: a mean over units (texts or questions), each with a numerator and a weight. */
export interface Cell {
    /** Length units. */
    readonly numerators: Float64Array;
    /** Length units. */
    readonly weights: Float64Array;
    /** Scored tokens, or questions. */
    readonly samples: number;
    /** The shares that stand beside the metric, by name; NaN where there is nothing to share. */
    readonly shares?: Readonly<Record<string, number>>;
    /** For languages of answers: how many answers are in each other language than the one asked. */
    readonly instead?: LanguageCounts;
}

/** A metric's value on the units, and on each resample of them. */
export interface Estimate {
    readonly value: number;
    /** Length resamples; empty where there are fewer than two units. */
    readonly replicates: Float64Array;
    /** The value without each unit. Length units; empty where there are fewer than two. */
    readonly leftOut: Float64Array;
    /** How many units of equal weight tell as much. */
    readonly effective: number;
}

/** Both sides of a difference, on the same units. */
export interface Sides {
    readonly after: Estimate;
    readonly before: Estimate;
}

/** What the units of a cell say of its difference from the controls. */
export interface CellSpread {
    /** Standard deviation of the difference of one unit of mean weight, on the scale of the test. */
    readonly deviation: number;
    /** Texts or questions. */
    readonly units: number;
    /** How many of equal weight say as much. */
    readonly effective: number;
    /** Controls that the cell is compared with. */
    readonly controls: number;
    /** The difference that was seen, on the scale of the test. */
    readonly seen: number;
}

/** How probable it is that a metric's test tells a change from chance. */
export interface PowerRule {
    /** See `CellSpread`; null where it is not known. @param pairs as of `Intervals.pOfDifference` */
    readonly deviation: (sides: Sides, pairs: readonly VerdictPair[]) => number | null;
    /** A change on the scale of the test; null where it has none. @param before the value without it */
    readonly shift: (change: number, before: number) => number | null;
    /** The inverse of `shift`. */
    readonly change: (shift: number, before: number) => number;
    /** Probability of a two-sided p below 5 %. @param shift a true difference, on the scale of the test */
    readonly power: (shift: number, spread: CellSpread) => number;
}

/** The 95 % intervals of a metric: of means over texts, or of shares of questions. */
export interface Intervals {
    /** Whether estimates are resampled. */
    readonly resamples: boolean;
    ofValue(estimated: Estimate, cell: Cell): CellInterval;
    /** @param pairs numerators on the same units; the difference is the mean over the pairs */
    ofDifference(estimated: Estimate, pairs: readonly VerdictPair[]): CellInterval;
    /**
     * Two-sided p of a difference, made of the same units as its interval; null where they tell nothing.
     * @param pairs numerators on the same units, as of `ofDifference`
     */
    pOfDifference(sides: Sides, pairs: readonly VerdictPair[]): number | null;
    /** How probable it is that this p tells a change from chance. */
    readonly power: PowerRule;
    /** The test that tells a difference from chance, for a sentence of the report. */
    readonly toldBy: string;
    /** The method of the interval of a change between two models, for the end of a sentence. */
    readonly changeBy: string;
    /** Whether a cell has too few samples to tell any fall from chance, and that rule in words. Default: never. */
    readonly tooFew?: {
        isTooFew(cell: { readonly baseline: number; readonly change: number; readonly samples: number }): boolean;
        readonly rule: string;
    };
}
