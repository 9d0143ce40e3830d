import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { describe, expect, it } from 'vitest';
import type { Activations, Counts } from '../../../src/activations/Activations.js';
import { addCounts } from '../../../src/activations/addCounts.js';
import { agreement, partSizes, tokensCheck } from '../../../src/checks/tokensCheck.js';
import { identify } from '../../../src/neurons/classes/identify.js';
import { randomGenerator } from '../../../src/support/randomGenerator.js';
import { someSource } from '../../helpers/analysed.js';
import { checkContext } from '../../helpers/checkContext.js';

const { counts: _, ...source } = someSource;
const languages = ['en', 'de', 'zh', 'fr'];
const [width, perFold] = [800, 100];

/** One layer; planted neurons are one language's, all others are active alike everywhere but for chance. */
function activationsOf(folds: number, planted: number, [own, others] = [0.9, 0.02]): Activations {
    const generator = randomGenerator(3, folds, planted);
    const drawn = (rate: number): bigint => {
        let active = 0;
        for (let token = 0; token < perFold; token++) if (uniformInt(generator, 0, 9999) < 10_000 * rate) active++;
        return BigInt(active);
    };
    const rateOf = (row: number, k: number): number => (row >= planted ? 0.2 : k === row % 4 ? own! : others!);
    const fold = (): Counts => ({
        tokens: new BigInt64Array(4).fill(BigInt(perFold)),
        counts: [
            BigInt64Array.from(
                Array.from({ length: width }, (_, row) => languages.map((_, k) => drawn(rateOf(row, k)))).flat(),
            ),
        ],
    });
    const parts = Array.from({ length: folds }, fold);
    return { languages, source, ...addCounts(parts), folds: parts };
}

const checked = (activations: Activations): ReturnType<typeof tokensCheck.run> =>
    tokensCheck.run(checkContext(activations, identify(activations, { topRate: 0.05 })));

describe('the check of tokens', () => {
    it('holds where neurons are planted, with the tokens of the parts', async () => {
        const result = await checked(activationsOf(8, 40));
        expect(result.verdict).toBe('holds');
        expect(result.numbers.map(({ value }) => value)).toEqual([1, 400, expect.any(Number)]);
        expect(result.table!.rows.map(([tokens]) => tokens)).toEqual([100, 200, 400]);
        expect(result.figure).toMatchObject({ form: 'lines', xLog: true });
    });

    it('fails where only chance tells neurons apart', async () => {
        const result = await checked(activationsOf(8, 0));
        expect(['fails', 'not told']).toContain(result.verdict);
    });

    it('agrees more, the more tokens there are', async () => {
        const shares = (await checked(activationsOf(16, 40, [0.3, 0.14]))).table!.rows.map(([, all]) => all as number);
        expect(shares.length).toBe(4);
        expect(shares.at(-1)).toBeGreaterThan(shares[0]!);
    });

    it('asks for folds where there are too few', async () => {
        const result = await checked(activationsOf(3, 40));
        expect(result).toMatchObject({ verdict: 'not told', sentence: 'Counts with at least 4 `folds` would tell.' });
    });

    it('divides folds into parts that fit in twice', () => {
        expect([4, 5, 8, 9, 32].map(partSizes)).toEqual([
            [1, 2],
            [1, 2],
            [1, 2, 4],
            [1, 2, 4],
            [1, 2, 4, 8, 16],
        ]);
    });

    it('counts a neuron as common where it has one language in both', () => {
        const a = new Map([
            [1, 0],
            [2, 1],
            [3, 1],
        ]);
        const b = new Map([
            [1, 0],
            [2, 0],
        ]);
        expect(agreement(a, b)).toBe(2 / 5);
        expect(agreement(a, b, 0)).toBe(2 / 3);
        expect(agreement(a, b, 1)).toBe(0);
        expect(agreement(new Map(), new Map())).toBeNull();
    });
});
