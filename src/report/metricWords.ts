import type { MetricGroupChange } from '../experiments/Comparison.js';
import type { MetricName } from '../experiments/DeactivationMatrix.js';
import { formatChange, formatNumber, formatPointsChange, formatShare } from './format.js';
import type { Measured } from './numbers.js';

/** How a metric is spoken of and shown. */
export interface MetricWords {
    readonly noun: string;
    /** First part of the names of its figures and tables. */
    readonly prefix: string;
    /** Sign of an effect that is harm. */
    readonly harm: 1 | -1;
    /** Effects are fractions of the baseline, or else of one: percentage points. */
    readonly relative: boolean;
    /** Unit of the effects in a figure. */
    readonly unit: string;
    /** What is behind a cell. */
    readonly samples: string;
    /** A value of the metric. */
    formatValue(value: Measured): string;
    /** An effect in a sentence. */
    formatEffect(fraction: Measured): string;
}

export const metricWords: Readonly<Record<MetricName, MetricWords>> = {
    ppl: {
        noun: 'perplexity',
        prefix: 'deactivation',
        harm: 1,
        relative: true,
        unit: '% of the baseline',
        samples: 'Scored tokens',
        formatValue: formatNumber,
        formatEffect: formatChange,
    },
    accuracy: {
        noun: 'accuracy',
        prefix: 'accuracy',
        harm: -1,
        relative: false,
        unit: 'percentage points',
        samples: 'Questions',
        formatValue: formatShare,
        formatEffect: formatPointsChange,
    },
};

/**
 * A metric's change and its interval, such as `+1.0 points, 95 % 0 points to +2.0 points`; relative where its effects
 * are.
 */
export function changeWords(metric: MetricName, { before, change, interval }: MetricGroupChange): string {
    const { relative, formatEffect } = metricWords[metric];
    const effect = (value: number): string => formatEffect(relative ? value / before : value);
    return `${effect(change)}${interval === null ? '' : `, 95 % ${effect(interval[0])} to ${effect(interval[1])}`}`;
}
