import { describe, expect, it } from 'vitest';
import { accuracy } from '../../../src/experiments/answerMetrics/accuracy.js';
import { metricOf } from '../../../src/experiments/registry/metrics.js';
import type { CellSpread } from '../../../src/experiments/statistics/estimates.js';
import {
    answerPower,
    leastShift,
    studentPower,
    unitsFor,
    withUnits,
} from '../../../src/experiments/statistics/power.js';
import { type SimulatedMatrix, simulateMatrix } from '../../helpers/simulatedMatrix.js';

/** Matrices of each simulation; `SIMULATIONS=20` measures docs/checks.md anew. */
const times = Number(process.env.SIMULATIONS ?? 4);

type Kind = Pick<SimulatedMatrix, 'metric' | 'units' | 'controls'> & { readonly effect: number };

/** Over all cells, which have one effect: how often the tool's own test tells it, and the spread of each. */
function cells({ metric, units, controls, effect }: Kind, from: number): { told: number; spreads: CellSpread[] } {
    const { power } = metricOf(metric).intervals;
    const spreads: CellSpread[] = [];
    let [told, all] = [0, 0];
    for (let seed = from; seed < from + times; seed++) {
        const given = { metric, languages: 10, units, controls, effect: () => effect, seed };
        const { set } = simulateMatrix({ ...given, intervals: false });
        const { deviation, effective } = set.spread!;
        for (const [r, row] of deviation.entries())
            for (const [c, one] of row.entries()) {
                const [change, before] = [set.beyondControl[r]![c]!, set.baseline[c]! + set.control[r]![c]!];
                const seen = power.shift(change, before)!;
                spreads.push({ deviation: one!, units, effective: effective[c]!, controls, seen });
                all++;
                told += Number(set.tests!.beyondControl.p[r]![c]! < 0.05);
            }
    }
    return { told: told / all, spreads };
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The spread of all cells together, whose effect is known. */
function pooled(spreads: readonly CellSpread[], seen: number): CellSpread {
    return {
        ...spreads[0]!,
        deviation: Math.sqrt(mean(spreads.map(({ deviation }) => deviation ** 2))),
        effective: mean(spreads.map(({ effective }) => effective)),
        seen,
    };
}

describe('power', () => {
    it.each([
        [4, 2.5, 0.4078412512980282],
        [4.1, 4, 0.7671291841642669],
        [6, 3.2, 0.7258922627486873],
        [11, 3, 0.7714014353512887],
        [15, 2.7, 0.7093936106245985],
        [40, 2.8, 0.7794994013770324],
        [100, 1.5, 0.31785489917517235],
    ])('of %d texts at a noncentrality of %d is that of scipy’s nct', (effective, noncentrality, truth) => {
        const spread = { deviation: Math.sqrt(effective), units: effective, effective, controls: 3, seen: 0 };
        expect(Math.abs(studentPower.power(noncentrality, spread) - truth)).toBeLessThan(0.02);
    });

    it.each([studentPower, answerPower])('asks for as many units as show a change, and no more', (rule) => {
        const spread = { deviation: 0.4, units: 30, effective: 20, controls: 2, seen: 0.1 };
        const least = leastShift(rule, spread)!;
        expect(rule.power(least, spread)).toBeCloseTo(0.8, 4);
        const units = unitsFor(rule, spread, least / 2)!;
        expect(rule.power(least / 2, withUnits(spread, units))).toBeGreaterThanOrEqual(0.8);
        expect(rule.power(least / 2, withUnits(spread, units - 1))).toBeLessThan(0.8);
    });

    it('needs two texts at least, and never sees a change of nothing', () => {
        const spread = { deviation: 0.1, units: 1, effective: 1, controls: 1, seen: 0 };
        expect(leastShift(studentPower, spread)).toBeNull();
        expect(unitsFor(studentPower, spread, 0)).toBeNull();
    });

    it('of answers has the deviation of what each question adds, and none of one question', () => {
        const { deviation } = accuracy.intervals.power;
        const after = [0, 0, 0, 0, 0, 0, 1, 1];
        const pair = [after, [1, 1, 1, 1, 1, 1, 1, 1]] as const;
        expect(deviation(undefined as never, [pair])).toBeCloseTo(Math.sqrt(12 / 8 / 7), 12);
        expect(deviation(undefined as never, [[after, after]])).toBe(0);
        expect(deviation(undefined as never, [[[1], [0]]])).toBeNull();
    });
});

describe('power, beside simulated matrices', () => {
    it.each<Kind>([
        { metric: 'ppl', units: 6, controls: 3, effect: 0.05 },
        { metric: 'ppl', units: 6, controls: 1, effect: 0.08 },
        { metric: 'ppl', units: 15, controls: 3, effect: 0.025 },
        { metric: 'ppl', units: 40, controls: 3, effect: 0.02 },
        { metric: 'accuracy', units: 30, controls: 1, effect: 0.3 },
        { metric: 'accuracy', units: 50, controls: 3, effect: 0.15 },
        { metric: 'accuracy', units: 100, controls: 1, effect: 0.15 },
        { metric: 'accuracy', units: 250, controls: 3, effect: 0.08 },
    ])('holds: $metric, $units units, $controls controls, effect $effect', { timeout: 600_000 }, (kind) => {
        const { power } = metricOf(kind.metric).intervals;
        const shift = kind.metric === 'ppl' ? kind.effect : -kind.effect;
        const { told, spreads } = cells(kind, 0);
        const spread = pooled(spreads, shift);
        const predicted = power.power(shift, spread);
        const units = unitsFor(power, spread, shift)!;
        const there = cells({ ...kind, units }, 1000).told;
        if (process.env.SIMULATIONS !== undefined) console.log(kind, { told, predicted, units, there });
        expect(Math.abs(predicted - told)).toBeLessThan(0.08);
        expect(Math.abs(there - 0.8)).toBeLessThan(0.08);
    });
});
