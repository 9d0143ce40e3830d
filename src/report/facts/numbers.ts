import { meanEffect } from '../../experiments/statistics/meanEffect.js';
import type { MetricWords } from '../../experiments/metric/Metric.js';
import { mean as meanOf } from '../../support/averages.js';

/** A measured number. JSON has no Infinity or NaN: both come back from a file as null. */
export type Measured = number | null;

/** `matrix[row][column]`, null where the matrix has no such cell. */
export function cellOf(matrix: readonly (readonly Measured[] | undefined)[], row: number, column: number): Measured {
    return matrix[row]?.[column] ?? null;
}

/** Own property `key` of a record whose keys come from a user (`__proto__` and the like included). */
export function ownValue<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
    return Object.hasOwn(record, key) ? record[key] : undefined;
}

/** True for numbers that can be drawn and averaged. */
export function isFiniteNumber(value: Measured | undefined): value is number {
    return typeof value === 'number' && Number.isFinite(value);
}

/** True where a value can be compared: a number, infinite or not, but not NaN. */
export function isComparable(value: Measured | undefined): value is number {
    return typeof value === 'number' && !Number.isNaN(value);
}

/** Mean of the finite values; null where there is none. */
export function mean(values: readonly Measured[]): Measured {
    return meanOf(values.filter(isFiniteNumber));
}

/** Mean of the finite effects, see `meanEffect`; null where there is none. */
export function meanOfFinite(effects: readonly Measured[], words: Pick<MetricWords, 'relative'>): Measured {
    const finite = effects.filter(isFiniteNumber);
    return finite.length === 0 ? null : meanEffect(finite, words);
}

/** A fraction in percent. */
export function inPercent(fraction: Measured): Measured {
    return fraction === null ? null : 100 * fraction;
}

/** Probability of at least `hits` successes in `trials` draws that succeed with probability `p`. */
export function binomialTail(hits: number, trials: number, p: number): number {
    if (hits <= 0) return 1;
    if (p >= 1) return 1;
    let term = (1 - p) ** trials;
    let below = 0;
    for (let k = 0; k < hits; k++) {
        below += term;
        term *= ((trials - k) / (k + 1)) * (p / (1 - p));
    }
    return Math.max(0, 1 - below);
}
