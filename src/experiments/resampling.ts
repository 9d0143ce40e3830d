import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { mean } from '../support/mean.js';
import { randomGenerator } from '../support/randomGenerator.js';
import type { CellInterval } from './DeactivationMatrix.js';
import type { Cell, Estimate, Intervals, MetricFacts } from './Metric.js';

/** Resamples: 95 % limits have 25 of them beyond each. */
const resamples = 1000;

/**
 * How often each unit is in each resample, [resamples][units]. The same for the same number of units:
 * what is measured on the same units is resampled together, which makes differences paired.
 */
export function drawResamples(units: number): Uint16Array[] {
    if (units < 2) return [];
    const generator = randomGenerator(units);
    return Array.from({ length: resamples }, () => {
        const times = new Uint16Array(units);
        for (let i = 0; i < units; i++) times[uniformInt(generator, 0, units - 1)]!++;
        return times;
    });
}

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

/** @param fromMean turns a mean into the metric */
export function estimate(
    { numerators, weights }: Pick<Cell, 'numerators' | 'weights'>,
    draws: readonly Uint16Array[],
    fromMean: (mean: number) => number,
): Estimate {
    const mean = (times?: Uint16Array): number => {
        let [sum, weight] = [0, 0];
        for (let i = 0; i < numerators.length; i++) {
            const n = times === undefined ? 1 : times[i]!;
            if (n === 0) continue; // 0 · ∞
            sum += n * numerators[i]!;
            weight += n * weights[i]!;
        }
        return fromMean(sum / weight);
    };
    return { value: mean(), replicates: Float64Array.from(draws, mean) };
}

/** a − b, resample by resample. */
export function difference(a: Estimate, b: Estimate): Estimate {
    return { value: a.value - b.value, replicates: a.replicates.map((value, i) => value - b.replicates[i]!) };
}

/** An estimate of exactly 0, on the units of another one. */
export function nothing({ replicates }: Estimate): Estimate {
    return { value: 0, replicates: new Float64Array(replicates.length) };
}

/** The point at a share of the way from a to b, resample by resample. */
export function between(a: Estimate, b: Estimate, share: number): Estimate {
    const at = (from: number, to: number): number => from + share * (to - from);
    return { value: at(a.value, b.value), replicates: a.replicates.map((value, i) => at(value, b.replicates[i]!)) };
}

/**
 * Mean of several estimates on the same units.
 * @param estimates one at least
 * @param meanOf the mean. Default: the arithmetic one
 */
export function average(
    estimates: readonly Estimate[],
    meanOf: (values: readonly number[]) => number = (values) => mean(values)!,
): Estimate {
    return {
        value: meanOf(estimates.map(({ value }) => value)),
        replicates: estimates[0]!.replicates.map((_, i) => meanOf(estimates.map(({ replicates }) => replicates[i]!))),
    };
}

/** 95 % interval by the percentiles of the bootstrap. */
export function bootstrapInterval({ replicates }: Estimate): CellInterval {
    if (replicates.length === 0) return null;
    const sorted = replicates.toSorted();
    const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))]!;
    const [low, high] = [at(0.025), at(0.975)];
    return Number.isNaN(low) || Number.isNaN(high) ? null : [low, high];
}

/** Intervals of a mean over texts, by bootstrap over them. */
export const bootstrapIntervals: Intervals = {
    resamples: true,
    ofValue: bootstrapInterval,
    ofDifference: bootstrapInterval,
    toldBy: 'bootstrap over the same texts',
    changeBy: 'by bootstrap over the texts, the same for both',
};
