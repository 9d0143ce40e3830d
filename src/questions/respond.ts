import { lstat, rm } from 'node:fs/promises';
import { z } from 'zod';
import type { Engine } from '../engine/Engine.js';
import { steppingDown } from '../engine/steppingDown.js';
import { checkFilePlaces, unwritable, writeFileAtomic } from '../files/fileAccess.js';
import { withFile } from '../files/folderLock.js';
import { Journal, noteUnreadable } from '../files/Journal.js';
import { readableName } from '../languages/englishName.js';
import { checkSettings } from '../settings/checkSetting.js';
import type { OptionsOf } from '../settings/Setting.js';
import { generateTable, questionTable } from '../settings/settings.js';
import { type Progress, silent } from '../support/progress.js';
import { datedTemplate } from './datedTemplate.js';
import { promptKey } from './promptKey.js';
import type { PromptTemplate } from './PromptTemplate.js';
import { questionId } from './questionId.js';
import type { Question, Questions } from './Questions.js';

export interface RespondOptions extends OptionsOf<typeof generateTable> {
    readonly engine: Engine;
    readonly questions: Questions;
    readonly template: PromptTemplate;
    /**
     * Day for a template that writes the date, YYYY-MM-DD. Default: the day of the existing answers, else today.
     */
    readonly date?: string | undefined;
    /**
     * JSON file for the answers. `PATH.answers.jsonl` beside it keeps the answers to each question as soon as they
     * are finished.
     */
    readonly path: string;
    /** Most questions of each language; the first ones are taken. Default: all. */
    readonly limit?: number | undefined;
    /** Whether existing answers are removed first. Default: those to these questions are reused. */
    readonly fresh?: boolean | undefined;
    readonly signal?: AbortSignal | undefined;
    readonly progress?: Progress | undefined;
}

/** The end of an answer: `stop` by the model, or `length`, cut off by `maxTokens`. */
export type AnswerEnd = 'stop' | 'length';

export interface GivenAnswer {
    readonly generated: string;
    readonly end: AnswerEnd;
    /** Tokens of the answer, without the prompt's. */
    readonly tokens: number;
}

/** One question with its answers: the authors' form, and the question's index and number. */
export interface AnsweredQuestion {
    /** English name of the language, or its tag where the name is ambiguous: `German`, `zh-TW`. */
    readonly lang: string;
    /** The whole prompt. */
    readonly instruction: string;
    readonly answers: readonly GivenAnswer[];
    /** Whether special tokens spelled out in the prompt, a chat template's, are these tokens. */
    readonly special?: true;
    readonly index: number;
    readonly answer: number;
}

export interface RespondResult {
    readonly questions: readonly AnsweredQuestion[];
    /** The language of each question, as a tag. */
    readonly languages: readonly string[];
    /** Tokens drawn in this call. */
    readonly generatedTokens: number;
    readonly seconds: number;
}

const entry = z.object({
    key: z.string(),
    language: z.string(),
    index: z.int(),
    answers: z.array(z.string()),
    ends: z.array(z.enum(['stop', 'length'])),
    tokens: z.array(z.int()),
    /** The day for a template that writes the date. */
    date: z.string().optional(),
});

/** A question with its prompt. */
interface AskedQuestion {
    readonly question: Question;
    readonly text: string;
    readonly id: number;
    readonly key: string;
    readonly special: boolean;
    readonly stops: readonly string[];
}

/**
 * Generates answers to every question in every language, many at once, into a JSON file that `collect`
 * reads. Earlier answers of the same model to the same prompts with the same settings are reused.
 * @throws LanguageNeuronsError the questions', the template's and the engine's; WRONG_USE, BUSY, UNWRITABLE, ABORTED
 */
export async function respond(options: RespondOptions): Promise<RespondResult> {
    const { path, limit, date } = options;
    checkSettings({ limit, date }, questionTable);
    checkSettings(options, generateTable);
    await checkFilePlaces(path, `${path}.answers.jsonl`);
    return withFile(path, 'respond', () => respondInto(options));
}

