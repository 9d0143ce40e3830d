import { type ScoreParts, scoreAt } from './scoreParts.js';
import { selectLowest } from './selectLowest.js';

/** The greatest λ that the sweep tries. */
export const mostSwept = 0.2;
const precision = 1e-3;

/** A choice of λ and what it selects. */
export interface Sweep {
    readonly lambda: number;
    /** Selected neurons' flat indices, ascending. */
    readonly selected: Uint32Array;
}

/**
 * The largest λ in [0, 0.2], by bisection to 1e-3 with the ends tested first, for which no selected
 * neuron is high in every language. λ = 0 where even that selects one.
 * @param high N of each neuron, length n
 */
export function sweepLambda(parts: ScoreParts, high: Uint16Array, count: number, l: number): Sweep {
    const general = rowsWith(high, l);
    const clean = (lambda: number): boolean => areOutside(general, parts, lambda, count);
    if (clean(mostSwept)) return fixedLambda(parts, mostSwept, count);
    let [best, upper] = [0, clean(0) ? mostSwept : 0];
    while (upper - best > precision) {
        const middle = (best + upper) / 2;
        if (clean(middle)) best = middle;
        else upper = middle;
    }
    return fixedLambda(parts, best, count);
}

/** The rows of neurons that are high in so many languages. */
function rowsWith(high: Uint16Array, N: number): Uint32Array {
    const rows = new Uint32Array(high.length);
    let found = 0;
    for (let j = 0; j < high.length; j++) if (high[j] === N) rows[found++] = j;
    return rows.subarray(0, found);
}

/** Whether none of some neurons is among the `count` lowest scores: whether so many are before the first of them. */
function areOutside(some: Uint32Array, { entropy, maximum }: ScoreParts, lambda: number, count: number): boolean {
    let [first, least] = [-1, Infinity];
    for (const j of some) {
        const score = entropy[j]! - lambda * maximum[j]!;
        if (score < least) [first, least] = [j, score];
    }
    if (first < 0) return true;
    let before = 0;
    for (let j = 0; j < entropy.length && before < count; j++) {
        const score = entropy[j]! - lambda * maximum[j]!;
        if (score < least || (score === least && j < first)) before++;
    }
    return before >= count;
}

/** A fixed λ. */
export function fixedLambda(parts: ScoreParts, lambda: number, count: number): Sweep {
    const scores = scoreAt(parts, lambda, new Float64Array(parts.entropy.length));
    return { lambda, selected: selectLowest(scores, count) };
}
