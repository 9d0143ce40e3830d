import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { versionDifferences } from '../../activations/checkShards.js';
import { versionsShape } from '../../activations/ActivationsSource.js';
import { pathFrom } from '../../corpus/datasetName.js';
import { readJsonIfAny, writeJson } from '../../files/versionedJson.js';
import { operationShape } from '../../interventions/operationShape.js';
import { operationName } from '../../interventions/operationText.js';
import { experimentTable } from '../../settings/settings.js';
import { keyOf } from '../../support/keyOf.js';
import { byName } from '../../support/names.js';
import { neuronSetNames } from '../../neurons/sets/neuronSets.js';
import type { DeepReadonly } from '../../support/DeepReadonly.js';
import { heldOutShape, measuredModelShape } from '../results/DeactivationMatrix.js';
import { planShape } from '../registry/metrics.js';
import type { MeasurementPlan } from '../metric/planBase.js';

const shardShape = z.object({
    /** Such as `2/8`. */
    shard: z.string().regex(/^[1-9]\d*\/[1-9]\d*$/),
    model: measuredModelShape,
    /** See `neuronsDigest`. */
    neurons: z.string(),
    /** Absent: no texts are held out. */
    heldOut: heldOutShape
        .extend({
            whole: z.string(),
            /** See `MeasuredIntervention`. */
            counted: byName(z.number()).optional(),
        })
        .optional(),
    operation: operationShape,
    /** Shares of the ranking; absent: sets. */
    doses: z.array(z.number().gt(0).lt(1)).optional(),
    sets: z.array(z.enum(neuronSetNames)),
    controls: z.int().positive(),
    seed: z.number(),
    matched: z.enum(experimentTable.matched.choices),
    versions: versionsShape,
    plan: planShape,
});
/**
 * Marks a shard's part of a matrix as measured, and holds all inputs of the matrix besides the journals and the
 * neurons: merging needs neither model nor texts.
 */
export type MatrixShard = DeepReadonly<z.output<typeof shardShape>>;

const shardFormat = {
    format: 'language-neurons/matrix-shard',
    version: 1,
    what: 'a shard of a matrix',
    shape: shardShape,
} as const;

/** @throws LanguageNeuronsError UNWRITABLE */
export async function writeMatrixShard(path: string, shard: MatrixShard): Promise<void> {
    const folder = dirname(resolve(path));
    await writeJson(
        path,
        shardFormat,
        withSources(shard, (source) => pathFrom(folder, source)),
    );
}

/**
 * A shard's file, or undefined where there is none.
 * @throws LanguageNeuronsError DAMAGED
 */
export async function readMatrixShard(path: string): Promise<MatrixShard | undefined> {
    const shard = await readJsonIfAny(path, shardFormat, 'measure it again');
    return shard && withSources(shard, (source) => resolve(dirname(path), source));
}

/** Sources by other paths: in the file they are from its folder. */
function withSources(shard: MatrixShard, move: (path: string) => string): MatrixShard {
    const sources = shard.plan.sources.map(({ name, path }) =>
        path === undefined ? { name } : { name, path: move(path) },
    );
    return { ...shard, plan: { ...shard.plan, sources } };
}

/** Whether both are the same part of the same work, whatever version did it. */
export function isSameShard(a: MatrixShard, b: MatrixShard): boolean {
    return a.shard === b.shard && differencesOf({ ...a, versions: b.versions }, b).length === 0;
}

/** Clauses on how the work of two shards differs; the paths of texts do not count. */
export function differencesOf(a: MatrixShard, b: MatrixShard): string[] {
    const [ours, theirs] = [settingsOf(a), settingsOf(b)];
    const names = [...new Set([...Object.keys(ours), ...Object.keys(theirs)])];
    const found = names
        .filter((name) => ours[name] !== theirs[name])
        .map((name) => `${name} ${ours[name] ?? 'none'} and ${theirs[name] ?? 'none'}`);
    const work = ({ plan }: MatrixShard): MeasurementPlan => ({ ...plan, sources: [] });
    if (found.length === 0 && keyOf(work(a)) !== keyOf(work(b))) found.push('what is asked');
    return [...found, ...versionDifferences(a.versions, b.versions)];
}

/** The settings of a shard that are single values, by name. */
function settingsOf({
    model,
    neurons,
    heldOut,
    operation,
    doses = [],
    sets,
    controls,
    seed,
    matched,
    plan,
}: MatrixShard): Readonly<Record<string, string | number>> {
    const { languages, ...planned } = plan;
    const values = Object.entries<unknown>({ ...planned, ...planned.engine }).filter(
        (entry): entry is [string, string | number] => ['string', 'number'].includes(typeof entry[1]),
    );
    return {
        ...Object.fromEntries(values),
        model: `${model.name} (${model.fingerprint})`,
        neurons: neurons.slice(0, 8),
        ...(heldOut && { fold: `${heldOut.fold} of ${heldOut.of} (${heldOut.neurons.slice(0, 8)})` }),
        operation: operationName(operation),
        doses: doses.join(','),
        sets: sets.join(','),
        controls,
        seed,
        matched,
        languages: languages.join(','),
    };
}
