import { join } from 'node:path';
import { readActivations } from '../activations/activationsFile.js';
import { defined } from '../defined.js';
import { LanguageNeuronsError } from '../errors.js';
import type { Comparison } from '../experiments/Comparison.js';
import { readComparison } from '../experiments/comparisonFile.js';
import { readMatrices } from '../experiments/matrixFile.js';
import type { DeactivationMatrix, NeuronSetName } from '../experiments/DeactivationMatrix.js';
import { readNeurons } from '../neurons/file.js';
import type { NeuronAnalysis } from '../neurons/NeuronAnalysis.js';
import { neuronsOf } from '../neurons/neuronsOf.js';
import { toolVersion } from '../versions.js';
import type { ReportFiles } from './Report.js';
import { writeReport } from './writeReport.js';

export interface ReportOptions {
    /** Heading; default: the model's name. */
    readonly title?: string | undefined;
    /** Remarks under the summary, one paragraph each. */
    readonly notes?: readonly string[] | undefined;
    /** Folder of the report and of `comparison.json`; default: the run folder itself. */
    readonly out?: string | undefined;
}

/**
 * Writes the report of a run folder from the files in it; a folder without a matrix or a
 * comparison gets a report without one.
 * @throws LanguageNeuronsError NOT_FOUND, DAMAGED, MISMATCH, UNWRITABLE
 */
export async function reportOn(folder: string, options: ReportOptions = {}): Promise<ReportFiles> {
    const { title, notes, out = folder } = options;
    const activations = await readActivations(folder);
    const analysis = await readNeurons(join(folder, 'neurons.json'));
    const matrices = await readMatrices(folder);
    const widths = activations.counts.map((layer) => layer.length / activations.languages.length);
    if (analysis.languages.join() !== activations.languages.join() || analysis.widths.join() !== widths.join()) {
        throw new LanguageNeuronsError('MISMATCH', `${folder}: neurons.json was not made from these counts; run identify again`);
    }
    const other = matrices.find((matrix) => !sameNeurons(matrix, analysis));
    if (other !== undefined) {
        throw new LanguageNeuronsError('MISMATCH', `${folder}: ${other.metric}.matrix.json was not made with the neurons of neurons.json; run deactivate again`);
    }
    const comparison = await readComparison(out);
    if (comparison !== undefined && !comparesWith(comparison, analysis)) {
        throw new LanguageNeuronsError('MISMATCH', `${out}: comparison.json was not made with the neurons of ${folder}; run compare again`);
    }
    return writeReport(out, {
        title: title ?? `Language neurons of ${activations.source.model.name}`,
        analysis,
        tokens: Object.fromEntries(activations.languages.map((language, k) => [language, Number(activations.tokens[k])])),
        source: activations.source,
        generatedBy: { version: toolVersion },
        matrices,
        ...defined({ comparison, notes }),
    });
}

/** Whether each row deactivated as many neurons as the analysis has: another analysis rarely agrees. */
function sameNeurons(matrix: DeactivationMatrix, analysis: NeuronAnalysis): boolean {
    return Object.entries(matrix.sets).every(([set, { rows, neurons }]) =>
        rows.every((language, r) => analysis.languages.includes(language)
            && neuronsOf(analysis, language, set as NeuronSetName).length === neurons[r]));
}

/** Whether an analysis is the first or the last of a comparison, as far as its numbers tell. */
function comparesWith({ languages, widths, analyses }: Comparison, analysis: NeuronAnalysis): boolean {
    return languages.toSorted().join() === analysis.languages.toSorted().join() && widths.join() === analysis.widths.join()
        && [analyses[0]!, analyses.at(-1)!].some(({ histogram, histogramAll }) => histogram.join() === analysis.histogram.join() && histogramAll.join() === analysis.histogramAll.join());
}
