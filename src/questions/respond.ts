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
import { generateTable, outputTable, questionTable } from '../settings/settings.js';
import { defined } from '../support/defined.js';
import { type Progress, silent, type WorkOptions } from '../support/progress.js';
import { type AskedPrompt, askedPrompts, promptKey, questionId } from './askedPrompts.js';
import { datedTemplate } from './templates/datedTemplate.js';
import type { PromptTemplate } from './templates/PromptTemplate.js';
import type { Questions } from './sources/Questions.js';

/** @inline */
export interface RespondOptions extends OptionsOf<typeof generateTable>, WorkOptions {
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
}

/** The end of an answer: `stop` by the model, or `length`, cut off by `maxTokens`. */
type AnswerEnd = 'stop' | 'length';

interface GivenAnswer {
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
    /** The question without its template. Absent: the prompt is the question alone. */
    readonly question?: string;
    readonly index: number;
    /** Absent: no number answers the prompt. */
    readonly answer?: number;
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

/** A line of the journal: the answers to one question. */
type Entry = z.output<typeof entry>;

interface OpenPrompt extends AskedPrompt {
    readonly id: number;
    /** See `promptKey`. */
    readonly key: string;
}

interface RespondSettings {
    readonly answers: number;
    readonly maxTokens: number;
    readonly temperature: number;
    readonly seed: number;
}

/**
 * Generates answers to every question in every language, many at once, into a JSON file that `collect`
 * reads. Earlier answers of the same model to the same prompts with the same settings are reused.
 * @throws LanguageNeuronsError the questions', the template's and the engine's; WRONG_USE, BUSY, UNWRITABLE, ABORTED
 */
export async function respond(options: RespondOptions): Promise<RespondResult> {
    const { path } = options;
    const { limit, date } = questionTable;
    checkSettings(
        options,
        { ...generateTable, limit, date, fresh: outputTable.fresh },
        { engine: true, questions: true, template: true, path: true, signal: true, progress: true },
    );
    await checkFilePlaces(path, `${path}.answers.jsonl`);
    return withFile(path, 'respond', () => respondInto(options));
}

async function respondInto(options: RespondOptions): Promise<RespondResult> {
    const { engine, path, fresh = false, signal, progress = silent } = options;
    const settings: RespondSettings = {
        answers: options.answers ?? generateTable.answers.default,
        maxTokens: options.maxTokens ?? generateTable.maxTokens.default,
        temperature: options.temperature ?? generateTable.temperature.default,
        seed: options.seed ?? generateTable.seed.default,
    };
    const begin = performance.now();
    const journalPath = `${path}.answers.jsonl`;
    if (fresh) await removeAnswers([path, journalPath], progress);
    const { template, date } = await datedTemplate(options.template, {
        given: options.date,
        kept: () => dateOf(journalPath, signal),
        progress,
    });
    const prompts = await promptsOf({ ...options, template }, settings);
    const keys = new Set(prompts.map(({ key }) => key));
    const done = new Map<string, readonly GivenAnswer[]>();
    const take = (found: Entry): void => {
        if (keys.has(found.key) && isWhole(found, settings)) done.set(found.key, answersOf(found));
    };
    const journal = await Journal.open(journalPath, entry, { signal, take });
    noteUnreadable(journal, journalPath, progress);
    progress.stage('respond', prompts.length * settings.answers);
    const before = prompts.filter(({ key }) => done.has(key)).length;
    if (before > 0) {
        progress.note(`continues after ${before} of ${prompts.length} questions`);
        progress.advance(before * settings.answers);
    }
    let generatedTokens = 0;
    await steppingDown(engine, progress, async () => {
        const open = prompts.filter(({ key }) => !done.has(key));
        const onAnswer = (tokens: number): void => {
            generatedTokens += tokens;
            progress.advance(1, tokens);
        };
        for await (const answers of answersTo(open, { engine, signal, ...settings }, onAnswer)) {
            const line = { ...answers, ...defined({ date }) };
            await journal.add(line);
            take(line);
        }
    });
    progress.done();
    const answered = prompts.map((prompt) => answeredOf(prompt, done.get(prompt.key)!));
    await writeFileAtomic(path, jsonLines(answered));
    noteCutOff(answered, settings.maxTokens, progress);
    const languages = prompts.map(({ question: { language } }) => language);
    return { questions: answered, languages, generatedTokens, seconds: (performance.now() - begin) / 1000 };
}

/**
 * Generates answers, a line once all answers to a question are there.
 * @param onAnswer called with the tokens of each answer
 */
async function* answersTo(
    open: readonly OpenPrompt[],
    {
        engine,
        signal,
        answers,
        maxTokens,
        temperature,
        seed,
    }: RespondSettings & Pick<RespondOptions, 'engine' | 'signal'>,
    onAnswer: (tokens: number) => void,
): AsyncGenerator<Entry> {
    const given = new Map(open.map((prompt) => [prompt.id, { ...prompt, found: new Array<GivenAnswer>() }]));
    const sampling = { answers, maxTokens, temperature, seed, signal };
    const prompts = open.map(({ id, text, special, stops }) => ({ id, text, special, stops }));
    for await (const { prompt, answer, text, tokens, end } of engine.generate(prompts, sampling)) {
        const { key, question, found } = given.get(prompt)!;
        found[answer] = { generated: text, end, tokens };
        onAnswer(tokens);
        if (Object.keys(found).length < answers) continue;
        yield {
            key,
            language: question.language,
            index: question.index,
            answers: found.map(({ generated }) => generated),
            ends: found.map((one) => one.end),
            tokens: found.map((one) => one.tokens),
        };
    }
}

function answeredOf({ question, text, special }: OpenPrompt, answers: readonly GivenAnswer[]): AnsweredQuestion {
    const { language, index, answer } = question;
    return {
        lang: readableName(language),
        instruction: text,
        ...(special ? { special } : {}),
        ...(text.trim() === question.text.trim() ? {} : { question: question.text }),
        answers,
        index,
        ...defined({ answer }),
    };
}

function isWhole({ answers, ends, tokens }: Entry, settings: RespondSettings): boolean {
    return [answers, ends, tokens].every(({ length }) => length === settings.answers);
}

function answersOf({ answers, ends, tokens }: Entry): GivenAnswer[] {
    return answers.map((generated, i) => ({ generated, end: ends[i]!, tokens: tokens[i]! }));
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

async function promptsOf(
    { engine, questions, template, limit }: RespondOptions,
    { maxTokens, answers, temperature, seed }: RespondSettings,
): Promise<OpenPrompt[]> {
    return (await askedPrompts(questions, template, limit)).map((prompt) => {
        const id = questionId(prompt.question);
        // The question's index decides what is drawn.
        const drawn = temperature === 0 ? { answers, temperature, seed: 0, id: 0 } : { answers, temperature, seed, id };
        return { ...prompt, id, key: promptKey(engine, prompt, { maxTokens, drawn }) };
    });
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
