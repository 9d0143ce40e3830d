import type { MetricWords } from './Metric.js';

type Effects = Pick<MetricWords, 'relative'>;

/**
 * Mean of effects over languages. Of fractions f of a baseline it is the geometric one, exp(mean(ln(1 + f))) − 1, for a
 * perplexity that of the mean change of its logarithm: one language whose perplexity rises a thousandfold does not
 * stand for all. Of changes of a share it is the arithmetic one.
 * @param effects one at least
 */
export function meanEffect(effects: readonly number[], { relative }: Effects): number {
    if (effects.length === 1) return effects[0]!; // exactly
    const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    return relative ? Math.expm1(mean(effects.map(Math.log1p))) : mean(effects);
}

/** Which mean that is, in a sentence. */
export function meanWords({ relative }: Effects): string {
    return relative ? 'in the geometric mean' : 'on average';
}
