import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
    accuracyDifferenceInterval,
    accuracyDifferenceP,
} from '../../../src/experiments/statistics/accuracyDifference.js';
import { estimate, jackknifeP } from '../../../src/experiments/statistics/resampling.js';
import { beyondControlIn, falseShare, isTold } from '../../../src/experiments/statistics/toldCell.js';
import { type SimulatedMatrix, simulateMatrix } from '../../helpers/simulatedMatrix.js';

/** Simulated matrices of each kind; `SIMULATIONS=1000` measures docs/checks.md anew. */
const times = Number(process.env.SIMULATIONS ?? 6);

const kinds: readonly Omit<SimulatedMatrix, 'seed'>[] = [
    { metric: 'ppl', languages: 10, units: 6, controls: 3, effect: onDiagonal(0.3) },
    { metric: 'ppl', languages: 10, units: 15, controls: 3, effect: onDiagonal(0.05) },
    { metric: 'accuracy', languages: 10, units: 50, controls: 3, effect: onDiagonal(0.3) },
    { metric: 'accuracy', languages: 10, units: 250, controls: 3, effect: onDiagonal(0.15) },
];

/** More texts take longer. */
const slow: typeof kinds = [{ metric: 'ppl', languages: 10, units: 60, controls: 3, effect: onDiagonal(0.02) }];

function onDiagonal(effect: number): (r: number, c: number) => number {
    return (r, c) => (r === c ? effect : 0);
}

/** Shares of the cells of all matrices, and the false share of those told. */
function outcome(kind: Omit<SimulatedMatrix, 'seed'>): Record<'held' | 'found' | 'falseShare' | 'spread', number> {
    const { languages } = kind;
    const shares: number[] = [];
    let [held, found, own] = [0, 0, 0];
    for (let seed = 0; seed < times; seed++) {
        const { set, truth } = simulateMatrix({ ...kind, seed });
        let [wrong, told] = [0, 0];
        for (let r = 0; r < languages; r++) {
            for (let c = 0; c < languages; c++) {
                const certainty = beyondControlIn(set, r, c);
                const [low, high] = certainty.interval!;
                const value = truth(r, c);
                held += Number(low <= value && value <= high);
                if (isTold(certainty) === true) {
                    told++;
                    wrong += Number(value === 0);
                }
                if (value !== 0) {
                    own++;
                    found += Number(isTold(certainty));
                }
            }
        }
        shares.push(told === 0 ? 0 : wrong / told);
    }
    const mean = shares.reduce((sum, one) => sum + one, 0) / times;
    const variance = shares.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (times - 1);
    return {
        held: held / (times * languages ** 2),
        found: own === 0 ? 0 : found / own,
        falseShare: mean,
        spread: Math.sqrt(variance / times),
    };
}

describe('the test of a cell', () => {
    const weights = Float64Array.of(10, 25, 15, 40, 20);
    const after = { numerators: Float64Array.of(33, 80, 45, 139, 70), weights };
    const before = { numerators: Float64Array.of(30, 75, 44, 120, 61), weights };

    it('is the t of the jackknife on the scale of logarithms, as numpy and scipy have it', () => {
        const sides = { after: estimate(after, [], Math.exp), before: estimate(before, [], Math.exp) };
        expect(sides.after.effective).toBeCloseTo(4.101694915254237, 12);
        expect(jackknifeP(sides)).toBeCloseTo(0.03219814982310081, 10);
    });

    it('is 1 where nothing changed, and none where there is one text or a value is infinite', () => {
        const same = estimate(before, [], Math.exp);
        expect(jackknifeP({ after: same, before: same })).toBe(1);
        const one = estimate({ numerators: Float64Array.of(3), weights: Float64Array.of(2) }, [], Math.exp);
        expect(jackknifeP({ after: one, before: one })).toBeNull();
        const endless = { numerators: Float64Array.of(Infinity, 1, 2, 3, 4), weights };
        expect(jackknifeP({ after: estimate(endless, [], Math.exp), before: same })).toBeNull();
    });

    it('of answers is below 5 % exactly where the interval leaves out 0', () => {
        const verdicts = (n: number) => fc.array(fc.integer({ min: 0, max: 1 }), { minLength: n, maxLength: n });
        const pairs = fc.tuple(fc.integer({ min: 2, max: 40 }), fc.integer({ min: 1, max: 3 })).chain(([n, k]) =>
            fc.tuple(verdicts(n), fc.array(verdicts(n), { minLength: k, maxLength: k })).map(([own, others]) => {
                return others.map((other) => [own, other] as const);
            }),
        );
        fc.assert(
            fc.property(pairs, (given) => {
                const [low, high] = accuracyDifferenceInterval(given)!;
                expect(accuracyDifferenceP(given)! < 0.05).toBe(low > 0 || high < 0);
            }),
            { numRuns: 500 },
        );
    });

    it('decides where it is known, and the interval where it is not', () => {
        expect(isTold({ q: 0.051, interval: [1, 2] })).toBe(false);
        expect(isTold({ q: 0.05, interval: [-1, 2] })).toBe(true);
        expect(isTold({ q: null, interval: [1, 2] })).toBe(true);
        expect(isTold({ q: null, interval: [0, 2] })).toBe(false);
        expect(isTold({ q: null, interval: null })).toBeUndefined();
    });
});

describe('the cells of simulated matrices', () => {
    it.each(process.env.SIMULATIONS === undefined ? kinds : [...kinds, ...slow])(
        '$metric, $units units',
        { timeout: 3_600_000 },
        (kind) => {
            const simulated = outcome(kind);
            if (process.env.SIMULATIONS !== undefined) console.log(kind.metric, kind.units, simulated);
            expect(simulated.falseShare - 2 * simulated.spread).toBeLessThanOrEqual(falseShare);
            expect(simulated.held).toBeGreaterThan(0.9);
        },
    );
});
