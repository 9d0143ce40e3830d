import { modelSource } from '../activations/modelSource.js';
import type { Engine } from '../engine/Engine.js';
import type { CsvOptions } from '../files/csv.js';
import { checkFilePlaces } from '../files/fileAccess.js';
import { withFolder } from '../files/folderLock.js';
import { type Progress, silent } from '../support/progress.js';
import { buildCurves, buildMatrices } from './buildMatrix.js';
import { checkFit } from './checkFit.js';
import type { DeactivationMatrix, MeasuredModel } from './DeactivationMatrix.js';
import { writeCurves } from './doseFile.js';
import type { DoseCurves } from './DoseCurves.js';
import { emptySets } from './emptySets.js';
import { type ExperimentOptions, planExperiment } from './experiment.js';
import { writeMatrix } from './matrixFile.js';
import { dosePath, matrixPath } from './resultPaths.js';
import type { Metric } from './Metric.js';

export interface InterveneOptions extends ExperimentOptions, CsvOptions {
    readonly engine: Engine;
    /** What is measured, on what; its languages must be those of the analysis, or some of them. */
    readonly metric: Metric;
    /**
     * Folder that gets the metric's `.matrix.json` and `.matrix.csv`, or `.dose.json` and `.dose.csv`, a pair for each
     * operation, and keeps each cell as soon as it is measured.
     */
    readonly folder: string;
    /** Change the neurons in another model than the one that was analysed. Default: refuse. */
    readonly otherModel?: boolean | undefined;
    /** For whoever finds the folder locked. Default `intervene`. */
    readonly command?: string | undefined;
    readonly signal?: AbortSignal | undefined;
    readonly progress?: Progress | undefined;
}

export interface InterveneResult {
    /** One of each operation, in their order; none where doses were asked for. */
    readonly matrices: readonly DeactivationMatrix[];
    /** One of each operation; none where no doses were asked for. */
    readonly curves: readonly DoseCurves[];
    /** That this call took. */
    readonly seconds: number;
}

/**
 * Perplexity or accuracy in every language with the neurons of every language changed, by one operation or several, and
 * with as many random neurons of the same layers changed alike. What was measured before of the same model and inputs
 * is taken over; a matrix also holds the sets that are not asked for and all measured already.
 * @throws LanguageNeuronsError MISMATCH where metric, model and analysis do not belong together; WRONG_USE, BUSY; the
 * corpus's, the questions' and the engine's errors
 */
export async function intervene(options: InterveneOptions): Promise<InterveneResult> {
    checkFit(options);
    return withFolder(options.folder, options.command ?? 'intervene', () => interveneInto(options));
}

async function interveneInto(options: InterveneOptions): Promise<InterveneResult> {
    const { engine, metric, folder, signal, progress = silent } = options;
    const begin = performance.now();
    const experiment = planExperiment(options, metric.languages);
    const pathOf = experiment.doses === undefined ? matrixPath : dosePath;
    for (const { operation } of experiment.parts) {
        const json = pathOf(folder, metric.name, operation);
        await checkFilePlaces(json, json.replace(/json$/, 'csv'));
    }
    const { asked, known, doses } = experiment;
    for (const note of emptySets(experiment, metric.languages)) progress.note(note);
    const measurements = await metric.measure(asked, { engine, folder, known, signal, progress });
    const parts = { metric, experiment, measurements, model: measuredModel(engine), folder, signal, progress };
    const matrices = doses === undefined ? await buildMatrices(parts) : [];
    const curves = doses === undefined ? [] : await buildCurves(parts, doses);
    for (const matrix of matrices) await writeMatrix(folder, matrix, options);
    for (const curve of curves) await writeCurves(folder, curve, options);
    progress.done();
    return { matrices, curves, seconds: (performance.now() - begin) / 1000 };
}

/** The model of an engine, as a matrix names it. */
export function measuredModel(engine: Engine): MeasuredModel {
    const { name, quantization, fingerprint } = modelSource(engine);
    return { name, quantization, fingerprint };
}
