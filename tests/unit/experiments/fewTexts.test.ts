import { describe, expect, it } from 'vitest';
import { bootstrapInterval, drawResamples, estimate } from '../../../src/experiments/statistics/resampling.js';
import { beyondControlIn } from '../../../src/experiments/statistics/toldCell.js';
import { simulateMatrix } from '../../helpers/simulatedMatrix.js';

/** Texts of one length. */
function ofTexts(numerators: readonly number[]): ReturnType<typeof estimate> {
    const weights = new Float64Array(numerators.length).fill(1);
    return estimate(
        { numerators: Float64Array.from(numerators), weights },
        drawResamples(weights.length),
        (mean) => mean,
    );
}

describe('intervals of few texts', () => {
    it('are none of fewer than three', () => {
        expect(bootstrapInterval(ofTexts([1]))).toBeNull();
        expect(bootstrapInterval(ofTexts([1, 2]))).toBeNull();
        expect(bootstrapInterval(ofTexts([1, 2, 4]))).not.toBeNull();
    });

    it('are those of Student’s t of fewer than six, also on the scale of logarithms', () => {
        const [low, high] = bootstrapInterval(ofTexts([1, 2, 4]))!;
        // mean 7/3, standard error √(7/9), t(0.975, 2) = 4.302653
        expect(low).toBeCloseTo(7 / 3 - 4.302652729911275 * Math.sqrt(7 / 9), 9);
        expect(high).toBeCloseTo(7 / 3 + 4.302652729911275 * Math.sqrt(7 / 9), 9);
        const [least, most] = bootstrapInterval(ofTexts([1, 2, 4]), { isPositive: true })!;
        expect(least).toBeGreaterThan(0);
        expect(least * most).toBeCloseTo((7 / 3) ** 2, 9);
        expect(bootstrapInterval(ofTexts([1, 2, 0]), { isPositive: true })![0]).toBeLessThan(0.5);
        expect(bootstrapInterval(ofTexts([1, 2, Infinity]))![1]).toBe(Infinity);
    });

    it.each([3, 4, 5])('hold the truth in 95 %% of simulated cells: %d texts', (units) => {
        const effect = (r: number, c: number): number => (r === c ? 0.3 : 0);
        let [held, cells] = [0, 0];
        for (let seed = 0; seed < 8; seed++) {
            const { set, truth } = simulateMatrix({ metric: 'ppl', languages: 10, units, controls: 3, effect, seed });
            for (let cell = 0; cell < 100; cell++, cells++) {
                const [r, c] = [Math.floor(cell / 10), cell % 10];
                const [low, high] = beyondControlIn(set, r, c).interval!;
                held += Number(low <= truth(r, c) && truth(r, c) <= high);
            }
        }
        // cells of a column share their texts
        expect(held / cells).toBeGreaterThan(0.93);
    });
});
