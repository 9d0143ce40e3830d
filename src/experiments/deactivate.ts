import { modelSource } from '../activations/modelSource.js';
import type { Engine } from '../engine/Engine.js';
import { withFolder } from '../files/folderLock.js';
import { type Progress, silent } from '../support/progress.js';
import { buildMatrix } from './buildMatrix.js';
import { checkFit } from './checkFit.js';
import type { DeactivationMatrix, MeasuredModel } from './DeactivationMatrix.js';
import { type ExperimentOptions, planExperiment } from './experiment.js';
import { writeMatrix } from './matrixFile.js';
import type { Metric } from './Metric.js';

export interface DeactivateOptions extends ExperimentOptions {
    readonly engine: Engine;
    /** What is measured, on what; its languages must be those of the analysis, or some of them. */
    readonly metric: Metric;
    /**
     * Folder that gets the metric's `.matrix.json` and `.matrix.csv`, and keeps each cell as soon as it is measured.
     */
    readonly folder: string;
    /** Deactivate the neurons in another model than the one that was analysed. Default: refuse. */
    readonly otherModel?: boolean | undefined;
    readonly signal?: AbortSignal | undefined;
    readonly progress?: Progress | undefined;
}

/** The matrix, and the time this call took. */
export interface DeactivateResult extends DeactivationMatrix {
    readonly seconds: number;
}

/**
 * Perplexity or accuracy in every language with the neurons of every language deactivated (figs. 2,
 * 6-13), and with as many random neurons of the same layers. What was measured before of the same model
 * and inputs is taken over; the matrix also holds the sets that are not asked for and all measured already.
 * @throws LanguageNeuronsError MISMATCH where metric, model and analysis do not belong together; BUSY; the
 * corpus's, the questions' and the engine's errors
 */
export async function deactivate(options: DeactivateOptions): Promise<DeactivateResult> {
    checkFit(options);
    return withFolder(options.folder, 'deactivate', () => deactivateInto(options));
}

async function deactivateInto(options: DeactivateOptions): Promise<DeactivateResult> {
    const { engine, metric, folder, signal, progress = silent } = options;
    const begin = performance.now();
    const experiment = planExperiment(options, metric.languages);
    const { asked, known } = experiment;
    const measurements = await metric.measure(asked, { engine, folder, known, signal, progress });
    const matrix = await buildMatrix({
        metric,
        experiment,
        measurements,
        model: measuredModel(engine),
        folder,
        signal,
        progress,
    });
    await writeMatrix(folder, matrix);
    progress.done();
    return { ...matrix, seconds: (performance.now() - begin) / 1000 };
}

/** The model of an engine, as a matrix names it. */
export function measuredModel(engine: Engine): MeasuredModel {
    const { name, quantization, fingerprint } = modelSource(engine);
    return { name, quantization, fingerprint };
}
