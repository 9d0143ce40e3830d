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
        noun: 'perplexity', prefix: 'deactivation', harm: 1, relative: true, unit: '% of the baseline', samples: 'Scored tokens',
        formatValue: formatNumber, formatEffect: formatChange,
    },
    accuracy: {
        noun: 'accuracy', prefix: 'accuracy', harm: -1, relative: false, unit: 'percentage points', samples: 'Questions',
        formatValue: formatShare, formatEffect: formatPointsChange,
    },
};
