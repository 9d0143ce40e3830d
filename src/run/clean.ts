import { lstat, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { nameOfWhole } from '../activations/Shard.js';
import { LanguageNeuronsError } from '../errors.js';
import { namesIfAny, unreadable, unwritable } from '../files/fileAccess.js';
import { knownMetrics } from '../experiments/registry/metrics.js';
import { resultOf } from '../experiments/resultFiles/resultPaths.js';
import { effectsName } from '../effects/effectsFile.js';
import { checksName } from '../checks/checkFile.js';
import { examplesName } from '../examples/examplesFile.js';
import { withFolder } from '../files/folderLock.js';
import { quantsName } from '../quants/quantsFile.js';
import { sum } from '../support/averages.js';
import { isTuneFile } from '../tune/tuneFile.js';

/** The result of `clean`. */
export interface Cleaned {
    /** Paths from the folder, each with its bytes. */
    readonly removed: readonly { readonly path: string; readonly bytes: number }[];
    /** Journals that stay, with the results of other metrics that need them. */
    readonly kept: readonly { readonly path: string; readonly results: readonly string[] }[];
}

/** The files of a kind that have fixed names; for a metric its journal. */
function filesOf(kind: string): readonly string[] {
    if (kind === 'counts')
        return ['parts', 'activations.safetensors', 'activations.parquet', 'neurons.json', effectsName, 'lens.json'];
    if (kind === 'examples') return [examplesName];
    if (kind === 'checks') return [checksName];
    if (kind === 'quants') return [quantsName];
    if (kind === 'report') return ['comparison.json', 'models.csv', 'report.html', 'figures', 'tables', 'run.json'];
    return knownMetrics()
        .filter(({ name }) => name === kind)
        .map(({ journal }) => journal.name);
}

/**
 * Removes results from a run folder; nothing else does. Files of other names stay, and so does a journal that results
 * of a metric of another kind are made of too.
 * @param kinds `counts`, `examples`, `checks`, `quants`, `tune`, `report`, or names of metrics, registered ones too.
 * Default: all
 * @throws LanguageNeuronsError NOT_FOUND for what is no folder or cannot be read, BUSY, UNWRITABLE
 */
export async function clean(
    folder: string,
    kinds: readonly string[] = [
        ...['counts', 'examples', 'checks', 'quants', 'tune'],
        ...knownMetrics().map(({ name }) => name),
        'report',
    ],
): Promise<Cleaned> {
    const found = await stat(folder).catch(() => undefined);
    if (found?.isDirectory() !== true)
        throw new LanguageNeuronsError('NOT_FOUND', `${folder}: no such folder; give a run folder`);
    return withFolder(folder, 'clean', async () => {
        const files = (await namesIfAny(folder)).sort();
        const wholeOf = (name: string): string => nameOfWhole(name) ?? name;
        /** The results of other metrics that are made of a journal, and so are their shards. */
        const othersOf = (journal: string): string[] => {
            const others = knownMetrics().filter((metric) => metric.journal.name === journal);
            const names = others.map(({ name }) => name).filter((name) => !kinds.includes(name));
            const isOther = (name: string): boolean => names.includes(resultOf(wholeOf(name))?.metric ?? '');
            return files.filter((name) => name.endsWith('.json') && isOther(name));
        };
        const fixed = new Set(kinds.flatMap(filesOf));
        const kept = [...fixed]
            .map((path) => ({ path, results: othersOf(path) }))
            .filter(({ path, results }) => results.length > 0 && files.some((name) => wholeOf(name) === path));
        for (const { path } of kept) fixed.delete(path);
        const isShard = (name: string): boolean => nameOfWhole(name) !== undefined;
        // Matrices and curves of all operations, and searches for all goals.
        const isMade = (name: string): boolean =>
            kinds.some((kind) => kind === resultOf(name)?.metric || (kind === 'tune' && isTuneFile(name)));
        const removed = [];
        for (const path of [
            ...fixed,
            ...files.filter(isMade),
            ...files.filter((name) => isShard(name) && (fixed.has(wholeOf(name)) || isMade(wholeOf(name)))),
        ]) {
            const bytes = await sizeOf(join(folder, path));
            if (bytes === undefined) continue;
            await rm(join(folder, path), { recursive: true }).catch((cause: unknown) => {
                throw unwritable(join(folder, path), cause);
            });
            removed.push({ path, bytes });
        }
        return { removed, kept };
    });
}

/** `parts (1.2 MB), ppl.cells.jsonl (0.1 MB)`, or `nothing`; and what is kept. */
export function cleanedWords({ removed, kept }: Cleaned): string {
    const gone = removed.map(({ path, bytes }) => `${path} (${(bytes / 1e6).toFixed(1)} MB)`).join(', ') || 'nothing';
    const stays = kept.map(({ path, results }) => `; ${path} is kept for ${results.join(', ')}`);
    return gone + stays.join('');
}

/** Bytes of a file or of all in a folder, links not followed; undefined where there is none. */
async function sizeOf(path: string): Promise<number | undefined> {
    const found = await lstat(path).catch(() => undefined);
    if (found === undefined) return undefined;
    if (!found.isDirectory()) return found.size;
    const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch((cause: unknown) => {
        throw unreadable(path, cause);
    });
    const files = entries.filter((entry) => entry.isFile());
    const sizes = await Promise.all(
        files.map(({ parentPath, name }) =>
            lstat(join(parentPath, name)).then(
                ({ size }) => size,
                () => 0,
            ),
        ),
    );
    return sum(sizes);
}
