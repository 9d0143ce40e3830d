import { join } from 'node:path';
import { engineVersions, modelSource } from '../activations/modelSource.js';
import { type Shard, shardPath, shardText } from '../activations/Shard.js';
import type { Engine } from '../engine/Engine.js';
import { LanguageNeuronsError } from '../errors.js';
import type { CsvOptions } from '../files/csv.js';
import { checkFilePlaces } from '../files/fileAccess.js';
import { withFile, withFolder } from '../files/folderLock.js';
import type { Operation } from '../interventions/Operation.js';
import { neuronsDigest } from '../neurons/analysis/neuronsDigest.js';
import { checkSettings, type OtherOptions } from '../settings/checkSetting.js';
import { pick } from '../settings/pick.js';
import { csvTable, experimentTable, outputTable } from '../settings/settings.js';
import { defined } from '../support/defined.js';
import { silent, type WorkOptions } from '../support/progress.js';
import { buildCurves, buildMatrices } from './matrices/buildMatrix.js';
import { checkFit } from './conditions/checkFit.js';
import type { DeactivationMatrix, MeasuredModel } from './results/DeactivationMatrix.js';
import { writeCurves } from './resultFiles/doseFile.js';
import type { DoseCurves } from './results/DoseCurves.js';
import { emptySets } from './conditions/emptySets.js';
import { type HeldOutExperiment, holdOut } from './heldOut.js';
import { type Experiment, experimentOptions, type ExperimentOptions, planExperiment } from './conditions/experiment.js';
import { writeMatrix } from './resultFiles/matrixFile.js';
import { isSameShard, type MatrixShard, readMatrixShard, writeMatrixShard } from './resultFiles/matrixShard.js';
import { registerMetric } from './registry/metrics.js';
import { dosePath, matrixPath } from './resultFiles/resultPaths.js';
import type { Metric } from './metric/Metric.js';

/** @inline */
export interface InterveneOptions extends ExperimentOptions, CsvOptions, WorkOptions {
    readonly engine: Engine;
    /** The metric, on its texts or questions. Its languages must be among those of the analysis. */
    readonly metric: Metric;
    /**
     * Folder that gets the metric's `.matrix.json` and `.matrix.csv`, or `.dose.json` and `.dose.csv`, a pair for each
     * operation, and keeps each cell as soon as it is measured.
     */
    readonly folder: string;
    /** Change the neurons in another model than the one that was analysed. Default: refuse. */
    readonly otherModel?: boolean | undefined;
    /**
     * Measure only this part, into a journal of its own; others may be measured into the same folder meanwhile.
     * `mergeMatrix` makes the matrix, or the curves, of each operation. Default: all of it.
     */
    readonly shard?: Shard | undefined;
    /** Name of the work in messages of others that find the folder locked. Default `intervene`. */
    readonly command?: string | undefined;
}

export const interveneTable = { ...experimentTable, ...csvTable, otherModel: outputTable.force } as const;

/** The options that are no settings, for `checkSettings`. */
export const interveneOptions = {
    ...experimentOptions,
    engine: true,
    metric: true,
    folder: true,
    shard: true,
    command: true,
    signal: true,
    progress: true,
} as const satisfies OtherOptions<InterveneOptions, typeof interveneTable>;

export interface InterveneResult {
    /** One of each operation, in their order; none of a shard, or where doses were asked for. */
    readonly matrices: readonly DeactivationMatrix[];
    /** One of each operation; none of a shard, or where no doses were asked for. */
    readonly curves: readonly DoseCurves[];
    /** Of a shard, one of each operation; none where all was measured. */
    readonly shards: readonly MeasuredShard[];
    /** Wall-clock time of this call. */
    readonly seconds: number;
}

/** The file that says that a shard is done. */
export interface MeasuredShard {
    readonly path: string;
    /** Whether it was there already. */
    readonly wasThere: boolean;
}

/**
 * A metric in every language with the neurons of every language changed, by one operation or several, and with as many
 * random neurons of the same layers changed alike. What was measured before of the same model and inputs is taken over;
 * a matrix also holds the sets that are not asked for and all measured already.
 * @throws LanguageNeuronsError MISMATCH where metric, model and analysis do not belong together; WRONG_USE, BUSY; the
 * corpus's, the questions' and the engine's errors; UNSUPPORTED for a shard of a metric that cannot be divided
 */
