import { engineVersions } from '../activations/modelSource.js';
import { type Shard, shardPath, shardText } from '../activations/Shard.js';
import { LanguageNeuronsError } from '../errors.js';
import { withFile } from '../files/folderLock.js';
import { neuronsDigest } from '../neurons/neuronsDigest.js';
import { silent } from '../support/progress.js';
import { checkFit } from './checkFit.js';
import { type DeactivateOptions, measuredModel } from './deactivate.js';
import { planExperiment } from './experiment.js';
import { matrixPath } from './matrixFile.js';
import { isSameShard, readMatrixShard, writeMatrixShard } from './matrixShard.js';

export interface DeactivateShardOptions extends DeactivateOptions {
    readonly shard: Shard;
}

export interface DeactivateShardResult {
    /** Of the file that says that the shard is done. */
    readonly path: string;
    /** Whether it was there already. */
    readonly wasThere: boolean;
    readonly seconds: number;
}

/**
 * Measures one shard's part of a deactivation, into a journal of its own; others may be measured into the same folder
 * meanwhile. `mergeMatrix` makes the matrix.
 * @throws LanguageNeuronsError as `deactivate`; UNSUPPORTED where the metric cannot be divided
 */
export async function deactivateShard(options: DeactivateShardOptions): Promise<DeactivateShardResult> {
    checkFit(options);
    const { folder, metric, shard } = options;
    const path = shardPath(matrixPath(folder, metric.name), shard);
    return withFile(path, `deactivate --shard ${shardText(shard)}`, () => deactivateInto(path, options));
}

async function deactivateInto(path: string, options: DeactivateShardOptions): Promise<DeactivateShardResult> {
    const { engine, metric, folder, shard, signal, progress = silent } = options;
    const begin = performance.now();
    const { analysis, asked, known, askedSets, controls, seed } = planExperiment(options, metric.languages);
    const { plan } = await metric.measure(asked, { engine, folder, known, shard, signal, progress });
    if (plan === undefined) {
        throw new LanguageNeuronsError(
            'UNSUPPORTED',
            `${metric.source}: its metric has no plan that could be divided; deactivate without a shard`,
        );
    }
    const made = {
        shard: shardText(shard),
        model: measuredModel(engine),
        neurons: neuronsDigest(analysis),
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
    progress.done();
    return { path, wasThere, seconds: (performance.now() - begin) / 1000 };
}
