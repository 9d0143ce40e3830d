import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import type { CorpusOptions } from '../../corpus/Corpus.js';
import { readLines } from '../../corpus/readLines.js';
import { LanguageNeuronsError } from '../../errors.js';
import { LanguageList } from '../../languages/LanguageList.js';
import { languageTag } from '../../languages/languageTag.js';
import { checkSettings } from '../../settings/checkSetting.js';
import { languagesTable } from '../../settings/settings.js';
import { cacheFolder } from '../../files/cacheFolder.js';
import { defined } from '../../support/defined.js';
import { formatList } from '../../support/format.js';
import { silent } from '../../support/progress.js';
import { throwIfStopped } from '../../support/stop.js';
import { fetchQuestions, homeLanguages, isCached, questionSets } from './fetchQuestions.js';
import { everyday, everydayFolder, everydayLanguages } from './everyday.js';
import type { Question, Questions } from './Questions.js';
import { plainNumbers } from '../../answers/plainNumbers.js';
import { groupingSpaces, readDigits } from '../../answers/readDigits.js';
import { type Separators, separatorsOf } from '../../answers/separators.js';

/** MGSM's own files group by commas in all languages. */
const english: Separators = { group: ',', decimal: '.', groupsOfFour: false };

const written = new RegExp(`^([-–−－]?)((?:\\d[\\d.,'’${groupingSpaces}]*)?\\d|\\.\\d+)(?:[eE]([+-]?\\d+))?$`);

const msvampRow = z.union([
    z
        .object({ m_query: z.string(), response: z.string() })
        .transform(({ m_query, response }) => ({ text: m_query, response })),
    z
        .object({ query: z.string(), response: z.string() })
        .transform(({ query, response }) => ({ text: query, response })), // the English file
]);

const promptRow = z.object({ prompt: z.string() });

interface Row {
    readonly text: string;
    /** Absent: no number answers it. */
    readonly answer?: string;
}

/** Readers of a row of each kind of file; undefined for another kind of row. */
const kinds = {
    /** `question<TAB>answer` without header; commas group the answer's digits; quotes are part of the text. */
    mgsm: (line: string): Row | undefined => {
        const [text, answer, ...more] = line.split('\t');
        return answer === undefined || more.length > 0 ? undefined : { text: text!, answer };
    },
    /** One JSON object a line: `m_query` (in English `query`) and `response`, such as "8.0". */
    msvamp: (line: string): Row | undefined => {
        const row = parsed(msvampRow, line);
        return row && { text: row.text, answer: row.response };
    },
    /** One JSON object a line: `prompt`, which no number answers. */
    prompts: (line: string): Row | undefined => {
        const row = parsed(promptRow, line);
        return row && { text: row.prompt };
    },
} as const;

function parsed<T>(shape: z.ZodType<T>, line: string): T | undefined {
    try {
        return shape.parse(JSON.parse(line));
    } catch {
        return undefined;
    }
}

const shapes: Readonly<Record<keyof typeof kinds, string>> = {
    mgsm: 'question, tab, number',
    msvamp: '{"m_query", "response"} with a number',
    prompts: '{"prompt"} with a text',
};

/** The options of a corpus. */
type QuestionsOptions = CorpusOptions;

/** Questions that have a name, whatever folder there is. */
export const namedQuestions: readonly string[] = [...questionSets, everyday];

/** The folder of the files of questions by name; those that are downloaded may lack some. */
export function folderOfQuestions(name: string): string {
    return name === everyday ? everydayFolder : join(cacheFolder(), name);
}

/** Whether this is a name of questions, or a folder with files of questions. */
export async function isQuestions(spec: string): Promise<boolean> {
    return (
        namedQuestions.includes(spec) ||
        (await readdir(spec).catch((): string[] => [])).some((name) => kindOf(name) !== undefined)
    );
}

/**
 * Opens questions: `mgsm` or `msvamp`, downloaded and cached; `everyday`, which ships with the package; or a folder of
 * MGSM's `mgsm_LL.tsv`, MSVAMP's `test_Language.json` or `prompts_LL.jsonl`.
 * @throws LanguageNeuronsError NOT_FOUND, WRONG_USE, and the errors of `fetchQuestions`. Reading a language throws
 * DAMAGED naming the line, ENCODING, EMPTY, ABORTED
 */
export async function openQuestions(spec: string, options: QuestionsOptions = {}): Promise<Questions> {
    checkSettings(options, languagesTable, { signal: true, progress: true });
    const { languages, signal, progress = silent } = options;
    throwIfStopped(signal);
    if (spec === everyday) {
        const chosen = { ...options, languages: languages ?? everydayLanguages };
        return { ...(await openFolder(everydayFolder, chosen)), name: spec, sources: [{ name: spec }] };
    }
    if (!questionSets.includes(spec)) return openFolder(spec, options);
    const folder = await fetchQuestions(spec, { languages, signal, progress });
    const fetched = await openFolder(folder, { ...options, languages: languages ?? homeLanguages(spec) });
    return {
        ...fetched,
        name: spec,
        sources: [{ name: spec }],
        inLanguage: async (language) => {
            // the file may have changed since it was opened
            await isCached(folder, spec, languageTag(language) ?? language);
            return fetched.inLanguage(language);
        },
    };
}

