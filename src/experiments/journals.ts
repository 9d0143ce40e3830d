import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import { nameOfWhole, type Shard, shardPath } from '../activations/Shard.js';
import { unreadable } from '../files/fileAccess.js';
import { Journal, type JournalOptions, noteUnreadable } from '../files/Journal.js';
import type { Progress } from '../support/progress.js';

/** What a folder's journals of one kind hold. */
export interface JournalKind<Entry> {
    /** Of the whole run's. */
    readonly name: string;
    readonly shape: z.ZodType<Entry>;
}

/** Which journals to read. */
export interface JournalsOptions<Entry> extends JournalOptions<Entry> {
    readonly folder: string;
    /** Of the whole run's. */
    readonly name: string;
}

/** And which of them to write, the whole run's or a shard's. */
export interface WrittenJournalOptions<Entry> extends JournalsOptions<Entry> {
    readonly shard: Shard | undefined;
    readonly progress: Progress;
}

/**
 * Reads all journals of a kind in a folder: what is finished is found however the work was divided.
 * @returns the one to write
 * @throws LanguageNeuronsError as `Journal.open`
 */
export async function openJournals<Schema extends z.ZodType>(
    { shard, progress, ...options }: WrittenJournalOptions<z.output<Schema>>,
    schema: Schema,
): Promise<Journal<z.output<Schema>>> {
    const own = shardPath(join(options.folder, options.name), shard);
    await readJournals(options, schema, own);
    const journal = await Journal.open(own, schema, options);
    noteUnreadable(journal, own, progress);
    return journal;
}

/** Reads them all but one; see `openJournals`. */
export async function readJournals<Schema extends z.ZodType>(
    { folder, name, signal, take }: JournalsOptions<z.output<Schema>>,
    schema: Schema,
    but?: string,
): Promise<void> {
    for (const path of await journalsIn(folder, name)) {
        if (path !== but) await Journal.read(path, schema, { signal, take });
    }
}

/**
 * The paths of all journals of a kind in a folder, that of whole runs first.
 * @throws LanguageNeuronsError NOT_FOUND
 */
export async function journalsIn(folder: string, name: string): Promise<string[]> {
    const names = await readdir(folder).catch((cause: unknown) => {
        throw unreadable(folder, cause);
    });
    const kept = names.filter((found) => found === name || nameOfWhole(found) === name);
    return kept.sort().map((found) => join(folder, found));
}
