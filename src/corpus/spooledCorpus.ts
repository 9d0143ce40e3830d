import { resolve } from 'node:path';
import { LanguageNeuronsError } from '../errors.js';
import { throwIfStopped } from '../support/stop.js';
import { type ChosenLanguage, LanguageList } from '../languages/LanguageList.js';
import { chosenCorpus, type Corpus, type CorpusOptions, type Sample } from './Corpus.js';
import { SampleSpool } from './SampleSpool.js';

/**
 * Makes a corpus of one file that mixes languages. The file is read once, here. Reading a language later reads
 * that language only.
 * @param samples samples of the whole file; one with an empty response only adds its language
 * @param wanted what the file should hold, for the message where it is empty
 * @throws LanguageNeuronsError what reading throws; EMPTY, NOT_FOUND, WRONG_USE, UNWRITABLE, ABORTED
 */
export async function spooledCorpus(
    path: string,
    samples: AsyncIterable<Sample>,
    wanted: string,
    options: CorpusOptions,
): Promise<Corpus> {
    const { languages, signal, progress } = options;
    throwIfStopped(signal);
    const wantedOf = new Map<string, boolean>();
    const spool = await SampleSpool.create();
    for await (const sample of samples) {
        // Languages that nobody asked for take no space.
        if (sample.response === '' || !isWanted(sample.language)) spool.mention(sample.language);
        else await spool.add(sample);
    }
    if (spool.languages.length === 0) throw new LanguageNeuronsError('EMPTY', `${path}: holds no ${wanted}`);
    const list = new LanguageList(
        path,
        spool.languages.map((written) => [written, written]),
    );
    list.checkOnce(languages, (names) => `${names} are the same language; use one spelling in the file`);
    return chosenCorpus(
        { name: path, sources: [{ name: path, path: resolve(path) }] },
        list.choose({ ...options, note: progress?.note.bind(progress) }),
        (chosen) => samplesOf(path, spool, chosen, signal),
    );

    function isWanted(written: string): boolean {
        let known = wantedOf.get(written);
        if (known === undefined) {
            known = languages === undefined || LanguageList.mayBeOneOf(written, languages);
            wantedOf.set(written, known);
        }
        return known;
    }
}

async function* samplesOf(
    path: string,
    spool: SampleSpool,
    { language, name }: ChosenLanguage,
    signal: AbortSignal | undefined,
): AsyncGenerator<Sample> {
    let empty = true;
    for await (const sample of spool.samples(name, signal)) {
        empty = false;
        yield name === language ? sample : { ...sample, language };
    }
    if (empty) {
        throw new LanguageNeuronsError(
            'EMPTY',
            `${path}: holds no text in ${language}; add some, or leave the language out with \`languages\``,
        );
    }
}
