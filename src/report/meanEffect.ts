import type { MetricWords } from '../experiments/Metric.js';
import { isFiniteNumber, mean, type Measured } from './numbers.js';

type Effects = Pick<MetricWords, 'relative'>;

/**
 * Mean of effects over languages; null where none is finite. Of fractions f of a baseline it is the geometric one,
 * exp(mean(ln(1 + f))) − 1, for a perplexity that of the mean change of its logarithm: one language whose perplexity
 * rises a thousandfold does not stand for all. Of changes of a share it is the arithmetic one.
 */
export function meanEffect(effects: readonly Measured[], { relative }: Effects): Measured {
    if (!relative) return mean(effects);
    const logarithm = mean(effects.filter(isFiniteNumber).map(Math.log1p));
    return logarithm === null ? null : Math.expm1(logarithm);
}

/** Which mean that is, in a sentence. */
export function meanWords({ relative }: Effects): string {
    return relative ? 'in the geometric mean' : 'on average';
}
