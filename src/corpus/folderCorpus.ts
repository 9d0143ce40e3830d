import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { LanguageNeuronsError } from '../errors.js';
import type { Corpus, Sample } from './Corpus.js';
import { chooseLanguages, inPaperOrder } from './languages.js';
import { readLines } from './readLines.js';

/**
 * A folder of `LL.txt`, or of FLORES-200's `eng_Latn.dev` or `.devtest`; one text a line, taken as it
 * stands: quotes are part of it. Blank lines are skipped.
 * @throws LanguageNeuronsError NOT_FOUND, WRONG_USE
 */
export async function folderCorpus(folder: string, asked: readonly string[] | undefined): Promise<Corpus> {
    const names = await readdir(folder);
    const files = new Map<string, string>();
    for (const name of names.sort()) {
        const language = languageOfFile(name);
        if (language === undefined) continue;
        if (files.has(language)) throw new LanguageNeuronsError('WRONG_USE', `${folder}: ${files.get(language)!} and ${name} are both of ${language}; leave one in the folder`);
        files.set(language, name);
    }
    if (files.size === 0) {
        throw new LanguageNeuronsError('NOT_FOUND', `${folder}: has no LL.txt file; name one file after each language, such as en.txt`);
    }
    return {
        name: folder, sources: [{ name: folder, path: resolve(folder) }],
        languages: chooseLanguages(asked, inPaperOrder(files.keys()), folder),
        samples: (language) => samples(join(folder, files.get(language)!), language),
    };
}

/** `en` for `en.txt` or `eng_Latn.devtest`; `zh-TW` for `zho_Hant.dev`. */
function languageOfFile(name: string): string | undefined {
    const own = /^(.+)\.txt$/.exec(name)?.[1];
    if (own !== undefined) return own;
    const flores = /^([a-z]{3}_[A-Z][a-z]{3})\.(?:dev|devtest)$/.exec(name)?.[1];
    return flores === undefined ? undefined : new Intl.Locale(flores.replace('_', '-')).minimize().toString();
}

async function* samples(path: string, language: string): AsyncGenerator<Sample> {
    let empty = true;
    for await (const { text } of readLines(path)) {
        if (text.trim() === '') continue;
        empty = false;
        yield { language, prompt: '', response: text };
    }
    if (empty) throw new LanguageNeuronsError('EMPTY', `${path}: holds no text; put ${language} texts in it, one a line, or leave the language out with --languages`);
}
