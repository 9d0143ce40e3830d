import { createHash } from 'node:crypto';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import envPaths from 'env-paths';
import { chooseLanguages, inPaperOrder } from '../corpus/languages.js';
import { LanguageNeuronsError } from '../errors.js';
import { writeFileAtomic } from '../files.js';
import type { Progress } from '../progress.js';

/** A dataset in its public home: a file for each language. */
interface Home {
    readonly url: string;
    /** File names by language. */
    readonly files: Readonly<Record<string, string>>;
    /** Lines of each file. */
    readonly rows: number;
    /** Where the files are known to the byte, by language. */
    readonly sha256?: Readonly<Record<string, string>>;
}

const homes: Readonly<Record<string, Home>> = {
    mgsm: {
        url: 'https://raw.githubusercontent.com/google-research/url-nlp/main/mgsm',
        files: Object.fromEntries(['bn', 'de', 'en', 'es', 'fr', 'ja', 'ru', 'sw', 'te', 'th', 'zh'].map((language) => [language, `mgsm_${language}.tsv`])),
        rows: 250,
        sha256: {
            bn: '6b00bc7cc635547e866989284afa924d789b5affa2eb8de623c385dd943ad977', de: '4dfea30fede44b813e2e496f5f0534049e83c7cc8aed6e00600b30ec62053626',
            en: '50021d0f28cc957edcb44e7806425b1c7fbd648ddcb9e0a8ec689d10e57d40fa', es: '5bd27ebdf00140cec845c5298dc17715f5cd57d8edda6df1976db40bf3f0750a',
            fr: '36207c1c03fd7cd3ea491441eb755408199f94e4a647851df531bbaedc99d606', ja: '59a2b50debe77981fd784cb3b2bef1505e3abf2a37116dc9d7a366ab029b4637',
            ru: '6bd30fd2e80c5bac23f566fb4ae0e6a55a19578401fbf9a01fb21beb3645fef8', sw: '2bac828d77229e65d7c7197b1ad4a2cb5b1fe99b163f2cbdd66501de6a2115c4',
            te: 'dd6b1452c244bb2e4ba254c01ea84137f80c1cefc57d69c23b0ed88b9c0f36b7', th: 'f3932dc5ad8e9d0ea82b017adc1e1461dd647af861e7166d6741986602a0cfd6',
            zh: 'b2fa63151022370a0de1f4211c8c284eae74b0f5a3b003b1d5982c0d4a73f661',
        },
    },
    msvamp: {
        url: 'https://huggingface.co/datasets/Mathoctopus/MSVAMP/resolve/main',
        files: {
            bn: 'test_Bengali.json', zh: 'test_Chinese.json', en: 'test_English.json', fr: 'test_French.json', de: 'test_German.json',
            ja: 'test_Japanese.json', ru: 'test_Russian.json', es: 'test_Spanish.json', sw: 'test_Swahili.json', th: 'test_Thai.json',
        },
        rows: 1000,
    },
};

/** Datasets that are fetched by name. */
export const questionSets: readonly string[] = Object.keys(homes);

export interface FetchOptions {
    readonly languages?: readonly string[] | undefined;
    readonly signal?: AbortSignal | undefined;
    readonly progress: Progress;
}

/**
 * A folder with the files of a dataset, those not in the cache fetched from its public home, or from
 * `LANGUAGE_NEURONS_MIRROR/NAME` where that is set.
 * @param name one of `questionSets`
 * @throws LanguageNeuronsError NOT_FOUND for a language that the dataset lacks and where a file cannot be
 * fetched; DAMAGED where it is not what it should be; UNWRITABLE, ABORTED
 */
export async function fetchQuestions(name: string, { languages, signal, progress }: FetchOptions): Promise<string> {
    const home = homes[name]!;
    const folder = join(process.env.LANGUAGE_NEURONS_CACHE ?? envPaths('language-neurons', { suffix: '' }).cache, name);
    const missing: string[] = [];
    for (const language of chooseLanguages(languages, inPaperOrder(Object.keys(home.files)), name)) {
        await access(join(folder, home.files[language]!)).catch(() => missing.push(language));
    }
    if (missing.length === 0) return folder;
    const mirror = process.env.LANGUAGE_NEURONS_MIRROR;
    const from = mirror === undefined ? home.url : `${mirror.replace(/\/$/, '')}/${name}`;
    progress.stage(`fetch ${name}`, missing.length);
    for (const language of missing) {
        const file = home.files[language]!;
        const data = await download(`${from}/${file}`, name, signal);
        const lines = data.toString('utf8').trimEnd().split('\n').length;
        const wrong = home.sha256 !== undefined && createHash('sha256').update(data).digest('hex') !== home.sha256[language];
        if (wrong || lines !== home.rows) {
            throw new LanguageNeuronsError('DAMAGED', `${from}/${file}: is not the file of ${home.rows} questions known as ${name}; get it elsewhere and give its folder with --data`);
        }
        await writeFileAtomic(join(folder, file), data);
        progress.advance(1);
    }
    progress.done();
    return folder;
}

async function download(url: string, name: string, signal: AbortSignal | undefined): Promise<Buffer> {
    try {
        const response = await fetch(url, { signal: AbortSignal.any([AbortSignal.timeout(60_000), ...(signal === undefined ? [] : [signal])]) });
        if (!response.ok) throw new Error(`${response.status} ${response.statusText}`);
        return Buffer.from(await response.arrayBuffer());
    } catch (cause) {
        if (signal?.aborted === true) throw new LanguageNeuronsError('ABORTED', `stopped while fetching ${name}`);
        const { message, cause: reason } = cause as Error;
        const why = reason instanceof Error ? reason.message || (reason as NodeJS.ErrnoException).code : message;
        throw new LanguageNeuronsError('NOT_FOUND', `${url}: cannot be fetched (${why}); where there is no network, give a folder with the files of ${name} with --data`, { cause });
    }
}