export async function intervene(options: InterveneOptions): Promise<InterveneResult> {
    checkSettings(options, interveneTable, interveneOptions);
    checkFit(options);
    registerMetric(options.metric.kind);
    const begin = performance.now();
    const { folder, metric, shard, command = 'intervene', progress = silent } = options;
    const held = await heldOutOf(options);
    const asked = { ...pick(options, { ...experimentTable, ...experimentOptions }), ...held?.changed };
    const experiment = planExperiment(asked, metric.languages, held?.heldOut);
    const work = held === undefined ? options : { ...options, metric: held.metric };
    const pathOf = experiment.doses === undefined ? matrixPath : dosePath;
    const paths = experiment.parts.map(({ operation }) => pathOf(folder, metric.kind.name, operation));
    const none = { matrices: [], curves: [], shards: [] };
    const result =
        shard === undefined
            ? await withFolder(folder, command, () => measureAll(experiment, paths, work))
            : { shards: await measureShard(experiment, paths, { ...work, shard, command }) };
    progress.done();
    return { ...none, ...result, seconds: (performance.now() - begin) / 1000 };
}

/** The experiment on the texts of a fold that its neurons were not found on; undefined where that cannot be. */
async function heldOutOf(
    options: InterveneOptions,
): Promise<(Pick<HeldOutExperiment, 'changed' | 'heldOut'> & { readonly metric: Metric }) | undefined> {
    const { metric, circular = false } = options;
    if (metric.texts === undefined || circular) return undefined;
    const held = await holdOut({ ...options, corpus: metric.texts.corpus });
    return held && { ...held, metric: metric.texts.on(held.corpus) };
}

async function measureAll(
    experiment: Experiment,
    paths: readonly string[],
    options: InterveneOptions,
): Promise<Partial<InterveneResult>> {
    const { engine, metric, folder, excel, signal, progress = silent } = options;
    for (const json of paths) await checkFilePlaces(json, json.replace(/json$/, 'csv'));
    const { asked, known, doses } = experiment;
    for (const note of emptySets(experiment, metric.languages)) progress.note(note);
    const measurements = await metric.measure(asked, { engine, folder, known, signal, progress });
    const parts = { metric, experiment, measurements, model: measuredModel(engine), folder, signal, progress };
    if (doses !== undefined) {
        const curves = await buildCurves(parts, doses);
        for (const curve of curves) await writeCurves(folder, curve, { excel });
        return { curves };
    }
    const matrices = await buildMatrices(parts);
    for (const matrix of matrices) await writeMatrix(folder, matrix, { excel });
    return { matrices };
}

interface ShardOptions extends InterveneOptions {
    readonly shard: Shard;
    readonly command: string;
}

async function measureShard(
    experiment: Experiment,
    wholes: readonly string[],
    { engine, metric, folder, shard, command, signal, progress = silent }: ShardOptions,
): Promise<MeasuredShard[]> {
    const paths = wholes.map((whole) => shardPath(whole, shard));
    const { asked, known } = experiment;
    const measure = async (): Promise<MeasuredShard[]> => {
        const { plan } = await metric.measure(asked, { engine, folder, known, shard, signal, progress });
        if (plan?.metric !== metric.kind.name) {
            throw new LanguageNeuronsError(
                'UNSUPPORTED',
                `${metric.source}: the metric ${metric.kind.name} cannot be divided into shards, since ` +
                    `it has no plan of its own; ${command} without a shard`,
            );
        }
        const shards: MeasuredShard[] = [];
        for (const [i, { operation }] of experiment.parts.entries()) {
            const path = paths[i]!;
            const made = shardOf(experiment, operation, { shard, engine, plan });
            const had = await readMatrixShard(path).catch(() => undefined);
            const wasThere = had !== undefined && isSameShard(had, made);
            if (wasThere) progress.note(`${path}: this shard is finished`);
            else await writeMatrixShard(path, made);
            shards.push({ path, wasThere });
        }
        return shards;
    };
    // Not the results: other operations, and other metrics of the same measurements, write this journal too.
    const journal = shardPath(join(folder, metric.kind.journal.name), shard);
    return withFile(journal, `${command} \`shard: ${shardText(shard)}\``, measure);
}

function shardOf(
    { analysis, heldOut, askedSets, doses, controls, seed, matched }: Experiment,
    operation: Operation,
    { shard, engine, plan }: Pick<ShardOptions, 'shard' | 'engine'> & Pick<MatrixShard, 'plan'>,
): MatrixShard {
    const neurons = neuronsDigest(analysis);
    return {
        shard: shardText(shard),
        model: measuredModel(engine),
        neurons: heldOut?.whole ?? neurons,
        ...(heldOut && { heldOut: { ...heldOut, neurons } }),
        operation,
        ...defined({ doses: doses?.shares }),
        sets: askedSets,
        controls,
        seed,
        matched,
        versions: engineVersions(engine),
        plan,
    };
}

/** The model of an engine, as a matrix names it. */
export function measuredModel(engine: Engine): MeasuredModel {
    const { name, quantization, fingerprint } = modelSource(engine);
    return { name, quantization, fingerprint };
}
