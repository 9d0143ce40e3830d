import { uniformInt } from 'pure-rand/distribution/uniformInt';
import wilson from 'wilson-score-interval';
import { randomGenerator } from '../support/randomGenerator.js';
import type { CellInterval, MetricName } from './DeactivationMatrix.js';
import type { Cell } from './Metric.js';

/** Resamples: 95 % limits have 25 of them beyond each. */
const resamples = 1000;

/** A metric's value on the units, and on each resample of them. */
export interface Estimate {
    readonly value: number;
    /** Length `resamples`; empty where there are fewer than two units. */
    readonly replicates: Float64Array;
}

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

/** @param fromMean turns a mean into the metric */
export function estimate(
    { numerators, weights }: Cell,
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

/** Mean of several estimates on the same units. */
export function average(estimates: readonly Estimate[]): Estimate {
    const over = (of: (one: Estimate) => number): number =>
        estimates.reduce((sum, one) => sum + of(one), 0) / estimates.length;
    return {
        value: over(({ value }) => value),
        replicates: estimates[0]!.replicates.map((_, i) => over(({ replicates }) => replicates[i]!)),
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

/** 95 % interval of a metric itself: Wilson's for a share of questions, else by bootstrap. */
export function valueInterval(metric: MetricName, estimated: Estimate, { samples }: Cell): CellInterval {
    if (metric !== 'accuracy') return bootstrapInterval(estimated);
    const { left, right } = wilson(Math.round(estimated.value * samples), samples);
    return [left, right];
}
