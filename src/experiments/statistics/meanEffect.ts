import { mean } from '../../support/averages.js';

/** Of a metric: whether its effects are fractions of the baseline. */
interface Effects {
    readonly relative: boolean;
}

/**
 * Mean of effects over languages. Of fractions f of a baseline it is the geometric one, exp(mean(ln(1 + f))) − 1, for a
 * perplexity that of the mean change of its logarithm: one language whose perplexity rises a thousandfold does not
 * stand for all. Of changes of a share it is the arithmetic one.
 * @param effects one at least
 */
export function meanEffect(effects: readonly number[], { relative }: Effects): number {
    if (effects.length === 1) return effects[0]!; // exactly
    return relative ? Math.expm1(mean(effects.map(Math.log1p))!) : mean(effects)!;
}

/**
 * Mean of a metric's values over languages: the geometric one where effects are relative, so that the relative change
 * of the mean is the `meanEffect` of the languages' changes.
 * @param values one at least
 */
export function meanValue(values: readonly number[], { relative }: Effects): number {
    if (values.length === 1) return values[0]!; // exactly
    return relative ? Math.exp(mean(values.map(Math.log))!) : mean(values)!;
}

/** Which mean that is, in a sentence. */
export function meanWords({ relative }: Effects): string {
    return relative ? 'in the geometric mean' : 'on average';
}
