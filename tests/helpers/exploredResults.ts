import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { checksName, writeCheck } from '../../src/checks/checkFile.js';
import type { CheckResult } from '../../src/checks/CheckResult.js';
import { compare } from '../../src/experiments/comparisons/compare.js';
import { writeComparison } from '../../src/experiments/resultFiles/comparisonFile.js';
import { writeCurves } from '../../src/experiments/resultFiles/doseFile.js';
import type { Share, DeactivationMatrix } from '../../src/experiments/results/DeactivationMatrix.js';
import { writeMatrix } from '../../src/experiments/resultFiles/matrixFile.js';
import { lensKinds, type LensLayer, writeLens } from '../../src/lens/lensFile.js';
import type { NeuronAnalysis } from '../../src/neurons/analysis/NeuronAnalysis.js';
import { neuronsDigest } from '../../src/neurons/analysis/neuronsDigest.js';
import { buildAccuracy, buildCurves, buildMatrix } from '../unit/report/fixture.js';
import { someActivations, someAnalysis } from './exploredRun.js';

/**
 * Adds results of every kind to a run folder of `writeExploredRun`: another operation, another metric, dose curves, and
 * a comparison with an analysis of slightly other counts, the logit lens, and a check.
 */
export async function writeExploredResults(folder: string, analysis: NeuronAnalysis): Promise<void> {
    const { languages } = analysis;
    const neurons = neuronsDigest(analysis);
    const right = languages.map((_, k) => (k === 1 ? 2 : 18 - k));
    const lost = languages.map((_, k) => (k === 1 ? 1 : 9 - k));
    await writeMatrix(folder, { ...withAnswers(buildAccuracy(languages, right, lost)), neurons });
    await writeMatrix(folder, { ...buildMatrix(languages, -0.2), operation: { op: 'scale', value: 1.5 }, neurons });
    await writeCurves(folder, { ...buildCurves(languages), neurons });
    await writeCurves(folder, { ...buildCurves(languages, 1), operation: { op: 'scale', value: 0.5 }, neurons });
    await writeComparison(
        folder,
        compare(
            [
                { label: 'base', analysis: before(languages), matrices: [buildMatrix(languages)] },
                { label: 'aligned', analysis, matrices: [buildMatrix(languages)] },
            ],
            [languages[1]!],
        ),
    );
    await mkdir(join(folder, checksName), { recursive: true });
    await writeCheck(folder, someCheck(analysis, neurons));
    await writeLens(folder, {
        ...{ model: analysis.source.model.fingerprint, data: ['udhr'], english: languages[0]!, key: 'k' },
        languages: languages.map((language, k) => ({
            language,
            tokens: 40,
            layers: analysis.layers.map((_, layer) => lensLayer([0, 10 * layer, k, 40 - 10 * layer - k])),
        })),
    });
}

/** A check of an analysis, whose words hold what a page must not take for markup. */
function someCheck({ source }: NeuronAnalysis, neurons: string): CheckResult {
    return {
        ...{ name: 'chance', question: 'Is it <i>chance</i>?', verdict: 'doubtful', seconds: 1, key: 'k' },
        sentence: 'One of ten is; collect with `folds`.',
        numbers: [{ name: 'false share', value: 0.1, interval: [0.05, 0.2], form: 'share' }],
        source: { counts: source.counts, neurons, settings: {} },
    };
}

function lensLayer(counts: readonly number[]): LensLayer {
    return Object.fromEntries(lensKinds.map((kind, i) => [kind, Math.max(0, counts[i]!)])) as unknown as LensLayer;
}

/** An accuracy with what its answers are made of. */
function withAnswers(accuracy: DeactivationMatrix): DeactivationMatrix {
    const set = accuracy.sets['specific+related']!;
    const share = (whole: number, changed: number): Share => ({
        baseline: set.columns.map(() => whole),
        values: set.rows.map(() => set.columns.map(() => changed)),
    });
    const shares = {
        number: share(0.9, 0.7),
        language: share(0.95, 0.3),
        unknownLanguage: share(0, 0.05),
        cut: share(0.05, 0.15),
    };
    return { ...accuracy, sets: { 'specific+related': { ...set, shares } } };
}

/** The analysis of counts in which the neurons of a layer prefer other languages. */
function before(languages: readonly string[]): NeuronAnalysis {
    const activations = someActivations('a model', languages);
    const [first] = activations.counts;
    const l = activations.languages.length;
    for (let j = 0; j < 150; j++) first!.subarray(j * l, (j + 1) * l).reverse();
    return someAnalysis(activations);
}
