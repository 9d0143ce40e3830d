import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { powerCheck } from '../../../src/checks/powerCheck.js';
import type { DeactivationMatrix } from '../../../src/experiments/results/DeactivationMatrix.js';
import { writeMatrix } from '../../../src/experiments/resultFiles/matrixFile.js';
import { medianOf, powerOf } from '../../../src/experiments/power/matrixPower.js';
import { metricOf } from '../../../src/experiments/registry/metrics.js';
import { planPower } from '../../../src/experiments/power/plannedPower.js';
import { powerSentences } from '../../../src/experiments/power/powerWords.js';
import { deactivation } from '../../../src/interventions/Operation.js';
import { identify } from '../../../src/neurons/classes/identify.js';
import { neuronsDigest } from '../../../src/neurons/analysis/neuronsDigest.js';
import { untested } from '../../helpers/untested.js';
import { checkContext } from '../../helpers/checkContext.js';
import { plantedCounts } from '../../helpers/plantedCounts.js';
import { type SimulatedMatrix, simulateMatrix } from '../../helpers/simulatedMatrix.js';

const activations = plantedCounts({ seed: 1, neurons: 200, planted: 8, tokens: 100 });
const analysis = identify(activations, { topRate: 0.1, bar: 0.9 });

function simulated(given: Pick<SimulatedMatrix, 'metric' | 'units'>, own: number): DeactivationMatrix {
    const effect = (r: number, c: number): number => (r === c ? own : 0);
    const { set } = simulateMatrix({ ...given, languages: 6, controls: 2, effect, seed: 3 });
    return {
        ...{ metric: given.metric, settings: {}, model: { name: 'm', quantization: 'F32', fingerprint: 'f' } },
        ...{ neurons: neuronsDigest(analysis), operation: deactivation, languages: set.columns },
        ...{ whole: {}, decodedTokens: 0, sets: { 'specific+related': set } },
    };
}

async function folderWith(...matrices: readonly DeactivationMatrix[]): Promise<string> {
    const folder = mkdtempSync(join(tmpdir(), 'power-'));
    for (const matrix of matrices) await writeMatrix(folder, matrix);
    return folder;
}

const [ppl, accuracy] = [metricOf('ppl'), metricOf('accuracy')];

describe('what a matrix can tell', () => {
    it('is too coarse where it tells nothing and could not tell a small change', () => {
        const set = simulated({ metric: 'accuracy', units: 20 }, 0).sets['specific+related']!;
        const power = powerOf(set, accuracy)!;
        expect(power.coarse).toBe(true);
        expect(power.least).toBeLessThan(-0.2);
        expect(power.forReference).toBeGreaterThan(200);
        const [seen, untold] = powerSentences(set, accuracy);
        expect(seen).toMatch(
            /^Too coarse: with 20 questions a language, changes from −\d+\spoints on are told from chance in 80\s% of/,
        );
        expect(untold).toMatch(/^Not told from chance: l0 .*would take [\d,]+ questions.* and 1 more\.$/);
    });

    it('says nothing where all is told, and is not too coarse where small changes would be', () => {
        const told = simulated({ metric: 'ppl', units: 30 }, 0.5).sets['specific+related']!;
        expect(powerSentences(told, ppl)).toEqual([]);
        const fine = powerOf(simulated({ metric: 'ppl', units: 60 }, 0).sets['specific+related']!, ppl)!;
        expect(fine.coarse).toBe(false);
        expect(fine.least).toBeGreaterThan(0);
        expect(fine.least).toBeLessThan(0.05);
        expect(fine.forReference).toBeLessThan(60);
    });

    it('is not known where the samples tell nothing', () => {
        const { sets } = simulated({ metric: 'ppl', units: 8 }, 0);
        const silent = { ...sets['specific+related']!, ...untested(6) };
        expect(powerOf(silent, ppl)).toBeUndefined();
        expect(powerSentences(silent, ppl)).toEqual([]);
    });

    it('has a median beyond which is what is never reached', () => {
        expect(medianOf([3, null, 1])).toBe(3);
        expect(medianOf([null, null, -1])).toBeNull();
        expect(medianOf([-0.2, -0.1, -0.4])).toBe(-0.2);
    });
});

describe('the check of power', () => {
    const finding = async (...matrices: DeactivationMatrix[]) =>
        powerCheck.run(checkContext(activations, analysis, {}, await folderWith(...matrices)));

    it('fails with a matrix that is too coarse, and holds with one that tells all', async () => {
        const told = simulated({ metric: 'ppl', units: 30 }, 0.5);
        expect((await finding(told)).verdict).toBe('holds');
        const { verdict, sentence, table } = await finding(told, simulated({ metric: 'accuracy', units: 20 }, 0));
        expect(verdict).toBe('fails');
        expect(sentence).toContain('Accuracy, too coarse: with 20 questions');
        expect(table!.rows).toHaveLength(12);
    });

    it('cannot tell without a matrix of these neurons', async () => {
        const { verdict, sentence } = await finding({
            ...simulated({ metric: 'ppl', units: 9 }, 0),
            neurons: 'others',
        });
        expect([verdict, sentence]).toEqual(['not told', expect.stringContaining('run deactivate')]);
    });
});

describe('a plan', () => {
    it('takes the spread of an earlier matrix: more texts show smaller changes', async () => {
        const folder = await folderWith(simulated({ metric: 'ppl', units: 12 }, 0.3));
        const leastOf = async (units: number): Promise<number> => {
            const { from, languages } = await planPower(folder, ppl, new Map([['l2', units]]), 2);
            expect([from, languages[0]!.measured]).toEqual(['ppl.matrix.json', true]);
            return languages[0]!.least!;
        };
        expect(await leastOf(48)).toBeLessThan((await leastOf(12)) / 1.9);
    });

    it('knows of any answers the least fall that can be told, and of texts nothing', async () => {
        const folder = await folderWith();
        const { from, languages } = await planPower(
            folder,
            accuracy,
            new Map([
                ['l0', 60],
                ['l1', 5],
            ]),
            3,
        );
        expect(from).toBeUndefined();
        expect(languages[0]).toMatchObject({ atAll: 0.1, measured: false });
        expect(languages[0]!.least).toBeLessThan(-0.1);
        expect(languages[1]).toMatchObject({ atAll: 1.2, least: null });
        const texts = await planPower(folder, ppl, new Map([['l0', 60]]), 3);
        expect(texts.languages).toEqual([
            { language: 'l0', units: 60, least: null, forReference: null, measured: false },
        ]);
    });
});
