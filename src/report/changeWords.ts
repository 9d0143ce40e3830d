import type { MetricGroupChange } from '../experiments/Comparison.js';
import { effectOf } from '../experiments/matrixTable.js';
import { metricOf } from '../experiments/metrics.js';

/**
 * A metric's change and its interval, such as `+1.0 points, 95 % 0 points to +2.0 points`; relative where its effects
 * are.
 */
export function changeWords(metric: string, { before, change, interval }: MetricGroupChange): string {
    const { relative, formatEffect } = metricOf(metric);
    const effect = (value: number): string => formatEffect(effectOf(relative, value, before));
    return `${effect(change)}${interval === null ? '' : `, 95 % ${effect(interval[0])} to ${effect(interval[1])}`}`;
}
