import type { ArgumentsOf } from '../../settings/Setting.js';
import type { identifyTable } from '../../settings/settings.js';
import type { Probabilities } from '../scores/activationProbabilities.js';
import { highLanguages } from '../scores/highLanguages.js';
import { type ScoreParts, scoreParts } from '../scores/scoreParts.js';
import { kthSmallest, roundHalfToEven, selectLowest } from '../scores/selectLowest.js';
import { fixedLambda, sweepLambda } from '../scores/sweepLambda.js';

/** The settings of `identify` that choose among probabilities. */
export type Criteria = Pick<ArgumentsOf<typeof identifyTable>, 'method' | 'topRate' | 'bar' | 'lambda'>;

/** What criteria choose among the rows of probabilities. */
export interface Choice {
    readonly threshold: number;
    /** N of each row. */
    readonly high: Uint16Array;
    readonly lambda: number | null;
    /** Rows, ascending. */
    readonly selected: Uint32Array;
}

/** Finds τ, N of every row, and the rows with the lowest scores. */
export function choose(probabilities: Probabilities, { bar, ...criteria }: Criteria): Choice {
    return chooseAmong(scoreParts(probabilities), highAbove(probabilities, bar), criteria);
}

/** τ, and N of each row. */
export type High = Pick<Choice, 'threshold' | 'high'> & Pick<Probabilities, 'l'>;

/** Finds τ, the `bar` quantile of all probabilities, and N of every row. */
export function highAbove(probabilities: Probabilities, bar: number): High {
    const { p, l } = probabilities;
    const threshold = kthSmallest(p, Math.max(1, roundHalfToEven(p.length * bar)));
    return { threshold, high: highLanguages(probabilities, threshold), l };
}

/** The second half of `choose`, where several criteria are tried on the same probabilities. */
export function chooseAmong(
    parts: ScoreParts,
    { threshold, high, l }: High,
    { method, topRate, lambda }: Omit<Criteria, 'bar'>,
): Choice {
    const count = roundHalfToEven(high.length * topRate);
    const chosen =
        method === 'lape'
            ? { lambda: null, selected: selectLape(parts.entropy, high, count) }
            : lambda === 'auto'
              ? sweepLambda(parts, high, count, l)
              : fixedLambda(parts, lambda, count);
    return { threshold, high, ...chosen };
}

/** LAPE's selection: the lowest entropies among neurons high in at least one language; flat indices, ascending. */
function selectLape(entropy: Float64Array, high: Uint16Array, count: number): Uint32Array {
    const scores = entropy.map((h, j) => (high[j] === 0 ? Infinity : h));
    return selectLowest(scores, count).filter((j) => high[j] !== 0);
}
