import { engineVersions } from '../activations/modelSource.js';
import { type Shard, shardPath, shardText } from '../activations/Shard.js';
import { LanguageNeuronsError } from '../errors.js';
import { withFile } from '../files/folderLock.js';
import { deactivation } from '../interventions/Operation.js';
import { operationInFiles } from '../interventions/operationText.js';
import { neuronsDigest } from '../neurons/neuronsDigest.js';
import { silent } from '../support/progress.js';
import { checkFit } from './checkFit.js';
import { planExperiment } from './experiment.js';
import { type InterveneOptions, measuredModel } from './intervene.js';
import { isSameShard, type MatrixShard, readMatrixShard, writeMatrixShard } from './matrixShard.js';
import { dosePath, matrixPath } from './resultPaths.js';

export interface InterveneShardOptions extends InterveneOptions {
    readonly shard: Shard;
}

export interface InterveneShardResult {
    /** The files that say that the shard is done, one of each operation, and whether they were there already. */
    readonly shards: readonly { readonly path: string; readonly wasThere: boolean }[];
    /** Such as `2/8`. */
    readonly shard: string;
    readonly seconds: number;
}

/**
 * Measures one shard's part of an experiment, into a journal of its own; others may be measured into the same folder
 * meanwhile. `mergeMatrix` makes the matrix, or the curves, of each operation.
 * @throws LanguageNeuronsError as `intervene`; UNSUPPORTED where the metric cannot be divided
 */
export async function interveneShard(options: InterveneShardOptions): Promise<InterveneShardResult> {
    checkFit(options);
    const { folder, metric, shard, operations = [deactivation], doses, command = 'intervene' } = options;
    const pathOf = doses === undefined ? matrixPath : dosePath;
    const paths = operations.map((operation) => shardPath(pathOf(folder, metric.name, operation), shard));
    const work = `${command} --shard ${shardText(shard)}`;
    // In one order everywhere: two commands that share some never wait for each other.
    const locked = [...paths].sort().reduceRight<() => Promise<InterveneShardResult>>(
        (run, path) => () => withFile(path, work, run),
        () => interveneInto(paths, options),
    );
    return locked();
}

async function interveneInto(paths: readonly string[], options: InterveneShardOptions): Promise<InterveneShardResult> {
    const { engine, metric, folder, shard, command = 'intervene', signal, progress = silent } = options;
    const begin = performance.now();
    const { analysis, parts, asked, known, askedSets, doses, controls, seed } = planExperiment(
        options,
        metric.languages,
    );
    const { plan } = await metric.measure(asked, { engine, folder, known, shard, signal, progress });
    if (plan === undefined) {
        throw new LanguageNeuronsError(
            'UNSUPPORTED',
            `${metric.source}: its metric has no plan that could be divided; ${command} without a shard`,
        );
    }
    const shards: { path: string; wasThere: boolean }[] = [];
    for (const [i, { operation }] of parts.entries()) {
        const path = paths[i]!;
        const made: MatrixShard = {
            shard: shardText(shard),
            model: measuredModel(engine),
            neurons: neuronsDigest(analysis),
            ...(operationInFiles(operation) === undefined ? {} : { operation }),
            ...(doses === undefined ? {} : { doses: doses.shares }),
            sets: askedSets,
            controls,
            seed,
            versions: engineVersions(engine),
            plan,
        };
        const had = await readMatrixShard(path).catch(() => undefined);
        const wasThere = had !== undefined && isSameShard(had, made);
        if (wasThere) progress.note(`${path}: this shard is finished`);
        else await writeMatrixShard(path, made);
        shards.push({ path, wasThere });
    }
    progress.done();
    return { shards, shard: shardText(shard), seconds: (performance.now() - begin) / 1000 };
}
