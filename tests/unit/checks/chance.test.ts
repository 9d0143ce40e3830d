import { describe, expect, it } from 'vitest';
import { chanceCheck } from '../../../src/checks/chanceCheck.js';
import type { Finding } from '../../../src/checks/CheckResult.js';
import { identify } from '../../../src/neurons/classes/identify.js';
import { checkContext } from '../../helpers/checkContext.js';
import { plantedCounts, type PlantedOptions } from '../../helpers/plantedCounts.js';

/** Seeds of each simulation; `CAMPAIGN=full` measures docs/checks.md anew, by three sets of them. */
const full = process.env.CAMPAIGN === 'full';
const times = full ? 100 : 40;
const firsts = full ? [1, 101, 201] : [1];
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

const ofNoise = new Map<number | undefined, Simulated[]>();

/** Of the first seeds, nothing planted: each is simulated once for all tests. */
async function noise(folds: number | undefined, seeds: number): Promise<readonly Simulated[]> {
    const found = ofNoise.get(folds) ?? [];
    ofNoise.set(folds, found);
    while (found.length < seeds)
        found.push(await simulated({ seed: found.length + 1, planted: 0, ...(folds === undefined ? {} : { folds }) }));
    return found.slice(0, seeds);
}

function meanOf(numbers: readonly number[]): { readonly mean: number; readonly standardError: number } {
    const mean = numbers.reduce((sum, one) => sum + one, 0) / numbers.length;
    const squares = numbers.reduce((sum, one) => sum + (one - mean) ** 2, 0);
    return { mean, standardError: Math.sqrt(squares / (numbers.length - 1) / numbers.length) };
}

describe('the check of chance', () => {
    it.each(
        firsts.flatMap((first) => [
            [5, 24, first] as const,
            [5, 8, first] as const,
            [undefined, 24, first] as const,
            [undefined, 8, first] as const,
        ]),
    )('states the false discoveries among planted neurons: %s folds, %d planted, from seed %d', async (...given) => {
        const [folds, planted, first] = given;
        let [within, stated, truth] = [0, 0, 0];
        const numbers: number[] = [];
        const shares: number[] = [];
        for (let seed = first; seed < first + times; seed++) {
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
            const falsely = finding.numbers.find(({ name }) => name === 'specific neurons that are false')!.value!;
            numbers.push(falsely - wrong);
            shares.push(value! - share);
        }
        const [ofNumbers, ofShares] = [meanOf(numbers), meanOf(shares)];
        if (full) console.log({ folds, planted, first, within, stated, truth, ofNumbers, ofShares });
        expect(within).toBeGreaterThanOrEqual(0.95 * times);
        expect(stated).toBeGreaterThan(truth - 0.01);
        expect(stated).toBeLessThan(truth + 0.05);
        for (const { mean, standardError } of [ofNumbers, ofShares])
            expect(Math.abs(mean)).toBeLessThan(3 * standardError);
    });

    it.each([5, undefined])('states as many as there are in noise: %s folds', async (folds) => {
        const differences: number[] = [];
        for (const { finding, wrong } of await noise(folds, times))
            differences.push(finding.numbers.find(({ name }) => name === 'specific neurons by chance')!.value! - wrong);
        const { mean, standardError } = meanOf(differences);
        if (full) console.log({ folds, mean, standardError });
        expect(Math.abs(mean)).toBeLessThan(2 * standardError);
    });

    it('finds nothing but chance in noise', async () => {
        const verdicts = (await noise(5, 20)).map(({ finding }) => finding.verdict);
        expect(verdicts.filter((verdict) => verdict === 'fails' || verdict === 'not told').length).toBeGreaterThan(18);
    });

    it('tells numbers beside the found neurons only where they were counted so', async () => {
        const few = plantedCounts({ neurons: 600, tokens: 20, planted: 0, rates: [0.3, 0.5], seed: 1 });
        const many = plantedCounts({ neurons: 600, tokens: 200, planted: 24, seed: 1 });
        const [ofFew, ofMany] = await Promise.all(
            [few, many].map((counts) => chanceCheck.run(checkContext(counts, identify(counts, options)))),
        );
        expect(ofMany!.sentence).toContain('beside the neurons found');
        // Most selected neurons are in a class by chance alone.
        expect(ofFew!.verdict).toBe('fails');
        expect(ofFew!.sentence).not.toContain('beside the neurons found');
    });

    it.each([
        [2, true],
        [4, false],
    ])('says where folds are too few: %d', async (folds, isSaid) => {
        const counts = plantedCounts({ neurons: 600, tokens: 200, planted: 24, seed: 1, folds });
        const { sentence } = await chanceCheck.run(checkContext(counts, identify(counts, options)));
        expect(sentence.includes('folds state chance too high; collect with more `folds`')).toBe(isSaid);
    });
});
