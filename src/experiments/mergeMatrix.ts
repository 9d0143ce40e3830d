import { dirname, join } from 'node:path';
import { readActivations } from '../activations/activationsFile.js';
import { checkShards } from '../activations/checkShards.js';
import { LanguageNeuronsError } from '../errors.js';
import type { CsvOptions } from '../files/csv.js';
import { withFolder } from '../files/folderLock.js';
import { isDeactivation } from '../interventions/Operation.js';
import { valuesFor } from '../interventions/valuesFor.js';
import { readNeurons } from '../neurons/analysis/neuronsFile.js';
import { neuronsDigest } from '../neurons/analysis/neuronsDigest.js';
import { rankNeurons } from '../neurons/scores/rankNeurons.js';
import { checkSettings } from '../settings/checkSetting.js';
import { csvTable } from '../settings/settings.js';
import { silent, type WorkOptions } from '../support/progress.js';
import { buildCurves, buildMatrices } from './matrices/buildMatrix.js';
import type { DeactivationMatrix } from './results/DeactivationMatrix.js';
import { writeCurves } from './resultFiles/doseFile.js';
import type { DoseCurves } from './results/DoseCurves.js';
import { planExperiment } from './conditions/experiment.js';
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
    const neurons = join(folder, 'neurons.json');
    const analysis = await readNeurons(neurons);
    if (neuronsDigest(analysis) !== first.neurons) {
        throw new LanguageNeuronsError(
            'MISMATCH',
            `${neurons}: holds other neurons than the shards; give the run folder of the shards`,
        );
    }
    return withFolder(folder, 'merge', async () => {
        const { plan, model, operation, doses: shares, sets, controls, seed, matched } = first;
        const activations = matched === 'rate' ? await readActivations(folder) : undefined;
        const asked =
            shares === undefined
                ? { sets }
                : { doses: { shares, ranking: rankNeurons(await readActivations(folder), analysis) } };
        const values = await valuesFor([operation], folder);
        const experiment = planExperiment(
            { analysis, operations: [operation], values, ...asked, controls, seed, matched, activations },
            plan.languages,
        );
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
