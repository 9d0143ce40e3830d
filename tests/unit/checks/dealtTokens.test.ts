import { describe, expect, it } from 'vitest';
import { dealTokens } from '../../../src/checks/measures/dealtTokens.js';
import { randomGenerator } from '../../../src/support/randomGenerator.js';
import { type RandomNumbers, randomNumbers } from '../../../src/support/randomNumbers.js';

const times = 4000;

/** Deals to languages in the middle of an array. */
function dealt(numbers: RandomNumbers, active: number, tokens: readonly number[]): number[] {
    const places = Float64Array.of(7, ...tokens, 7);
    const found = new Float64Array(places.length).fill(3);
    dealTokens(active, { tokens: places, dealt: found, from: 1, l: tokens.length }, numbers);
    expect([found[0], found.at(-1)]).toEqual([3, 3]);
    return [...found.subarray(1, -1)];
}

describe('tokens dealt to languages', () => {
    it.each([
        { active: 30, tokens: [200, 200, 200] }, // one by one
        { active: 900, tokens: [800, 1000, 1200] }, // by the normal distribution, then one by one
        { active: 2500, tokens: [800, 1000, 1200] }, // more than half
        { active: 1000, tokens: [2000, 100_000, 20] }, // by Poisson's; few tokens
        { active: 2_000_000, tokens: [1e6, 3e6, 4e6] },
        { active: 40, tokens: [0, 50, 50] },
    ])('has the mean and spread of draws without replacement: %j', ({ active, tokens }) => {
        const numbers = randomNumbers(randomGenerator(1));
        const all = tokens.reduce((sum, some) => sum + some, 0);
        const draws = Array.from({ length: times }, () => dealt(numbers, active, tokens));
        for (const [k, own] of tokens.entries()) {
            const ofOne = draws.map((draw) => draw[k]!);
            const mean = ofOne.reduce((sum, one) => sum + one, 0) / times;
            const variance = ofOne.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (times - 1);
            const truth = (active * own) / all;
            const spread = (truth * (1 - active / all) * (all - own)) / (all - 1);
            expect(Math.abs(mean - truth)).toBeLessThanOrEqual(4 * Math.sqrt(spread / times));
            // a variance of so many numbers is off by 2.2 %; 2 % of all tokens are this language's by Poisson's
            expect(Math.abs(variance - spread)).toBeLessThanOrEqual(0.11 * spread);
            expect(ofOne.every((one) => one >= 0 && one <= own && Number.isInteger(one))).toBe(true);
        }
        expect(draws.every((draw) => draw.reduce((sum, one) => sum + one) === active)).toBe(true);
    });

    it.each([0, 600])('deals none, or all: %d', (active) => {
        const tokens = [100, 200, 300];
        expect(dealt(randomNumbers(randomGenerator(1)), active, tokens)).toEqual(active === 0 ? [0, 0, 0] : tokens);
    });
});
