import { dirname } from 'node:path';
import { readActivations } from '../activations/activationsFile.js';
import { checkShards } from '../activations/checkShards.js';
import { LanguageNeuronsError } from '../errors.js';
import type { CsvOptions } from '../files/csv.js';
import { withFolder } from '../files/folderLock.js';
import { isDeactivation } from '../interventions/Operation.js';
import { valuesFor } from '../interventions/valuesFor.js';
import type { NeuronAnalysis } from '../neurons/analysis/NeuronAnalysis.js';
import { neuronsPath, readNeurons } from '../neurons/analysis/neuronsFile.js';
import { neuronsDigest } from '../neurons/analysis/neuronsDigest.js';
import { rankNeurons } from '../neurons/scores/rankNeurons.js';
import { checkSettings } from '../settings/checkSetting.js';
import { csvTable } from '../settings/settings.js';
import { silent, type WorkOptions } from '../support/progress.js';
import { buildCurves, buildMatrices } from './matrices/buildMatrix.js';
import type { DeactivationMatrix } from './results/DeactivationMatrix.js';
import { writeCurves } from './resultFiles/doseFile.js';
import type { DoseCurves } from './results/DoseCurves.js';
import { type Experiment, planExperiment } from './conditions/experiment.js';
import { withoutFold } from './heldOut.js';
import { writeMatrix } from './resultFiles/matrixFile.js';
import { mergeJournals } from './metric/journals.js';
import { differencesOf, type MatrixShard, readMatrixShard } from './resultFiles/matrixShard.js';
import { factsOf, readMeasurements } from './registry/measurementPlan.js';
import { metricOf } from './registry/metrics.js';

export interface MergeMatrixOptions extends CsvOptions, WorkOptions {
    /** Run folder, which holds `neurons.json`, and gets the journal and the matrix. */
    readonly folder: string;
}

/**
 * Makes one matrix, or the dose curves, of all shards of an operation: the bytes that `intervene` without shards gives,
 * or would give if it found these answers in its journal. Neither model nor texts are needed; doses and means need the
 * counts.
 * @param files of all shards of one metric and operation, in any order; their journals lie beside them
 * @throws LanguageNeuronsError NOT_FOUND, DAMAGED, BUSY, UNWRITABLE, and MISMATCH where a shard is missing, there twice
 * or of other work
 */
export async function mergeMatrix(
    files: readonly string[],
    options: MergeMatrixOptions,
): Promise<DeactivationMatrix | DoseCurves> {
    const { folder, excel, signal, progress = silent } = options;
    checkSettings(options, csvTable, { folder: true, signal: true, progress: true });
    const first = await readFirst(files);
    const neurons = neuronsPath(folder);
    const analysis = await readNeurons(neurons);
    if (neuronsDigest(analysis) !== first.neurons) {
        throw new LanguageNeuronsError(
            'MISMATCH',
            `${neurons}: holds other neurons than the shards; give the run folder of the shards`,
        );
    }
    return withFolder(folder, 'merge', async () => {
        const { plan, model } = first;
        const experiment = await experimentOf(first, analysis, folder);
        const { journal } = metricOf(plan.metric);
        const from = [...new Set(files.map((file) => dirname(file)))];
        await mergeJournals(journal, folder, from, signal);
        const measurements = await readMeasurements(plan, [...experiment.asked, ...experiment.known], folder, signal);
        const lacking = experiment.asked.filter((condition) => !measurements.has(condition)).length;
        if (lacking > 0) {
            const lack = `${journal.name} lacks results of ${lacking} conditions`;
            throw new LanguageNeuronsError(
                'DAMAGED',
                `${from.join(', ')}: ${lack}; run all shards again, which measures only the missing ones`,
            );
        }
        const parts = { metric: factsOf(plan), experiment, measurements, model, folder, signal, progress };
        if (experiment.doses !== undefined) {
            const [curves] = await buildCurves(parts, experiment.doses);
            await writeCurves(folder, curves!, { excel });
            return curves!;
        }
        const [matrix] = await buildMatrices(parts);
        await writeMatrix(folder, matrix!, { excel });
        return matrix!;
    });
}

/** The experiment that shards are of. */
async function experimentOf(shard: MatrixShard, analysis: NeuronAnalysis, folder: string): Promise<Experiment> {
    const { plan, operation, heldOut, doses: shares, sets, controls, seed, matched } = shard;
    const needsCounts = matched === 'rate' || shares !== undefined || heldOut !== undefined;
    const activations = needsCounts ? await readActivations(folder) : undefined;
    const doses = shares && { shares, ranking: rankNeurons(activations!, analysis) };
    const values = await valuesFor([operation], folder);
    const asked = doses === undefined ? { sets } : { doses };
    const whole = { analysis, operations: [operation], values, ...asked, controls, seed, matched, activations };
    const changed = heldOut && withoutFold(whole, activations!, heldOut.fold);
    if (heldOut !== undefined && (changed === undefined || neuronsDigest(changed.analysis) !== heldOut.neurons))
        throw new LanguageNeuronsError(
            'MISMATCH',
            `${folder}: its counts do not give the neurons of the shards without fold ${heldOut.fold} of ` +
                `${heldOut.of}; give the run folder of the shards`,
        );
    return planExperiment({ ...whole, ...changed }, plan.languages, heldOut);
}

/** The first shard, once all of them are checked to be of one work and complete. */
async function readFirst(files: readonly string[]): Promise<MatrixShard> {
    const found = [];
    for (const file of files) {
        const shard = await readMatrixShard(file);
        if (shard === undefined)
            throw notFound(`${file}: no such file; run deactivate or intervene with \`shard\` first`);
        found.push({ file, ...shard });
    }
    const [first] = found;
    const work = first !== undefined && isDeactivation(first.operation) ? 'deactivate' : 'measure';
    checkShards(found, work, differencesOf);
    if (first === undefined) throw notFound('no shard files; run deactivate or intervene with `shard` first');
    return first;
}

function notFound(what: string): LanguageNeuronsError {
    return new LanguageNeuronsError('NOT_FOUND', what);
}
