import type { Cell, Estimate } from '../statistics/estimates.js';
import type { MetricFacts } from './Metric.js';
import { drawResamples, estimate } from '../statistics/resampling.js';

/**
 * Estimates a metric's cells. Cells of as many units are resampled alike, which makes their differences paired.
 */
export function estimatorOf({
    kind,
    settings,
}: Pick<MetricFacts, 'kind' | 'settings'>): (cell: Pick<Cell, 'numerators' | 'weights'>) => Estimate {
    const draws = new Map<number, Uint16Array[]>();
    const fromMean = kind.fromMean(settings);
    return (cell) => {
        const units = cell.numerators.length;
        if (!draws.has(units)) draws.set(units, kind.intervals.resamples ? drawResamples(units) : []);
        return estimate(cell, draws.get(units)!, fromMean);
    };
}
