import { describe, expect, it } from 'vitest';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import type { Cell, Estimate } from '../../../src/experiments/statistics/estimates.js';
import { bootstrapInterval } from '../../../src/experiments/statistics/resampling.js';
import { damageOf, matchDamage, risesOf } from '../../../src/checks/measures/selectivity.js';
import { type ModelState, wholeModel } from '../../../src/interventions/ModelState.js';
import { randomGenerator } from '../../../src/support/randomGenerator.js';

const languages = ['en', 'de', 'zh'];
const state: ModelState = { ...wholeModel, name: 'changed' };

/** Cells of a state in which language k rises by `rises[k]` nats a token, give or take noise of its texts. */
function measured(rises: readonly number[], texts: number, seed: number): Parameters<typeof risesOf>[0] {
    const generator = randomGenerator(seed);
    const noise = (): number => uniformFloat64(generator) - 0.5;
    const cells = rises.map((rise) => {
        const weights = Float64Array.from({ length: texts }, () => 50 + Math.round(100 * uniformFloat64(generator)));
        const before = weights.map((tokens) => tokens * (3 + noise()));
        const after = before.map((sum, i) => sum + weights[i]! * (rise + 0.4 * noise()));
        return { before, after, weights };
    });
    return {
        cell: ({ name }, language): Cell => {
            const { before, after, weights } = cells[languages.indexOf(language)]!;
            return { numerators: name === 'changed' ? after : before, weights, samples: 1 };
        },
    };
}

/** An estimate that is sure. */
const sure = (value: number): Estimate => ({
    value,
    replicates: new Float64Array(100).fill(value),
    leftOut: new Float64Array(9).fill(value),
    effective: 9,
});

describe('the selectivity index', () => {
    it('is the rise of the own language less the average of the others, and 0 of the whole model', () => {
        const rises = risesOf(measured([0.1, 0.5, 0.3], 400, 1), wholeModel, languages);
        const { own, others, selectivity, rank } = damageOf(rises(state), 1);
        expect(own.value).toBeCloseTo(0.5, 1);
        expect(others.value).toBeCloseTo(0.2, 1);
        expect(selectivity.value).toBe(own.value - others.value);
        expect(rank).toBe(1);
        expect(damageOf(rises(state), 0).rank).toBe(3);
        const whole = damageOf(rises(wholeModel), 1);
        expect(bootstrapInterval(whole.selectivity)).toEqual([0, 0]);
    });

    it('has an interval that holds the true index in 95 of 100 measurements', () => {
        let held = 0;
        for (let seed = 0; seed < 300; seed++) {
            const rises = risesOf(measured([0.1, 0.5, 0.3], 30, seed), wholeModel, languages);
            const [low, high] = bootstrapInterval(damageOf(rises(state), 1).selectivity)!;
            if (low <= 0.3 && high >= 0.3) held++;
        }
        // 30 texts: the percentile bootstrap covers some 93 to 95 %. Of 300, a share of 0.94 varies by 0.014.
        expect(held / 300).toBeGreaterThan(0.9);
        expect(held / 300).toBeLessThan(0.99);
    });
});

describe('random neurons matched in damage', () => {
    const point = (neurons: number, own: number, other: number): Parameters<typeof matchDamage>[1][number] => ({
        neurons,
        rises: [sure(own), sure(other), sure(other)],
    });
    const target = (other: number): ReturnType<typeof damageOf> => damageOf([sure(1), sure(other), sure(other)], 0);

    it('lie between two numbers of them, where the others are harmed as much', () => {
        const measured = [point(10, 0.1, 0.1), point(30, 0.3, 0.2)];
        const { neurons, reached, damage } = matchDamage(target(0.15), measured, 0);
        expect([neurons, reached]).toEqual([20, true]);
        expect(damage.others.value).toBeCloseTo(0.15, 12);
        expect(damage.own.value).toBeCloseTo(0.2, 12);
        expect(matchDamage(target(0.05), measured, 0).neurons).toBe(5);
    });

    it('are none where the others are not harmed, and the most measured where these harm too little', () => {
        const measured = [point(10, 0.1, 0.1), point(30, 0.3, 0.2)];
        expect(matchDamage(target(-0.1), measured, 0)).toMatchObject({ neurons: 0, reached: true });
        expect(matchDamage(target(-0.1), measured, 0).damage.own.value).toBe(0);
        expect(matchDamage(target(0.5), measured, 0)).toMatchObject({ neurons: 30, reached: false });
    });
});
