import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { mean, sum } from '../../support/averages.js';
import { randomGenerator } from '../../support/randomGenerator.js';
import type { CellInterval } from '../results/DeactivationMatrix.js';
import { normalP, studentP, studentQuantile } from '../../support/statistics.js';
import type { Cell, Estimate, Intervals, PowerRule, Sides } from './estimates.js';
import { studentPower } from './power.js';

/** Resamples: of many texts, 95 % limits have 25 of them beyond each. */
const resamples = 1000;

/**
 * How often each unit is in each resample, [resamples][units]. The same for the same number of units:
 * what is measured on the same units is resampled together, which makes differences paired.
 * @param count resamples; fewer are the first of the same
 */
export function drawResamples(units: number, count = resamples): Uint16Array[] {
    if (units < 2) return [];
    const generator = randomGenerator(units);
    return Array.from({ length: count }, () => {
        const times = new Uint16Array(units);
        for (let i = 0; i < units; i++) times[uniformInt(generator, 0, units - 1)]!++;
        return times;
    });
}

/** @param fromMean turns a mean into the metric */
export function estimate(
    { numerators, weights }: Pick<Cell, 'numerators' | 'weights'>,
    draws: readonly Uint16Array[],
    fromMean: (mean: number) => number,
): Estimate {
    return {
        value: fromMean(sum(numerators) / sum(weights)),
        replicates: replicatesOf({ numerators, weights }, draws, fromMean),
        leftOut: withoutEach(numerators, weights, fromMean),
        effective: effectiveUnits(weights),
    };
}

/** The metric of each resample. Loops: there are millions of units in the resamples of a matrix. */
function replicatesOf(
    { numerators, weights }: Pick<Cell, 'numerators' | 'weights'>,
    draws: readonly Uint16Array[],
    fromMean: (mean: number) => number,
): Float64Array {
    const areFinite = numerators.every(Number.isFinite) && weights.every(Number.isFinite);
    const replicates = new Float64Array(draws.length);
    for (let draw = 0; draw < draws.length; draw++) {
        const times = draws[draw]!;
        // not destructured of an array: V8 then boxes each number
        let sum = 0;
        let weight = 0;
        for (let i = 0; i < numerators.length; i++) {
            const n = times[i]!;
            if (!areFinite && n === 0) continue; // 0 · ∞
            sum += n * numerators[i]!;
            weight += n * weights[i]!;
        }
        replicates[draw] = fromMean(sum / weight);
    }
    return replicates;
}

/** How many units of equal weight say as much: (Σw)² / Σw² (Kish, Survey Sampling, 1965). */
export function effectiveUnits(weights: Float64Array): number {
    return sum(weights) ** 2 / sum(weights, (one) => one ** 2);
}

/** The estimates without each unit; none of fewer than two. */
function withoutEach(
    numerators: Float64Array,
    weights: Float64Array,
    fromMean: (mean: number) => number,
): Float64Array {
    if (numerators.length < 2) return new Float64Array(0);
    const [total, weight] = [sum(numerators), sum(weights)];
    return numerators.map((numerator, i) => fromMean((total - numerator) / (weight - weights[i]!)));
}

/** An estimate made of others: its value of theirs, and so each resample. */
export function combined(estimates: readonly Estimate[], of: (values: readonly number[]) => number): Estimate {
    const values = estimates.map(({ value }) => value); // reused: there are thousands of resamples
    const each = (part: 'replicates' | 'leftOut'): Float64Array => {
        const parts = estimates.map((one) => one[part]);
        const made = new Float64Array(parts[0]!.length);
        for (let i = 0; i < made.length; i++) {
            for (let k = 0; k < parts.length; k++) values[k] = parts[k]![i]!;
            made[i] = of(values);
        }
        return made;
    };
    return {
        value: of(estimates.map(({ value }) => value)),
        replicates: each('replicates'),
        leftOut: each('leftOut'),
        effective: Math.min(...estimates.map(({ effective }) => effective)),
    };
}

/** a − b, resample by resample. */
export function difference(a: Estimate, b: Estimate): Estimate {
    return combined([a, b], ([after, before]) => after! - before!);
}

/** An estimate of exactly 0, on the units of another one. */
export function nothing(of: Estimate): Estimate {
    return combined([of], () => 0);
}

/** The point at a share of the way from a to b, resample by resample. */
export function between(a: Estimate, b: Estimate, share: number): Estimate {
    return combined([a, b], ([from, to]) => from! + share * (to! - from!));
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
    return combined(estimates, meanOf);
}

/** Two texts say nothing of how much texts differ: Student's t would give 13 standard errors on each side. */
export const fewestWithInterval = 3;
/** Resamples go no further than the units themselves, whose mean of n is among them in 1 − 2^(1−n) of cases only. */
const fewestResampled = 6;

