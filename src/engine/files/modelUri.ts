import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { hasCode, LanguageNeuronsError } from '../../errors.js';
import { cacheFolder } from '../../files/cacheFolder.js';
import { readTextIfAny, writeFileAtomic } from '../../files/fileAccess.js';
import { withFile } from '../../files/folderLock.js';
import { keyOf } from '../../support/keyOf.js';
import { type Progress, silent } from '../../support/progress.js';
import { throwIfStopped } from '../../support/stop.js';
import { partNames } from './modelFiles.js';

/** Milliseconds for a hub to answer at all: the library behind tries for twelve minutes. */
const answerTime = 20_000;
/** Milliseconds between two looks at what another process downloads. */
const lookTime = 1000;

/** What was downloaded, kept in the cache folder by its URI. */
const keptShape = z.object({ uri: z.string(), path: z.string() });

export interface DownloadOptions {
    /** Stops a download; what is there of it is kept. */
    readonly signal?: AbortSignal | undefined;
    /** Tells how far it is. */
    readonly progress?: Progress | undefined;
}

/** Whether node-llama-cpp resolves and downloads it, such as `hf:user/repo:Q4_K_M`; anything else is a path. */
export function isModelUri(model: string): boolean {
    return isUrl(model) || /^((hf|huggingface):|(hf|huggingface)\.co\/)/.test(model);
}

function isUrl(uri: string): boolean {
    return /^https?:\/\//.test(uri);
}

/**
 * The file of a URI, downloaded where it is not there yet; what is there needs no network.
 * @throws LanguageNeuronsError NOT_FOUND, ABORTED, UNWRITABLE
 */
export async function downloadModel(uri: string, options: DownloadOptions = {}): Promise<string> {
    const { signal, progress = silent } = options;
    const record = join(cacheFolder(), 'models', `${keyOf(uri)}.json`);
    for (let told = false; ; told = true) {
        throwIfStopped(signal);
        const there = await findModel(uri, record);
        if (there !== undefined) return there;
        try {
            return await withFile(record, 'download', () => fetchModel(uri, record, options));
        } catch (cause) {
            if (!hasCode(cause, 'BUSY')) throw cause;
            if (!told) progress.note(`${uri}: waiting for another process that downloads it`);
            await wait(lookTime);
        }
    }
}

/** Where a URI's file lies already, if it does. */
async function findModel(uri: string, record: string): Promise<string | undefined> {
    const kept = await readTextIfAny(record)
        .then((text) => keptShape.parse(JSON.parse(text ?? '')))
        .catch(() => undefined);
    if (kept?.uri === uri && (await areThere(partNames(kept.path)))) return kept.path;
    if (isUrl(uri)) return undefined; // the library would take any file that ends like it
    const { resolveModelFile } = await import('node-llama-cpp'); // heavy, and rarely needed
    return resolveModelFile(uri, { cli: false, download: false }).catch(() => undefined);
}

async function areThere(paths: readonly string[]): Promise<boolean> {
    const found = await Promise.all(paths.map((path) => stat(path).catch(() => undefined)));
    return found.every((one) => one?.isFile() === true);
}

async function fetchModel(
    uri: string,
    record: string,
    { signal, progress = silent }: DownloadOptions,
): Promise<string> {
    const { resolveModelFile } = await import('node-llama-cpp');
    await seesServer(uri, signal);
    let read = -1;
    try {
        const path = await resolveModelFile(uri, {
            cli: false, // its own words go to stdout, which belongs to results
            deleteTempFileOnCancel: false,
            ...(signal === undefined ? {} : { signal }),
            // Files of equal names from different places are different files.
            ...(isUrl(uri) ? { directory: join(cacheFolder(), 'models', keyOf(uri)) } : {}),
            onProgress: ({ totalSize, downloadedSize }) => {
                if (read < 0) progress.stage(`download ${uri}`, totalSize);
                progress.advance(downloadedSize - Math.max(0, read));
                read = downloadedSize;
            },
        });
        await writeFileAtomic(record, `${JSON.stringify({ uri, path })}\n`);
        progress.done();
        return path;
    } catch (cause) {
        throwIfStopped(signal);
        throw notDownloaded(uri, (cause as Error).message, cause);
    }
}

/**
 * Whether anybody answers where the file comes from, whatever the answer.
 * @throws LanguageNeuronsError NOT_FOUND, ABORTED
 */
async function seesServer(uri: string, signal: AbortSignal | undefined): Promise<void> {
    const hub = process.env['MODEL_ENDPOINT'] ?? process.env['HF_ENDPOINT'] ?? 'https://huggingface.co/';
    const ends = [AbortSignal.timeout(answerTime), ...(signal === undefined ? [] : [signal])];
    try {
        const { status, statusText } = await fetch(isUrl(uri) ? uri : hub, {
            method: 'HEAD',
            signal: AbortSignal.any(ends),
        });
        if (isUrl(uri) && status >= 500) throw new Error(`${status} ${statusText}`);
    } catch (cause) {
        throwIfStopped(signal);
        const { message, cause: reason } = cause as Error;
        const why = reason instanceof Error ? reason.message || (reason as NodeJS.ErrnoException).code : message;
        throw notDownloaded(uri, why ?? message, cause);
    }
}

function notDownloaded(uri: string, why: string, cause: unknown): LanguageNeuronsError {
    const mend = 'check the name and the network (private models need HF_TOKEN), or give a path';
    return new LanguageNeuronsError('NOT_FOUND', `${uri}: cannot be downloaded (${why.trim()}); ${mend}`, { cause });
}
