import { resolve } from 'node:path';
import { LanguageNeuronsError } from '../errors.js';
import { throwIfStopped } from '../support/stop.js';
import type { Corpus, Sample } from './Corpus.js';
import { chooseLanguages, firstSameLanguages, inPaperOrder } from './languages.js';
import { SampleSpool } from './SampleSpool.js';

export interface SpoolOptions {
    readonly languages?: readonly string[] | undefined;
    readonly signal?: AbortSignal | undefined;
}

/**
 * A corpus of one file that mixes languages. The file is read once, here; reading a language then reads
 * that language only.
 * @param samples samples of the whole file; those with an empty response only tell their language
 * @param wanted what the file should hold, for the message where it is empty
 * @throws LanguageNeuronsError what reading throws; EMPTY, NOT_FOUND, WRONG_USE, UNWRITABLE, ABORTED
 */
export async function spooledCorpus(
    path: string,
    samples: AsyncIterable<Sample>,
    wanted: string,
    { languages: asked, signal }: SpoolOptions,
): Promise<Corpus> {
    throwIfStopped(signal);
    const spool = await SampleSpool.create();
    for await (const sample of samples) {
        // What nobody asked for takes no space.
        if (sample.response === '' || asked?.includes(sample.language) === false) spool.mention(sample.language);
        else await spool.add(sample);
    }
    if (spool.languages.length === 0) throw new LanguageNeuronsError('EMPTY', `${path}: holds no ${wanted}`);
    const same = firstSameLanguages(asked ?? spool.languages, spool.languages);
    if (same !== undefined) {
        throw new LanguageNeuronsError(
            'WRONG_USE',
            `${path}: ${same.join(' and ')} are the same language; spell it in one way in the file`,
        );
    }
    return {
        name: path,
        sources: [{ name: path, path: resolve(path) }],
        languages: chooseLanguages(asked, inPaperOrder(spool.languages), path),
        samples: (language) => samplesOf(path, spool, language, signal),
    };
}

async function* samplesOf(
    path: string,
    spool: SampleSpool,
    language: string,
    signal: AbortSignal | undefined,
): AsyncGenerator<Sample> {
    let empty = true;
    for await (const sample of spool.samples(language, signal)) {
        empty = false;
        yield sample;
    }
    if (empty) {
        throw new LanguageNeuronsError(
            'EMPTY',
            `${path}: holds no text in ${language}; add some, or leave the language out with --languages`,
        );
    }
}
