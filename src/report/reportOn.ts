import { join } from 'node:path';
import { readActivations } from '../activations/activationsFile.js';
import { defined } from '../defined.js';
import { LanguageNeuronsError } from '../errors.js';
import { readMatrix } from '../experiments/matrixFile.js';
import type { DeactivationMatrix, NeuronSetName } from '../experiments/DeactivationMatrix.js';
import { readNeurons } from '../neurons/file.js';
import type { NeuronAnalysis } from '../neurons/NeuronAnalysis.js';
import { neuronsOf } from '../neurons/neuronsOf.js';
import { toolVersion } from '../versions.js';
import type { ReportFiles } from './Report.js';
import { writeReport } from './writeReport.js';

/**
 * Writes the report of a run folder from the files in it; a folder without a matrix gets a report
 * without one.
 * @throws LanguageNeuronsError NOT_FOUND, DAMAGED, MISMATCH, UNWRITABLE
 */
export async function reportOn(folder: string, title?: string, notes?: readonly string[]): Promise<ReportFiles> {
    const activations = await readActivations(folder);
    const analysis = await readNeurons(join(folder, 'neurons.json'));
    const matrix = await readMatrix(folder);
    const widths = activations.counts.map((layer) => layer.length / activations.languages.length);
    if (analysis.languages.join() !== activations.languages.join() || analysis.widths.join() !== widths.join()) {
        throw new LanguageNeuronsError('MISMATCH', `${folder}: neurons.json was not made from these counts; run identify again`);
    }
    if (matrix !== undefined && !sameNeurons(matrix, analysis)) {
        throw new LanguageNeuronsError('MISMATCH', `${folder}: ppl.matrix.json was not made with the neurons of neurons.json; run deactivate again`);
    }
    return writeReport(folder, {
        title: title ?? `Language neurons of ${activations.source.model.name}`,
        analysis,
        tokens: Object.fromEntries(activations.languages.map((language, k) => [language, Number(activations.tokens[k])])),
        source: activations.source,
        generatedBy: { version: toolVersion },
        ...defined({ matrix, notes }),
    });
}

/** Whether each row deactivated as many neurons as the analysis has: another analysis rarely agrees. */
function sameNeurons(matrix: DeactivationMatrix, analysis: NeuronAnalysis): boolean {
    return Object.entries(matrix.sets).every(([set, { rows, neurons }]) =>
        rows.every((language, r) => analysis.languages.includes(language)
            && neuronsOf(analysis, language, set as NeuronSetName).length === neurons[r]));
}