async function openFolder(folder: string, options: QuestionsOptions): Promise<Questions> {
    const { languages, signal, progress } = options;
    const names = await readdir(folder).catch((cause: NodeJS.ErrnoException) => {
        throw new LanguageNeuronsError(
            'NOT_FOUND',
            `${folder}: cannot be read (${cause.message}); ` +
                `give ${namedQuestions.join(', ')}, or a folder of mgsm_LL.tsv, test_Language.json or prompts_LL.jsonl`,
            { cause },
        );
    });
    const [files, passedOver] = [new Map<string, QuestionFile>(), new Array<string>()];
    for (const name of names.sort()) {
        const file = kindOf(name);
        if (file === undefined) passedOver.push(name);
        else files.set(name, file);
    }
    if (files.size === 0)
        throw new LanguageNeuronsError(
            'NOT_FOUND',
            `${folder}: holds no questions; give a folder of mgsm_LL.tsv, test_Language.json or prompts_LL.jsonl`,
        );
    const list = new LanguageList(
        folder,
        [...files].map(([name, { written }]) => [name, written]),
    );
    list.checkOnce(languages);
    if (passedOver.length > 0) {
        progress?.note(
            `${folder}: skips ${formatList(passedOver, { most: 5 })}; name files of questions like mgsm_en.tsv`,
        );
    }
    const chosen = list.choose({ ...options, note: progress?.note.bind(progress) });
    const nameOf = new Map(chosen.map(({ language, name }) => [language, name]));
    return {
        name: folder,
        sources: [{ name: folder, path: resolve(folder) }],
        languages: [...nameOf.keys()],
        ...(chosen.some(({ name }) => files.get(name)!.kind === 'prompts') ? { unnumbered: true } : {}),
        inLanguage: (language) => {
            const name = nameOf.get(language)!;
            return readQuestions(join(folder, name), files.get(name)!.kind, language, signal);
        },
    };
}

interface QuestionFile {
    /** The language in the file's name. */
    readonly written: string;
    readonly kind: keyof typeof kinds;
}

function kindOf(name: string): QuestionFile | undefined {
    const mgsm = /^mgsm_(.+)\.tsv$/i.exec(name)?.[1];
    const msvamp = /^test_(.+)\.jsonl?$/i.exec(name)?.[1];
    const prompts = /^prompts_(.+)\.jsonl$/i.exec(name)?.[1];
    const written = mgsm ?? msvamp ?? prompts;
    if (written === undefined || languageTag(written) === undefined) return undefined;
    return { written, kind: mgsm !== undefined ? 'mgsm' : msvamp !== undefined ? 'msvamp' : 'prompts' };
}

async function readQuestions(
    path: string,
    kind: keyof typeof kinds,
    language: string,
    signal: AbortSignal | undefined,
): Promise<Question[]> {
    const questions: Question[] = [];
    for await (const { text: line, number } of readLines(path, signal)) {
        if (line.trim() === '') continue;
        const row = kinds[kind](line);
        const answer = row?.answer === undefined ? undefined : answerNumber(row.answer);
        const isNumbered = row?.answer !== undefined;
        if (row === undefined || (isNumbered && answer === undefined) || row.text.trim() === '') {
            throw new LanguageNeuronsError(
                'DAMAGED',
                `${path}: line ${number} is not ${shapes[kind]}${columnsWords(kind, line)}; correct the line`,
            );
        }
        if (kind === 'mgsm' && isAmbiguous(row.answer!, language)) {
            const written = row.answer!.trim();
            throw new LanguageNeuronsError(
                'DAMAGED',
                `${path}: line ${number}: in ${language} the answer ${written} may be ${answer} or ` +
                    `${written.replace('.', '')}; write ${written}0 or ${written.replace('.', '')}`,
            );
        }
        questions.push({ language, index: questions.length, text: row.text, ...defined({ answer }) });
    }
    if (questions.length === 0)
        throw new LanguageNeuronsError('EMPTY', `${path}: holds no question; download the file again`);
    return questions;
}

/** The number of columns of a refused line, where there are too many. */
function columnsWords(kind: keyof typeof kinds, line: string): string {
    const columns = line.split('\t').length;
    return kind === 'mgsm' && columns > 2 ? ` but has ${columns} columns (keep only question and answer)` : '';
}

/**
 * Reads a question's answer in its file: a number and nothing else. In all languages a single comma before three digits
 * groups, and a single point never does. A number that can be read in one way only is read so (`10,5`, `1.000,5`).
 * @returns undefined where it is not one number
 */
function answerNumber(text: string): number | undefined {
    const [, sign, digits, exponent] = written.exec(plainNumbers(text.trim())) ?? [];
    const read = digits === undefined ? undefined : readDigits(digits, english);
    if (read === undefined) return undefined;
    const value = exponent === undefined ? read : Number(`${read}e${exponent}`);
    return sign === '' || value === 0 ? value : -value;
}

/** Whether a number may mean another one in a language that groups by points: `1.500`. */
function isAmbiguous(text: string, language: string): boolean {
    return separatorsOf(language).group === '.' && /^\D?[1-9]\d{0,2}\.\d{3}$/.test(plainNumbers(text.trim()));
}