/**
 * 95 % interval by the expanded percentiles of the bootstrap (Hesterberg, Am Stat 69, 2015): resamples of few texts are
 * too narrow, and their deviation is not known but estimated, as in Student's t. Of 3 to 5 texts
 * by Student's t and the jackknife, where all are finite.
 * @param isPositive where the metric is never below 0, so that few texts have their interval on the scale of logarithms
 * @returns null for fewer than 3 texts
 */
export function bootstrapInterval(estimate: Estimate, { isPositive = false } = {}): CellInterval {
    const { value, replicates, leftOut, effective } = estimate;
    if (leftOut.length < fewestWithInterval) return null;
    const areFinite = [value, ...leftOut].every(Number.isFinite);
    if (areFinite && leftOut.length < fewestResampled) return jackknifeInterval(estimate, isPositive);
    const sorted = replicates.toSorted();
    const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))]!;
    const beyond = effective > 1 ? expandedTail(effective) : 0;
    const [low, high] = [at(beyond), at(1 - beyond)];
    return Number.isNaN(low) || Number.isNaN(high) ? null : [low, high];
}

/** 95 % interval of few texts; null where one of them has all the weight. */
function jackknifeInterval({ value, leftOut, effective }: Estimate, isPositive: boolean): CellInterval {
    if (!(effective > 1)) return null;
    const logarithmic = isPositive && [value, ...leftOut].every((one) => one > 0);
    const [to, from] = logarithmic ? [Math.log, Math.exp] : [Number, Number];
    const margin = studentQuantile(effective - 1) * jackknifeError(Array.from(leftOut, to));
    return [from(to(value) - margin), from(to(value) + margin)];
}

/** The standard error of a number, by what it is without each unit. */
function jackknifeError(leftOut: readonly number[]): number {
    const middle = mean(leftOut)!;
    const squares = sum(leftOut, (one) => (one - middle) ** 2);
    return Math.sqrt(((leftOut.length - 1) / leftOut.length) * squares);
}

/** A change between two sides, by the delete-one-text jackknife (Tukey 1958; Miller, Biometrika 61, 1974). */
interface JackknifedChange {
    /** Of the logarithm, where the metric is above 0: there the changes of a perplexity are far less skewed. */
    readonly change: number;
    readonly error: number;
    readonly logarithmic: boolean;
}

/** Null where there are fewer than two texts, or a value is not finite. */
function jackknifedChange({ after, before }: Sides): JackknifedChange | null {
    const units = after.leftOut.length;
    const all = [after, before].flatMap(({ value, leftOut }) => [value, ...leftOut]);
    if (units < 2 || !(after.effective > 1) || !all.every(Number.isFinite)) return null;
    const logarithmic = all.every((value) => value > 0);
    const scale = logarithmic ? Math.log : (value: number): number => value;
    const between = (a: number, b: number): number => scale(a) - scale(b);
    const changes = Array.from(after.leftOut, (value, i) => between(value, before.leftOut[i]!));
    return { change: between(after.value, before.value), error: jackknifeError(changes), logarithmic };
}

/**
 * Two-sided p of the hypothesis that both sides are alike on average, by the delete-one-text jackknife and Student's t
 * with the effective number of texts less 1 degrees of freedom: long texts weigh more, and with the number of all texts
 * chance would be told too often. Two sides that are exactly alike on all texts have a p of 1.
 * @param before such as the mean of several controls, on the same texts
 * @returns null where there are fewer than two texts, or a value is not finite
 */
export function jackknifeP(sides: Sides): number | null {
    const found = jackknifedChange(sides);
    if (found === null) return null;
    const { change, error } = found;
    return change === 0 && error === 0 ? 1 : studentP(change / error, sides.after.effective - 1);
}

/** The power of that test; see `studentPower`. */
const jackknifePower: PowerRule = {
    ...studentPower,
    deviation: (sides) => {
        const found = jackknifedChange(sides);
        if (found === null || !found.logarithmic || found.error === 0) return null;
        return found.error * Math.sqrt(sides.after.effective);
    },
};

/** Share of the resamples beyond each limit of a 95 % interval. */
function expandedTail(units: number): number {
    return normalP(Math.sqrt(units / (units - 1)) * studentQuantile(units - 1)) / 2;
}

/** Intervals of a mean over texts: see `bootstrapInterval`. */
export const bootstrapIntervals: Intervals = {
    resamples: true,
    ofValue: (estimated) => bootstrapInterval(estimated, { isPositive: true }),
    ofDifference: (estimated) => bootstrapInterval(estimated),
    pOfDifference: jackknifeP,
    power: jackknifePower,
    toldBy: 'Student’s t over the same texts, by the jackknife',
    changeBy: 'over the texts, the same for both',
};
