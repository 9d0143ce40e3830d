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
    const scores = new Float64Array(high.length);
    const at = (lambda: number): Sweep => ({ lambda, selected: selectLowest(scoreAt(parts, lambda, scores), count) });
    const clean = ({ selected }: Sweep): boolean => selected.every((j) => high[j] !== l);

    const top = at(mostSwept);
    if (clean(top)) return top;
    let best = at(0);
    if (!clean(best)) return best;
    let upper = mostSwept;
    while (upper - best.lambda > precision) {
        const middle = at((best.lambda + upper) / 2);
        if (clean(middle)) best = middle;
        else upper = middle.lambda;
    }
    return best;
}

/** A fixed λ. */
export function fixedLambda(parts: ScoreParts, lambda: number, count: number): Sweep {
    const scores = scoreAt(parts, lambda, new Float64Array(parts.entropy.length));
    return { lambda, selected: selectLowest(scores, count) };
}
