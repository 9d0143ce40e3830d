import { estimatorOf } from '../metric/estimatorOf.js';
import { metricOf } from '../registry/metrics.js';
import type { DeactivationMatrix } from '../results/DeactivationMatrix.js';
import type { Estimate } from '../statistics/estimates.js';

/** A whole model, measured. */
export type MeasuredWhole = Pick<DeactivationMatrix, 'metric' | 'settings' | 'languages' | 'whole'>;

/** The metric of the whole model in a language that was measured. */
export function wholeEstimate({ metric, settings, whole }: MeasuredWhole, language: string): Estimate {
    const { numerators, weights } = whole[language]!;
    return estimatorOf({ kind: metricOf(metric), settings })({
        numerators: Float64Array.from(numerators),
        weights: Float64Array.from(weights),
    });
}
