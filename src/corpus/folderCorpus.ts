import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { LanguageNeuronsError } from '../errors.js';
import { unreadable } from '../files/fileAccess.js';
import { throwIfStopped } from '../support/stop.js';
import type { Corpus, Sample } from './Corpus.js';
import { chooseLanguages, inPaperOrder, languageKey } from './languages.js';
import { readLines } from './readLines.js';

/** Language, and perhaps script and region: `en`, `zh_TW`, `sr-Latn-RS`. */
const languageTag = /^[a-z]{2,3}(?:[_-]([a-z]{4}))?(?:[_-](?:[a-z]{2}|\d{3}))?$/i;
const scriptNames = new Intl.DisplayNames(['en'], { type: 'script', fallback: 'none' });

/**
 * A folder of `LL.txt`, or of FLORES-200's `eng_Latn.dev` or `.devtest`; one text a line, taken as it
 * stands: quotes are part of it. Blank lines are skipped. Files not named after a language are refused,
 * and so are two of one language, unless languages are asked for and these are not among them.
 * @throws LanguageNeuronsError NOT_FOUND, WRONG_USE, ABORTED
 */
export async function folderCorpus(
    folder: string,
    asked: readonly string[] | undefined,
    signal?: AbortSignal,
): Promise<Corpus> {
    throwIfStopped(signal);
    const wanted = asked === undefined ? undefined : new Set(asked.map(languageKey));
    const files = new Map<string, string>();
    const languages = new Map<string, string>();
    for (const name of (
        await readdir(folder).catch((cause: unknown) => {
            throw unreadable(folder, cause);
        })
    ).sort()) {
        const language = languageOfFile(name);
        if (language === undefined) continue;
        const key = languageKey(language);
        if (!isLanguageTag(language) && wanted?.has(key) !== true) {
            if (wanted !== undefined) continue;
            throw new LanguageNeuronsError(
                'WRONG_USE',
                `${join(folder, name)}: is not named after a language, such as en.txt or zh_TW.txt; rename or move ` +
                    'it, or name the languages with --languages',
            );
        }
        const other = languages.get(key);
        if (other !== undefined && wanted?.has(key) !== false) {
            throw new LanguageNeuronsError(
                'WRONG_USE',
                `${folder}: ${files.get(other)!} and ${name} are both of ${other}; leave one in the folder`,
            );
        }
        languages.set(key, language);
        files.set(language, name);
    }
    if (files.size === 0) {
        throw new LanguageNeuronsError(
            'NOT_FOUND',
            `${folder}: has no LL.txt file; name one file after each language, such as en.txt`,
        );
    }
    return {
        name: folder,
        sources: [{ name: folder, path: resolve(folder) }],
        languages: chooseLanguages(asked, inPaperOrder(files.keys()), folder),
        samples: (language) => samples(join(folder, files.get(language)!), language, signal),
    };
}

/** `en` for `en.txt` or `eng_Latn.devtest`; `zh-TW` for `zho_Hant.dev`. */
function languageOfFile(name: string): string | undefined {
    const own = /^(.+)\.txt$/.exec(name)?.[1];
    if (own !== undefined) return own;
    const flores = /^([a-z]{3}_[A-Z][a-z]{3})\.(?:dev|devtest)$/.exec(name)?.[1];
    return flores === undefined ? undefined : new Intl.Locale(flores.replace('_', '-')).minimize().toString();
}

/** Of the form of one, with a script that exists: `en_test` is none. */
function isLanguageTag(name: string): boolean {
    const parts = languageTag.exec(name);
    if (parts === null) return false;
    const script = parts[1];
    if (script === undefined) return true;
    return scriptNames.of(script.charAt(0).toUpperCase() + script.slice(1).toLowerCase()) !== undefined;
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
                'or leave the language out with --languages',
        );
}
