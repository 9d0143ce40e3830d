import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import { nameOfWhole, type Shard, shardPath } from '../../activations/Shard.js';
import { unreadable } from '../../files/fileAccess.js';
import { Journal, type JournalOptions, noteUnreadable } from '../../files/Journal.js';
import type { Progress } from '../../support/progress.js';

/** A kind of journal: the whole run's in a folder, and those of its shards. */
export interface JournalKind<Entry> {
    /** File name of the whole run's. */
    readonly name: string;
    /** Of a line. */
    readonly shape: z.ZodType<Entry>;
}

interface ReadOptions<Entry> extends JournalOptions<Entry> {
    readonly folder: string;
}

interface OpenOptions<Entry> extends ReadOptions<Entry> {
    /** The shard whose journal is written; undefined: the whole run's. */
    readonly shard: Shard | undefined;
    readonly progress: Progress;
}

/**
 * Reads all journals of a kind in a folder, so that finished work is found however it was divided.
 * @returns the one to write
 * @throws LanguageNeuronsError as `Journal.open`
 */
export async function openJournals<Entry>(
    kind: JournalKind<Entry>,
    { shard, progress, ...options }: OpenOptions<Entry>,
): Promise<Journal<Entry>> {
    const own = shardPath(join(options.folder, kind.name), shard);
    await readJournals(kind, options, own);
    const journal = await Journal.open(own, kind.shape, options);
    noteUnreadable(journal, own, progress);
    return journal;
}

/** Reads all journals of a kind in a folder, except one. */
export async function readJournals<Entry>(
    { name, shape }: JournalKind<Entry>,
    { folder, signal, take }: ReadOptions<Entry>,
    except?: string,
): Promise<void> {
    for (const path of await journalsIn(folder, name)) {
        if (path !== except) await Journal.read(path, shape, { signal, take });
    }
}

/** Lines that `mergeJournals` writes at once. */
const together = 1000;

/**
 * Adds to a folder's journal of whole runs all finished pieces of other journals, each key once.
 * @param from folders of the others
 * @throws LanguageNeuronsError as `Journal`
 */
export async function mergeJournals<Entry extends { readonly key: string }>(
    { name, shape }: JournalKind<Entry>,
    into: string,
    from: readonly string[],
    signal: AbortSignal | undefined,
): Promise<void> {
    const keys = new Set<string>();
    const own = join(into, name);
    const journal = await Journal.open(own, shape, { signal, take: ({ key }) => keys.add(key) });
    for (const folder of from) {
        for (const path of await journalsIn(folder, name)) {
            if (path === own) continue;
            const lacking: Entry[] = [];
            const take = (entry: Entry): void => {
                if (!keys.has(entry.key)) lacking.push(entry);
                keys.add(entry.key);
            };
            await Journal.read(path, shape, { signal, take });
            while (lacking.length > 0) await journal.add(...lacking.splice(0, together));
        }
    }
}

/**
 * The paths of all journals of a kind in a folder, that of whole runs first.
 * @throws LanguageNeuronsError NOT_FOUND
 */
async function journalsIn(folder: string, name: string): Promise<string[]> {
    const names = await readdir(folder).catch((cause: unknown) => {
        throw unreadable(folder, cause);
    });
    const kept = names.filter((found) => found === name || nameOfWhole(found) === name);
    return kept.sort().map((found) => join(folder, found));
}
