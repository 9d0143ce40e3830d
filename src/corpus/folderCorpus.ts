import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { LanguageNeuronsError, wrongUse } from '../errors.js';
import { unreadable } from '../files/fileAccess.js';
import { LanguageList } from '../languages/LanguageList.js';
import { languageTag } from '../languages/languageTag.js';
import { formatList } from '../support/format.js';
import { throwIfStopped } from '../support/stop.js';
import { chosenCorpus, type Corpus, type CorpusOptions, type Sample } from './Corpus.js';
import { readLines } from './readLines.js';

/** Parts of FLORES, after the language (`eng_Latn.dev`) or before it (`dev.eng_Latn`). */
const parts = 'dev|devtest|test';
const partLast = new RegExp(`^(.+)\\.(?:${parts})$`, 'i');
const partFirst = new RegExp(`^(?:${parts})\\.(.+)$`, 'i');
/** NTREX: `newstest2019-ref.deu.txt`. */
const newstest = /^newstest\d+-(?:ref|src)\.(.+)$/i;
/** FLORES-101's own names. */
const ownNames: Readonly<Record<string, string>> = { zho_simpl: 'zho_Hans', zho_trad: 'zho_Hant' };

/**
 * Opens a folder of `LL.txt`, or of FLORES or NTREX: one text a line, as it is, quotes included. Blank lines are
 * skipped. A text file that is not named after a language is refused, and so are two files of one language, unless
 * `languages` leaves them out. Other files are skipped with a note.
 * @throws LanguageNeuronsError NOT_FOUND, WRONG_USE, ABORTED
 */
export async function folderCorpus(folder: string, options: CorpusOptions): Promise<Corpus> {
    const { languages, signal, progress } = options;
    throwIfStopped(signal);
    const found = await readdir(folder, { withFileTypes: true }).catch((cause: unknown) => {
        throw unreadable(folder, cause);
    });
    const folders = found.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    const [files, passedOver] = [new Map<string, string>(), new Array<string>()];
    for (const name of found.map((entry) => entry.name).sort()) {
        const written = folders.includes(name) ? undefined : languageOfFile(name);
        if (written === undefined) passedOver.push(name);
        else if (languageTag(written) !== undefined || languages?.includes(written) === true) files.set(name, written);
        else if (languages !== undefined) passedOver.push(name);
        else {
            throw wrongUse(
                `${join(folder, name)}: is not named after a language, such as en.txt or zh_TW.txt; rename or move ` +
                    'it, or name the languages with `languages`',
            );
        }
    }
    if (files.size === 0) throw hasNoTexts(folder, folders, passedOver);
    const list = new LanguageList(folder, files);
    list.checkOnce(languages);
    if (passedOver.length > 0) {
        progress?.note(
            `${folder}: skips ${formatList(passedOver, { most: 5 })}; ` +
                'name files of texts after languages, such as en.txt',
        );
    }
    return chosenCorpus(
        { name: folder, sources: [{ name: folder, path: resolve(folder) }] },
        list.choose({ ...options, note: progress?.note.bind(progress) }),
        ({ name, language }) => samples(join(folder, name), language, signal),
    );
}

/** `en` for `en.txt`, `eng_Latn` for `eng_Latn.devtest`; undefined for another kind of file. */
function languageOfFile(name: string): string | undefined {
    if (name.startsWith('.')) return undefined; // macOS puts ._en.txt beside en.txt
    const text = /^(.+)\.txt$/i.exec(name)?.[1];
    if (text !== undefined) return newstest.exec(text)?.[1] ?? text;
    const flores = (partLast.exec(name) ?? partFirst.exec(name))?.[1]?.toLowerCase();
    const written = flores === undefined ? '' : (ownNames[flores] ?? flores);
    return languageTag(written) === undefined ? undefined : written;
}

function hasNoTexts(folder: string, folders: readonly string[], passedOver: readonly string[]): LanguageNeuronsError {
    const what = `${folder}: has no LL.txt file`;
    if (folders.length > 0) {
        const given = folders.find((name) => ['devtest', 'dev', 'test'].includes(name)) ?? folders[0]!;
        return new LanguageNeuronsError(
            'NOT_FOUND',
            `${what}, only ${folders.length === 1 ? 'the folder' : 'folders,'} ` +
                `${formatList(folders, { most: 5 })}; give the one with the texts, such as ${join(folder, given)}`,
        );
    }
    const only = passedOver.length === 0 ? '' : `, only ${formatList(passedOver, { most: 5 })}`;
    return new LanguageNeuronsError('NOT_FOUND', `${what}${only}; name one file after each language, such as en.txt`);
}

async function* samples(path: string, language: string, signal: AbortSignal | undefined): AsyncGenerator<Sample> {
    let empty = true;
    for await (const { text } of readLines(path, signal)) {
        if (text.trim() === '') continue;
        empty = false;
        yield { language, prompt: '', response: text };
    }
    if (empty)
        throw new LanguageNeuronsError(
            'EMPTY',
            `${path}: holds no text; put ${language} texts in it, one a line, ` +
                'or leave the language out with `languages`',
        );
}
