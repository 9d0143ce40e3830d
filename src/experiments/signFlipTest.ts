import { normalQuantile } from '../support/normalIntervals.js';
import { greatestCommonDivisor } from '../support/greatestCommonDivisor.js';
import { significance } from './tooFewRight.js';

/** Additions that the exact distribution may take; beyond, there are so many differences that the normal one serves. */
const mostAdditions = 5e7;

/**
 * Whether paired differences are significant: by chance each of them would have either sign alike. Two-sided p below
 * `significance`. Where all are of one size this is the exact sign test (McNemar's exact test).
 * @param differences integers; those that are 0 say nothing
 */
export function isTold(differences: readonly number[]): boolean {
    const sizes = differences.filter((difference) => difference !== 0).map(Math.abs);
    const unit = sizes.reduce(greatestCommonDivisor, 0);
    if (unit === 0) return false;
    const steps = sizes.map((size) => size / unit);
    const total = Math.abs(differences.reduce((sum, difference) => sum + difference, 0)) / unit;
    const range = steps.reduce((sum, step) => sum + step, 0);
    if (steps.length * range > mostAdditions) {
        return total - 1 >= normalQuantile * Math.sqrt(steps.reduce((sum, step) => sum + step ** 2, 0));
    }
    return signFlipP(steps, total) < significance;
}

/**
 * Share of all choices of signs whose sum is at least as far from 0 as `total`.
 * @param steps integers above 0
 */
export function signFlipP(steps: readonly number[], total: number): number {
    const range = steps.reduce((sum, step) => sum + step, 0);
    // Probability of each sum of the steps that are added; the others are taken away.
    const added = new Float64Array(range + 1);
    added[0] = 1;
    let most = 0;
    for (const step of steps) {
        most += step;
        for (let sum = most; sum >= 0; sum--) {
            added[sum] = (added[sum]! + (sum < step ? 0 : added[sum - step]!)) / 2;
        }
    }
    return added.reduce((p, probability, sum) => (Math.abs(2 * sum - range) >= total ? p + probability : p), 0);
}
