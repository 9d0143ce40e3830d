import { mean } from './averages.js';
/** Of the normal distribution, 97.5 %. */
const z = 1.959963984540054;

/** A correlation and its 95 % interval; null with fewer than four pairs, or where one side is constant. */
export interface Correlation {
    readonly value: number | null;
    readonly interval: readonly [low: number, high: number] | null;
}

/**
 * Spearman's rank correlation; equal values share the mean of their ranks. The interval is by Fisher's z with Bonett
 * and Wright's variance (Psychometrika 65, 2000): (1 + r^2 / 2) / (n - 3).
 */
export function rankCorrelation(a: readonly number[], b: readonly number[]): Correlation {
    const r = pearson(ranks(a), ranks(b));
    if (a.length < 4 || Number.isNaN(r)) return { value: null, interval: null };
    const margin = z * Math.sqrt((1 + r ** 2 / 2) / (a.length - 3));
    const fisher = Math.atanh(Math.max(-1 + 1e-12, Math.min(1 - 1e-12, r)));
    return { value: r, interval: [Math.tanh(fisher - margin), Math.tanh(fisher + margin)] };
}

function ranks(values: readonly number[]): number[] {
    const sorted = values.toSorted((a, b) => a - b);
    const rankOf = new Map<number, number>();
    for (let first = 0, end = 0; first < sorted.length; first = end) {
        while (end < sorted.length && sorted[end] === sorted[first]) end++;
        rankOf.set(sorted[first]!, (first + end + 1) / 2);
    }
    return values.map((value) => rankOf.get(value)!);
}

function pearson(a: readonly number[], b: readonly number[]): number {
    const [meanA, meanB] = [mean(a)!, mean(b)!];
    let [ab, aa, bb] = [0, 0, 0];
    for (const [i, one] of a.entries()) {
        const [x, y] = [one - meanA, b[i]! - meanB];
        ab += x * y;
        aa += x * x;
        bb += y * y;
    }
    return ab / Math.sqrt(aa * bb);
}
