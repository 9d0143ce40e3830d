import { describe, expect, it } from 'vitest';
import { chanceCheck } from '../../../src/checks/chanceCheck.js';
import type { Finding } from '../../../src/checks/CheckResult.js';
import { identify } from '../../../src/neurons/classes/identify.js';
import { checkContext } from '../../helpers/checkContext.js';
import { plantedCounts, type PlantedOptions } from '../../helpers/plantedCounts.js';

/** Seeds of each simulation; `CAMPAIGN=full` measures docs/checks.md anew. */
const times = process.env.CAMPAIGN === 'full' ? 100 : 40;
const options = { topRate: 0.1, bar: 0.9 } as const;

interface Simulated {
    readonly finding: Finding;
    /** Specific neurons that are not planted. */
    readonly wrong: number;
    readonly right: number;
}

async function simulated(given: Omit<PlantedOptions, 'neurons' | 'tokens'>): Promise<Simulated> {
    const activations = plantedCounts({ neurons: 600, tokens: 200, ...given });
    const analysis = identify(activations, options);
    const specific = Object.values(analysis.neurons.specific).flat();
    const right = specific.filter(([, row]) => row < given.planted).length;
    return {
        finding: await chanceCheck.run(checkContext(activations, analysis, { seed: given.seed })),
        ...{ right, wrong: specific.length - right },
    };
}

describe('the check of chance', () => {
    it.each([
        [5, 24, 0.95],
        [5, 8, 0.95],
        [undefined, 24, 0.95],
        [undefined, 8, 0.93],
    ])('states the false discoveries among planted neurons: %s folds, %d planted', async (folds, planted, least) => {
        let [within, stated, truth, squares] = [0, 0, 0, 0];
        for (let seed = 1; seed <= times; seed++) {
            const { finding, wrong, right } = await simulated({
                seed,
                planted,
                ...(folds === undefined ? {} : { folds }),
            });
            expect(right).toBe(planted);
            const { value, interval } = finding.numbers[0]!;
            const share = wrong / (wrong + right);
            if (share >= interval![0] && share <= interval![1]) within++;
            [stated, truth] = [stated + value! / times, truth + share / times];
            squares += (value! - share) ** 2;
        }
        if (process.env.CAMPAIGN === 'full') console.log({ folds, planted, within, stated, truth });
        expect(within).toBeGreaterThanOrEqual(least * times);
        // Means of so many simulations differ by chance too.
        const standardError = Math.sqrt((squares / times - (stated - truth) ** 2) / (times - 1));
        expect(Math.abs(stated - truth)).toBeLessThan(0.02 + standardError);
    });

    it('finds nothing but chance in noise', async () => {
        let fails = 0;
        for (let seed = 1; seed <= 20; seed++) {
            const { finding } = await simulated({ seed, planted: 0, folds: 5 });
            if (finding.verdict === 'fails' || finding.verdict === 'not told') fails++;
        }
        expect(fails).toBeGreaterThanOrEqual(19);
    });
});
