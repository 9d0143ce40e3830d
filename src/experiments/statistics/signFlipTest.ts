import { sum } from '../../support/averages.js';
import { normalP } from '../../support/statistics.js';
import { greatestCommonDivisor } from '../../support/greatestCommonDivisor.js';

/** Additions that the exact distribution may take; beyond, there are so many differences that the normal one serves. */
const mostAdditions = 5e7;

/**
 * Two-sided p of paired differences: by chance each of them would have either sign alike. Where all are of one size
 * this is the exact sign test (McNemar's exact test). Of very many differences it is by the normal distribution.
 * @param differences integers; those that are 0 say nothing
 */
export function pOfDifferences(differences: readonly number[]): number {
    const sizes = differences.filter((difference) => difference !== 0).map(Math.abs);
    const unit = sizes.reduce(greatestCommonDivisor, 0);
    if (unit === 0) return 1;
    const steps = sizes.map((size) => size / unit);
    const total = Math.abs(sum(differences)) / unit;
    const range = sum(steps);
    if (steps.length * range > mostAdditions) {
        const deviation = Math.sqrt(sum(steps, (step) => step ** 2));
        return normalP(Math.max(0, total - 1) / deviation);
    }
    return signFlipP(steps, total);
}

/**
 * Share of all choices of signs whose sum is at least as far from 0 as `total`.
 * @param steps integers above 0
 */
export function signFlipP(steps: readonly number[], total: number): number {
    const range = sum(steps);
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
    const p = added.reduce((all, chance, sum) => (Math.abs(2 * sum - range) >= total ? all + chance : all), 0);
    return Math.min(1, p); // rounding
}
