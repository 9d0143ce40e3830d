import { createRequire } from 'node:module';
import type tCdf from '@stdlib/stats-base-dists-t-cdf';
import type tQuantile from '@stdlib/stats-base-dists-t-quantile';
import type padjust from '@stdlib/stats-padjust';
import { sum } from './averages.js';

/** Hundreds of small modules, which take as long as all others of a command: loaded at their first use. */
const load = createRequire(import.meta.url);
let cdf: typeof tCdf | undefined;
let quantile: typeof tQuantile | undefined;

/** Probability that Student's t is at most a number. */
function studentCdf(t: number, degreesOfFreedom: number): number {
    return (cdf ??= load('@stdlib/stats-base-dists-t-cdf') as typeof tCdf)(t, degreesOfFreedom);
}

/** Quantile of Student's t distribution at 97.5 %. */
export function studentQuantile(degreesOfFreedom: number): number {
    quantile ??= load('@stdlib/stats-base-dists-t-quantile') as typeof tQuantile;
    return quantile(0.975, degreesOfFreedom);
}

/** Two-sided p of Student's t. */
export function studentP(t: number, degreesOfFreedom: number): number {
    return 2 * studentCdf(-Math.abs(t), degreesOfFreedom);
}

/** Student's t with so many degrees of freedom is the normal distribution, to eight digits. */
const asNormal = 1e10;

/** Two-sided p of a number of standard errors, by the normal distribution. */
export function normalP(deviations: number): number {
    return studentP(deviations, asNormal);
}

/** Probability that a standard normal number is above a limit. */
export function normalTail(limit: number): number {
    return studentCdf(-limit, asNormal);
}

/**
 * The q-value of each p by Benjamini and Hochberg (J R Stat Soc B 57, 1995): where all with q up to 5 % are called
 * discoveries, at most 5 % of them are false on average, for tests that are independent or positively dependent.
 * @param ps those that are NaN were not tested; their q is NaN
 */
export function benjaminiHochberg(ps: readonly number[]): number[] {
    const tested = [...ps.keys()].filter((i) => !Number.isNaN(ps[i]!));
    const qs = ps.map(() => Number.NaN);
    if (tested.length === 0) return qs;
    const adjusted = (load('@stdlib/stats-padjust') as typeof padjust)(
        tested.map((i) => ps[i]!),
        'bh',
    );
    for (const [place, i] of tested.entries()) qs[i] = adjusted[place]!;
    return qs;
}

/**
 * Student's t test of whether the mean of some numbers is above 0.
 * @returns mean, and one-sided p: NaN for fewer than two numbers, or where they are all alike
 */
export function meanAbove0(values: ArrayLike<number>): { readonly mean: number; readonly p: number } {
    const all = Array.from(values);
    const mean = sum(all) / all.length;
    const variance = sum(all, (one) => (one - mean) ** 2) / (all.length - 1);
    const p = variance > 0 ? studentCdf(-mean / Math.sqrt(variance / all.length), all.length - 1) : Number.NaN;
    return { mean, p };
}
