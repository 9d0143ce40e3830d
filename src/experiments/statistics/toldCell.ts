import type { MetricGroupChange } from '../results/Comparison.js';
import type { CellInterval, DeactivationSet } from '../results/DeactivationMatrix.js';

/** A cell is told from chance where its q is not above this: on average, at most this share of such cells is chance. */
export const falseShare = 0.05;

/** What is known of whether a difference is chance. */
export interface CellCertainty {
    /** 95 %. */
    readonly interval: CellInterval;
    /** Over the cells of the set, or the languages of a comparison; null where the samples tell nothing. */
    readonly q: number | null;
}

/** The certainty of what a row's neurons do in a column beyond as many random ones. */
export function beyondControlIn({ intervals, tests }: DeactivationSet, r: number, c: number): CellCertainty {
    return { interval: intervals.beyondControl[r]?.[c] ?? null, q: tests.beyondControl.q[r]?.[c] ?? null };
}

/** The certainty of a language's change between two models. */
export function changeCertainty({ interval, q }: MetricGroupChange): CellCertainty {
    return { interval, q: q ?? null };
}

/**
 * Whether a difference is told from chance, by its q, or by its interval where it has no q; undefined where neither is
 * known.
 */
export function isTold({ q, interval }: CellCertainty): boolean | undefined {
    if (q !== null) return q <= falseShare;
    return interval === null ? undefined : interval[0] > 0 || interval[1] < 0;
}
