import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { languageTag } from '../corpus/languageNames.js';
import { chooseLanguages, inPaperOrder } from '../corpus/languages.js';
import { readLines } from '../corpus/readLines.js';
import { LanguageNeuronsError } from '../errors.js';
import type { Question, Questions } from './Questions.js';

const msvampRow = z.union([
    z.object({ m_query: z.string(), response: z.string() }).transform(({ m_query, response }) => ({ text: m_query, response })),
    z.object({ query: z.string(), response: z.string() }).transform(({ query, response }) => ({ text: query, response })), // the English file
]);

/** How a row of each kind of file is read: undefined where it is not one. */
const kinds = {
    /** `question<TAB>answer` without header, answers with comma thousands; quotes are part of the text. */
    mgsm: (line: string) => {
        const tab = line.lastIndexOf('\t');
        return tab < 0 ? undefined : { text: line.slice(0, tab), answer: wholeNumber(line.slice(tab + 1)) };
    },
    /** JSON a line: `m_query` (in English `query`) and `response`, such as "8.0". */
    msvamp: (line: string) => {
        try {
            const { text, response } = msvampRow.parse(JSON.parse(line));
            return { text, answer: wholeNumber(response) };
        } catch {
            return undefined;
        }
    },
} as const;

/**
 * Opens the questions in a folder: MGSM's `mgsm_LL.tsv` or MSVAMP's `test_Language.json`.
 * @throws LanguageNeuronsError NOT_FOUND, WRONG_USE; reading a language DAMAGED naming the line, or ENCODING
 */
export async function openQuestions(folder: string, options: { readonly languages?: readonly string[] | undefined } = {}): Promise<Questions> {
    const names = await readdir(folder).catch((cause: NodeJS.ErrnoException) => {
        throw new LanguageNeuronsError('NOT_FOUND', `${folder}: cannot be read (${cause.message}); give a folder of mgsm_LL.tsv or test_Language.json`, { cause });
    });
    const files = new Map<string, { readonly path: string; readonly kind: keyof typeof kinds }>();
    for (const name of names.sort()) {
        const mgsm = /^mgsm_([a-z]{2,3})\.tsv$/.exec(name)?.[1];
        const msvamp = /^test_([A-Za-z]+)\.jsonl?$/.exec(name)?.[1];
        const language = mgsm ?? (msvamp === undefined ? undefined : languageTag(msvamp));
        if (language === undefined) continue;
        const other = files.get(language);
        if (other !== undefined) throw new LanguageNeuronsError('WRONG_USE', `${folder}: ${other.path} and ${name} are both of ${language}; leave one in the folder`);
        files.set(language, { path: join(folder, name), kind: mgsm === undefined ? 'msvamp' : 'mgsm' });
    }
    if (files.size === 0) throw new LanguageNeuronsError('NOT_FOUND', `${folder}: holds no questions; give a folder of mgsm_LL.tsv or test_Language.json`);
    const languages = chooseLanguages(options.languages, inPaperOrder(files.keys()), folder);
    return { name: folder, languages, of: (language) => readQuestions(files.get(language)!, language) };
}

async function readQuestions({ path, kind }: { readonly path: string; readonly kind: keyof typeof kinds }, language: string): Promise<Question[]> {
    const questions: Question[] = [];
    for await (const { text: line, number } of readLines(path)) {
        if (line.trim() === '') continue;
        const row = kinds[kind](line);
        if (row === undefined || row.answer === undefined || row.text.trim() === '') {
            throw new LanguageNeuronsError('DAMAGED', `${path}: line ${number} is not ${kind === 'mgsm' ? 'question, tab, number' : '{"m_query", "response"} with a number'}; mend the line`);
        }
        questions.push({ language, index: questions.length, text: row.text, answer: row.answer });
    }
    if (questions.length === 0) throw new LanguageNeuronsError('EMPTY', `${path}: holds no question; get the file again`);
    return questions;
}

function wholeNumber(text: string): number | undefined {
    const bare = text.trim().replaceAll(',', '');
    return /^-?\d+(?:\.\d+)?$/.test(bare) ? Number(bare) : undefined;
}