async function respondInto(options: RespondOptions): Promise<RespondResult> {
    const {
        engine,
        path,
        answers = generateTable.answers.default,
        maxTokens = generateTable.maxTokens.default,
        temperature = generateTable.temperature.default,
        seed = generateTable.seed.default,
        fresh = false,
        signal,
        progress = silent,
    } = options;
    const begin = performance.now();
    const journalPath = `${path}.answers.jsonl`;
    if (fresh) await removeAnswers([path, journalPath], progress);
    const { template, date } = await datedTemplate(options.template, {
        given: options.date,
        kept: () => dateOf(journalPath, signal),
        progress,
    });
    const asked = await askedQuestions({ ...options, template });
    const keys = new Set(asked.map(({ key }) => key));
    const done = new Map<string, readonly GivenAnswer[]>();
    const journal = await Journal.open(journalPath, entry, {
        signal,
        take: ({ key, answers: texts, ends, tokens }) => {
            const isWhole = [texts, ends, tokens].every(({ length }) => length === answers);
            if (!keys.has(key) || !isWhole) return;
            done.set(
                key,
                texts.map((generated, i) => ({ generated, end: ends[i]!, tokens: tokens[i]! })),
            );
        },
    });
    noteUnreadable(journal, journalPath, progress);
    progress.stage('respond', asked.length * answers);
    const before = asked.filter(({ key }) => done.has(key)).length;
    if (before > 0) {
        progress.note(`continues after ${before} of ${asked.length} questions`);
        progress.advance(before * answers);
    }
    const open = new Map(
        asked
            .filter(({ key }) => !done.has(key))
            .map((one) => [one.id, { ...one, given: new Array<GivenAnswer | undefined>(answers).fill(undefined) }]),
    );
    let generatedTokens = 0;
    await steppingDown(engine, progress, async () => {
        const left = [...open.values()].filter(({ key }) => !done.has(key));
        for (const { given } of left) given.fill(undefined);
        for await (const { prompt, answer, text, tokens, end } of engine.generate(left, {
            answers,
            maxTokens,
            temperature,
            seed,
            signal,
        })) {
            const {
                given,
                key,
                question: { language, index },
            } = open.get(prompt)!;
            given[answer] = { generated: text, end, tokens };
            generatedTokens += tokens;
            progress.advance(1);
            if (given.includes(undefined)) continue;
            const all = given as GivenAnswer[];
            await journal.add({
                ...{ key, language, index },
                answers: all.map(({ generated }) => generated),
                ends: all.map(({ end }) => end),
                tokens: all.map(({ tokens }) => tokens),
                ...(date === undefined ? {} : { date }),
            });
            done.set(key, all);
        }
    });
    progress.done();
    const answered = asked.map(({ question: { language, index, answer }, text, key, special }): AnsweredQuestion => ({
        lang: readableName(language),
        instruction: text,
        ...(special ? { special } : {}),
        answers: done.get(key)!,
        index,
        answer,
    }));
    await writeFileAtomic(path, jsonLines(answered));
    noteCutOff(answered, maxTokens, progress);
    const languages = asked.map(({ question: { language } }) => language);
    return { questions: answered, languages, generatedTokens, seconds: (performance.now() - begin) / 1000 };
}

/** Warns of answers that were cut off: they seldom hold their result and are then judged wrong. */
function noteCutOff(answered: readonly AnsweredQuestion[], maxTokens: number, progress: Progress): void {
    const all = answered.flatMap(({ answers }) => answers);
    const cut = all.filter(({ end }) => end === 'length').length;
    if (cut > 0)
        progress.note(
            `${cut} of ${all.length} answers were cut off at ${maxTokens} tokens, maybe before their result; ` +
                'raise `maxTokens`',
        );
}

/** The day of the last answers in a journal. */
async function dateOf(journalPath: string, signal: AbortSignal | undefined): Promise<string | undefined> {
    let found: string | undefined;
    await Journal.open(journalPath, entry, { signal, take: ({ date }) => (found = date ?? found) });
    return found;
}

async function askedQuestions({
    engine,
    questions,
    template,
    limit,
    answers = generateTable.answers.default,
    maxTokens = generateTable.maxTokens.default,
    temperature = generateTable.temperature.default,
    seed = generateTable.seed.default,
}: RespondOptions): Promise<AskedQuestion[]> {
    const asked: AskedQuestion[] = [];
    for (const language of questions.languages) {
        for (const question of (await questions.inLanguage(language)).slice(0, limit)) {
            const [text, id, special, stops] = [
                await template.write(question),
                questionId(question),
                template.special,
                template.stops(language),
            ];
            // The question's index decides what is drawn.
            const drawn =
                temperature === 0 ? { answers, temperature, seed: 0, id: 0 } : { answers, temperature, seed, id };
            asked.push({
                question,
                text,
                id,
                special,
                stops,
                key: promptKey(engine, { language, text, special, stops, maxTokens, drawn }),
            });
        }
    }
    return asked;
}

async function removeAnswers(paths: readonly string[], progress: Progress): Promise<void> {
    for (const path of paths) {
        if ((await lstat(path).catch(() => undefined)) === undefined) continue;
        await rm(path).catch((cause: unknown) => {
            throw unwritable(path, cause);
        });
        progress.note(`removed ${path}`);
    }
}

/** Writes a JSON array, one element a line. */
function* jsonLines(elements: readonly unknown[]): Generator<string> {
    for (const [i, element] of elements.entries()) yield `${i === 0 ? '[\n' : ',\n'}${JSON.stringify(element)}`;
    yield elements.length === 0 ? '[]\n' : '\n]\n';
}
