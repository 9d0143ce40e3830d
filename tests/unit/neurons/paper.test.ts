import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Activations } from '../../../src/activations/Activations.js';
import { importCounts } from '../../../src/activations/import/importCounts.js';
import { identify } from '../../../src/neurons/classes/identify.js';
import { neuronsOf } from '../../../src/neurons/sets/neuronsOf.js';
import expected from '../../fixtures/paper-expected.json' with { type: 'json' };
import { paperDataHere, paperFolder } from '../../helpers/paperData.js';
import { int64Storages } from '../../helpers/readPt.js';

describe.skipIf(!paperDataHere)(`the paper's released counts (skipped where ${paperFolder} is absent)`, () => {
    let activations: Activations;

    beforeAll(async () => {
        activations = await importCounts(paperFolder);
    });

    it('give the published λ, τ, histogram and numbers of neurons', () => {
        const analysis = identify(activations);
        expect(analysis.lambda).toBe(expected.lambda);
        expect(analysis.threshold).toBeCloseTo(expected.threshold, 7); // 1.1e-8: printed with seven decimals
        expect(analysis.histogram.slice(1)).toEqual(expected.histogram);
        expect(analysis.selected).toBe(4588);
        expect(analysis.general).toBe(expected.general);
        expect(
            Object.fromEntries(Object.entries(analysis.perLanguage).map(([language, n]) => [language, n.total])),
        ).toEqual(expected.perLanguage);
    });

    it("give LAPE's numbers per language", () => {
        const analysis = identify(activations, { method: 'lape' });
        expect(Object.values(analysis.perLanguage).map(({ total }) => total)).toEqual([
            52, 519, 530, 782, 996, 338, 678, 1137, 543, 774,
        ]);
        expect(analysis.lambda).toBeNull();
        expect(analysis.histogram[0]).toBe(0);
    });

    it('show the four stages', () => {
        const { seen, stages, confidence } = identify(activations).stages;
        expect(seen).toBe(true);
        expect(stages.map(({ first, last }) => [first, last])).toEqual([
            [0, 4],
            [5, 17],
            [18, 30],
            [31, 31],
        ]);
        expect(confidence).toBeGreaterThan(0.995); // 0.999
    });

    it('give the published mask, index for index', async () => {
        const analysis = identify(activations);
        // A list over languages of lists over layers of neuron indices, stored in that order.
        const mask = await int64Storages(join(paperFolder, 'mask.pt'));
        expect(mask).toHaveLength(expected.languages.length * 32);
        for (const [k, language] of expected.languages.entries()) {
            const published = mask
                .slice(k * 32, k * 32 + 32)
                .flatMap((neurons, layer) => Array.from(neurons, (neuron) => [layer, Number(neuron)]));
            expect(neuronsOf(analysis, language, 'specific+related'), language).toEqual(published);
        }
    });
});
