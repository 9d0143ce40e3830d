import { compare } from '../../src/experiments/compare.js';
import { writeComparison } from '../../src/experiments/comparisonFile.js';
import { writeCurves } from '../../src/experiments/doseFile.js';
import { writeMatrix } from '../../src/experiments/matrixFile.js';
import type { NeuronAnalysis } from '../../src/neurons/NeuronAnalysis.js';
import { neuronsDigest } from '../../src/neurons/neuronsDigest.js';
import { buildAccuracy, buildCurves, buildMatrix } from '../unit/report/fixture.js';
import { someActivations, someAnalysis } from './exploredRun.js';

/**
 * Adds results of every kind to a run folder of `writeExploredRun`: another operation, another metric, dose curves, and
 * a comparison with an analysis of slightly other counts.
 */
export async function writeExploredResults(folder: string, analysis: NeuronAnalysis): Promise<void> {
    const { languages } = analysis;
    const neurons = neuronsDigest(analysis);
    const right = languages.map((_, k) => (k === 1 ? 2 : 18 - k));
    const lost = languages.map((_, k) => (k === 1 ? 1 : 9 - k));
    const accuracy = buildAccuracy(languages, right, lost);
    await writeMatrix(folder, { ...accuracy, neurons });
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
}

/** The analysis of counts in which the neurons of a layer prefer other languages. */
function before(languages: readonly string[]): NeuronAnalysis {
    const activations = someActivations('a model', languages);
    const [first] = activations.counts;
    const l = activations.languages.length;
    for (let j = 0; j < 150; j++) first!.subarray(j * l, (j + 1) * l).reverse();
    return someAnalysis(activations);
}
