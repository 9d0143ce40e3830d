import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { defined } from '../defined.js';
import { sameSites } from '../engine/Site.js';
import { LanguageNeuronsError } from '../errors.js';
import { keyOf } from '../keys.js';
import { type Activations, type ActivationsSource, sitesOf } from './Activations.js';
import { isShardName, readActivations } from './activationsFile.js';
import { addCounts } from './addCounts.js';
import { sourceDifferences } from './sourceDifferences.js';

/**
 * Adds the counts of all shards of one piece of work: the bytes that `collect` without shards gives.
 * @param paths shards' files, or folders that hold some
 * @throws LanguageNeuronsError NOT_FOUND, DAMAGED, and MISMATCH where a shard is missing, there twice, or of other work
 */
export async function mergeShards(paths: readonly string[]): Promise<Activations> {
    const files = (await Promise.all(paths.map(filesOf))).flat();
    const mismatch = (what: string): LanguageNeuronsError => new LanguageNeuronsError('MISMATCH', `the shards cannot be merged: ${what}`);
    const found = new Map<number, string>();
    let sum: Activations | undefined;
    let shards = 0;
    for (const file of files) {
        const activations = await readActivations(file);
        const { shard, ...settings } = activations.source.settings ?? {};
        const [, number, of] = /^(\d+)\/(\d+)$/.exec(String(shard)) ?? [];
        if (number === undefined) throw mismatch(`${file} is no shard, its counts are whole`);
        if (sum !== undefined && Number(of) !== shards) throw mismatch(`${file} is of ${of!} shards, ${files[0]!} of ${shards}`);
        const twin = found.get(Number(number));
        if (twin !== undefined) throw mismatch(`shard ${number} of ${of!} is there twice, in ${twin} and ${file}; leave one out`);
        found.set(Number(number), file);
        shards = Number(of);
        const whole = { ...activations, source: { ...activations.source, settings } };
        const differences = sum === undefined ? [] : differencesOf(sum, whole);
        if (differences.length > 0) throw mismatch(`${files[0]!} and ${file} differ in ${differences.join(', ')}`);
        sum = sum === undefined ? whole : add(sum, whole);
    }
    if (sum === undefined) throw new LanguageNeuronsError('NOT_FOUND', `${paths.join(', ')}: no shards; collect them with --shard first`);
    const missing = Array.from({ length: shards }, (_, i) => i + 1).filter((number) => !found.has(number));
    if (missing.length > 0) {
        const few = `${missing.slice(0, 20).join(', ')}${missing.length > 20 ? ' and more' : ''}`;
        throw mismatch(`of ${shards} shards ${few} ${missing.length === 1 ? 'is' : 'are'} missing; collect ${missing.length === 1 ? 'it' : 'them'} first`);
    }
    return sum;
}

async function filesOf(path: string): Promise<string[]> {
    const found = await stat(path).catch((cause: unknown) => { throw new LanguageNeuronsError('NOT_FOUND', `${path}: no such file or folder`, { cause }); });
    if (!found.isDirectory()) return [path];
    return (await readdir(path)).filter(isShardName).sort().map((name) => join(path, name));
}

function differencesOf(a: Activations, b: Activations): string[] {
    const versions = ({ versions }: ActivationsSource): string => Object.entries(versions).map(([name, version]) => `${name} ${version}`).join(' ');
    return [
        ...sourceDifferences(a.source, b.source, { model: true }),
        ...(keyOf(a.source.versions) === keyOf(b.source.versions) ? [] : [`versions (${versions(a.source)}; ${versions(b.source)})`]),
        ...(a.languages.join() === b.languages.join() ? [] : ['languages']),
        ...(sameSites(sitesOf(a), sitesOf(b)) ? [] : ['layers']),
        ...(a.folds?.length === b.folds?.length ? [] : ['folds']),
    ];
}

function add(a: Activations, b: Activations): Activations {
    return {
        languages: a.languages, ...defined({ sites: a.sites }), ...addCounts([a, b]),
        ...(a.folds === undefined ? {} : { folds: a.folds.map((fold, f) => addCounts([fold, b.folds![f]!])) }), source: a.source,
    };
}
