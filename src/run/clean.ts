import { lstat, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { nameOfWhole } from '../activations/Shard.js';
import { type CleanKind, cleanKinds } from './choices.js';
import { LanguageNeuronsError } from '../errors.js';
import { unwritable } from '../files/fileAccess.js';
import { metrics } from '../experiments/metrics.js';
import { resultOf } from '../experiments/resultPaths.js';
import { withFolder } from '../files/folderLock.js';

export interface Removed {
    /** From the folder. */
    readonly path: string;
    readonly bytes: number;
}

const filesOf: Readonly<Record<CleanKind, readonly string[]>> = {
    counts: ['parts', 'activations.safetensors', 'neurons.json'],
    ...Object.fromEntries(metrics.map(({ name, journal }) => [name, [journal.name]])),
    report: ['comparison.json', 'report.html', 'figures', 'tables', 'run.json'],
};

/**
 * Removes results from a run folder; nothing else does. Files of other names stay.
 * @returns what was removed
 * @throws LanguageNeuronsError NOT_FOUND for what is no folder, BUSY, UNWRITABLE
 */
export async function clean(folder: string, kinds: readonly CleanKind[] = cleanKinds): Promise<Removed[]> {
    const found = await stat(folder).catch(() => undefined);
    if (found?.isDirectory() !== true)
        throw new LanguageNeuronsError('NOT_FOUND', `${folder}: no such folder; give a run folder`);
    return withFolder(folder, 'clean', async () => {
        const removed: Removed[] = [];
        const names = kinds.flatMap((kind) => filesOf[kind] ?? []);
        // Matrices and curves of whatever operation.
        const isMade = (name: string): boolean => kinds.some((kind) => kind === resultOf(name)?.metric);
        const files = (await readdir(folder)).sort();
        const made = files.filter(isMade);
        const shards = files.filter((name) => {
            const whole = nameOfWhole(name);
            return whole !== undefined && (names.includes(whole) || isMade(whole));
        });
        for (const name of [...names, ...made, ...shards]) {
            const path = join(folder, name);
            const bytes = await sizeOf(path);
            if (bytes === undefined) continue;
            await rm(path, { recursive: true }).catch((cause: unknown) => {
                throw unwritable(path, cause);
            });
            removed.push({ path: name, bytes });
        }
        return removed;
    });
}

/** `parts (1.2 MB), ppl.cells.jsonl (0.1 MB)`; `nothing` where nothing was there. */
export function removedWords(removed: readonly Removed[]): string {
    return removed.map(({ path, bytes }) => `${path} (${(bytes / 1e6).toFixed(1)} MB)`).join(', ') || 'nothing';
}

/** Bytes of a file or of all in a folder, links not followed; undefined where there is none. */
async function sizeOf(path: string): Promise<number | undefined> {
    const found = await lstat(path).catch(() => undefined);
    if (found === undefined) return undefined;
    if (!found.isDirectory()) return found.size;
    const entries = await readdir(path, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    const sizes = await Promise.all(
        files.map(({ parentPath, name }) =>
            lstat(join(parentPath, name)).then(
                ({ size }) => size,
                () => 0,
            ),
        ),
    );
    return sizes.reduce((sum, size) => sum + size, 0);
}
