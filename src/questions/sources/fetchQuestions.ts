import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { cacheFolder } from '../../files/cacheFolder.js';
import { LanguageNeuronsError } from '../../errors.js';
import { unreadable, writeFileAtomic } from '../../files/fileAccess.js';
import { readWhole } from '../../files/readWhole.js';
import { LanguageList } from '../../languages/LanguageList.js';
import { inPaperOrder } from '../../languages/paperLanguages.js';
import type { Work } from '../../support/progress.js';
import { throwIfStopped } from '../../support/stop.js';
import { type QuestionHome, questionHomes } from './questionHomes.js';

/** Most bytes of a file; the longest one has 0.7 MB. */
const maxFileBytes = 4 * 1024 * 1024;

/** Datasets that are downloaded by name. */
export const questionSets: readonly string[] = Object.keys(questionHomes);

/** Languages of a dataset that is downloaded by name. */
export function homeLanguages(name: string): string[] {
    return inPaperOrder(Object.keys(questionHomes[name]!.files));
}

export interface FetchOptions extends Work {
    readonly languages?: readonly string[] | undefined;
}

/**
 * Gives a folder with the files of a dataset. Files that are not in the cache are downloaded from the dataset's public
 * home, or from `LANGUAGE_NEURONS_MIRROR/NAME` where that is set. Every file is checked to be the published one.
 * @param name one of `questionSets`, unless `home` is given
 * @throws LanguageNeuronsError NOT_FOUND for a language that the dataset lacks and where a file cannot be
 * downloaded; DAMAGED where a file is not the published one; UNWRITABLE, ABORTED
 */
export async function fetchQuestions(
    name: string,
    { languages, signal, progress }: FetchOptions,
    home: QuestionHome = questionHomes[name]!,
): Promise<string> {
    const folder = join(cacheFolder(), name);
    const missing: string[] = [];
    const list = new LanguageList(
        name,
        Object.keys(home.files).map((language) => [language, language]),
    );
    for (const { name: language } of list.choose({ languages })) {
        throwIfStopped(signal);
        if (!(await isCached(folder, name, language, home))) missing.push(language);
    }
    if (missing.length === 0) return folder;
    const mirror = process.env.LANGUAGE_NEURONS_MIRROR;
    const from = mirror === undefined ? home.url : `${mirror.replace(/\/$/, '')}/${name}`;
    progress.stage(`fetch ${name}`, missing.length);
    for (const language of missing) {
        const { file, sha256 } = home.files[language]!;
        const data = await download(`${from}/${file}`, name, signal);
        if (hashOf(data) !== sha256) {
            throw new LanguageNeuronsError(
                'DAMAGED',
                `${from}/${file}: is not the file known as ${name} (sha256 ${hashOf(data)} instead of ${sha256}); ` +
                    'get it from elsewhere and give its folder with `data`',
            );
        }
        await writeFileAtomic(join(folder, file), data);
        progress.advance(1);
    }
    progress.done();
    return folder;
}

/**
 * Whether the published file of a language is in the folder.
 * @throws LanguageNeuronsError DAMAGED where it was changed; NOT_FOUND where it cannot be read
 */
export async function isCached(
    folder: string,
    name: string,
    language: string,
    home: QuestionHome = questionHomes[name]!,
): Promise<boolean> {
    const { file, sha256 } = home.files[language]!;
    const path = join(folder, file);
    const data = await readWhole(path, maxFileBytes).catch((cause: NodeJS.ErrnoException) => {
        if (cause.code === 'ENOENT') return undefined;
        throw unreadable(path, cause);
    });
    if (data === undefined) return false;
    if (hashOf(data) === sha256) return true;
    throw new LanguageNeuronsError(
        'DAMAGED',
        `${path}: is not the file known as ${name} (sha256 ${hashOf(data)} instead of ${sha256}); delete it, and ` +
            'it is fetched again',
    );
}

function hashOf(data: Buffer): string {
    return createHash('sha256').update(data).digest('hex');
}

async function download(url: string, name: string, signal: AbortSignal | undefined): Promise<Buffer> {
    try {
        const ends = [AbortSignal.timeout(60_000), ...(signal === undefined ? [] : [signal])];
        const response = await fetch(url, { signal: AbortSignal.any(ends) });
        if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
        const chunks: Uint8Array[] = [];
        let bytes = 0;
        for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
            bytes += chunk.length;
            // Leaving the loop cancels the rest of the download.
            if (bytes > maxFileBytes) {
                throw new LanguageNeuronsError(
                    'DAMAGED',
                    `${url}: is longer than ${maxFileBytes >> 20} MiB, so not a file of ${name}; get it ` +
                        'from elsewhere and give its folder with `data`',
                );
            }
            chunks.push(chunk);
        }
        return Buffer.concat(chunks);
    } catch (cause) {
        throwIfStopped(signal);
        if (cause instanceof LanguageNeuronsError) throw cause;
        const { message, cause: reason } = cause as Error;
        const why = reason instanceof Error ? reason.message || (reason as NodeJS.ErrnoException).code : message;
        throw new LanguageNeuronsError(
            'NOT_FOUND',
            `${url}: cannot be fetched (${why}); where there is no network, ` +
                `give a folder with the files of ${name} with \`data\``,
            { cause },
        );
    }
}
