import { join } from 'node:path';
import envPaths from 'env-paths';
import type { z } from 'zod';
import { readTextIfAny, writeFileAtomic } from './fileAccess.js';

/** Bytes of an entry. */
const mostEntryBytes = 64 * 1024;

/** The folder for files that can be downloaded again: `LANGUAGE_NEURONS_CACHE`, or the platform's folder of caches. */
export function cacheFolder(): string {
    return process.env.LANGUAGE_NEURONS_CACHE ?? envPaths('language-neurons', { suffix: '' }).cache;
}

/** What was kept, or undefined where there is nothing of that shape. */
export async function readCached<Shape extends z.ZodType>(
    folder: string,
    key: string,
    shape: Shape,
): Promise<z.output<Shape> | undefined> {
    return await readTextIfAny(entryPath(folder, key), mostEntryBytes)
        .then((text) => shape.parse(JSON.parse(text ?? '')))
        .catch(() => undefined);
}

/** Keeps what costs no more than time to find again: where it cannot be written, it is not kept. */
export async function keepCached(folder: string, key: string, entry: unknown): Promise<void> {
    await writeFileAtomic(entryPath(folder, key), `${JSON.stringify(entry)}\n`).catch(() => undefined);
}

const entryPath = (folder: string, key: string): string => join(cacheFolder(), folder, `${key}.json`);
