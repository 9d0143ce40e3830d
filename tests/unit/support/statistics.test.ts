import fc from 'fast-check';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { describe, expect, it } from 'vitest';
import { rankCorrelation } from '../../../src/support/rankCorrelation.js';
import { randomGenerator } from '../../../src/support/randomGenerator.js';
import { benjaminiHochberg, meanAbove0 } from '../../../src/support/statistics.js';

/** A number of the standard normal distribution, by Box and Muller. */
function gaussian(generator: ReturnType<typeof randomGenerator>): number {
    const [radius, angle] = [1 - uniformFloat64(generator), uniformFloat64(generator)];
    return Math.sqrt(-2 * Math.log(radius)) * Math.cos(2 * Math.PI * angle);
}

describe('q by Benjamini and Hochberg', () => {
    it('is the least of p m / rank over this and all greater p', () => {
        fc.assert(
            fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 20 }), (p) => {
                const q = benjaminiHochberg(p);
                for (const [i, own] of p.entries()) {
                    const greater = p.filter((other) => other >= own);
                    const least = Math.min(
                        1,
                        ...greater.map((other) => (other * p.length) / p.filter((one) => one <= other).length),
                    );
                    expect(q[i]).toBeCloseTo(least, 12);
                }
            }),
        );
    });

    it('leaves out what was not tested, and keeps false discoveries at the level', () => {
        expect(benjaminiHochberg([0.01, Number.NaN, 0.04])).toEqual([0.02, Number.NaN, 0.04]);
        expect(benjaminiHochberg([])).toEqual([]);
        const generator = randomGenerator(3);
        const runs = 400;
        let shares = 0;
        for (let run = 0; run < runs; run++) {
            // 20 of 100 means are 1 above 0.
            const p = Array.from(
                { length: 100 },
                (_, i) => meanAbove0(Array.from({ length: 12 }, () => gaussian(generator) + (i < 20 ? 1 : 0))).p,
            );
            const found = [...benjaminiHochberg(p).entries()].filter(([, q]) => q <= 0.05);
            expect(found.length).toBeGreaterThan(0);
            shares += found.filter(([i]) => i >= 20).length / found.length;
        }
        // Expected: 0.05 times the share of true nulls, 0.04; it varies by 0.002 over the runs.
        expect(shares / runs).toBeLessThan(0.05);
        expect(shares / runs).toBeGreaterThan(0.03);
    });
});

describe("Student's t of a mean", () => {
    it('is as in its tables', () => {
        // t = 2.015 is the 95 % quantile of 5 degrees of freedom.
        const values = [-1, 1, -1, 1, -1, 1].map((one) => one + 2.0150483733 * Math.sqrt(1.2 / 6));
        expect(meanAbove0(values).p).toBeCloseTo(0.05, 8);
        expect(meanAbove0(values.map((one) => -one)).p).toBeCloseTo(0.95, 8);
        expect(meanAbove0([1]).p).toBeNaN();
        expect(meanAbove0([0, 0, 0]).p).toBeNaN();
    });
});

describe('the rank correlation', () => {
    it('is 1 and -1 where one rises or falls with the other, and shares ranks among equals', () => {
        const a = [3, 1, 4, 1.5, 9, 2.6];
        expect(rankCorrelation(a, a.map(Math.exp)).value).toBeCloseTo(1, 12);
        expect(
            rankCorrelation(
                a,
                a.map((one) => -one),
            ).value,
        ).toBeCloseTo(-1, 12);
        // Ranks 1.5 1.5 3 4 and 1 2 3.5 3.5: 4 / sqrt(4.5 * 4.5).
        expect(rankCorrelation([1, 1, 2, 3], [5, 6, 7, 7]).value).toBeCloseTo(4 / 4.5, 12);
        expect(rankCorrelation([1, 1, 1, 1], [1, 2, 3, 4])).toEqual({ value: null, interval: null });
        expect(rankCorrelation([1, 2, 3], [1, 2, 3]).interval).toBeNull();
    });

    it('has an interval that holds the true one in 95 of 100 samples', () => {
        const generator = randomGenerator(5);
        const rho = (6 / Math.PI) * Math.asin(0.6 / 2); // of a normal pair with correlation 0.6
        let held = 0;
        for (let run = 0; run < 1000; run++) {
            const a = Array.from({ length: 60 }, () => gaussian(generator));
            const b = a.map((one) => 0.6 * one + 0.8 * gaussian(generator));
            const [low, high] = rankCorrelation(a, b).interval!;
            if (low <= rho && high >= rho) held++;
        }
        expect(held / 1000).toBeGreaterThan(0.93);
        expect(held / 1000).toBeLessThan(0.97);
    });
});
