import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { LanguageNeuronsError } from '../errors.js';
import type { Corpus, Sample } from './Corpus.js';
import { chooseLanguages, inPaperOrder } from './languages.js';
import { readLines } from './readLines.js';

const extension = '.txt';

/**
 * A folder of `LL.txt`, one text a line; blank lines are skipped.
 * @throws LanguageNeuronsError NOT_FOUND, WRONG_USE
 */
export async function folderCorpus(folder: string, asked: readonly string[] | undefined): Promise<Corpus> {
    const names = await readdir(folder);
    const available = inPaperOrder(names.filter((name) => name.endsWith(extension)).map((name) => name.slice(0, -extension.length)));
    if (available.length === 0) {
        throw new LanguageNeuronsError('NOT_FOUND', `${folder}: has no LL${extension} file; name one file after each language, such as en${extension}`);
    }
    return { name: folder, languages: chooseLanguages(asked, available, folder), samples: (language) => samples(folder, language) };
}

async function* samples(folder: string, language: string): AsyncGenerator<Sample> {
    const path = join(folder, language + extension);
    let empty = true;
    for await (const { text } of readLines(path)) {
        if (text.trim() === '') continue;
        empty = false;
        yield { language, prompt: '', response: text };
    }
    if (empty) throw new LanguageNeuronsError('EMPTY', `${path}: holds no text; put ${language} texts in it, one a line, or leave the language out with --languages`);
}
