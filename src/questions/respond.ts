import { lstat, rm } from 'node:fs/promises';
import { z } from 'zod';
import type { Engine } from '../engine/Engine.js';
import { steppingDown } from '../engine/steppingDown.js';
import { LanguageNeuronsError } from '../errors.js';
import { unwritable, writeFileAtomic } from '../files/fileAccess.js';
import { withFile } from '../files/folderLock.js';
import { Journal, noteUnreadable } from '../files/Journal.js';
import { readableName } from '../languages/englishName.js';
import { type Progress, silent } from '../support/progress.js';
import { promptKey } from './promptKey.js';
import type { PromptTemplate } from './PromptTemplate.js';
import { questionId } from './questionId.js';
import type { Question, Questions } from './Questions.js';

export interface RespondOptions {
    readonly engine: Engine;
    readonly questions: Questions;
    readonly template: PromptTemplate;
    /**
     * JSON file that gets the answers; beside it `PATH.answers.jsonl` keeps those of each question as soon as they are
     * there.
     */
    readonly path: string;
    /** Only the first so many questions of each language. */
    readonly limit?: number | undefined;
    /** Answers to each question. Default 1. */
    readonly answers?: number | undefined;
    /** Most tokens of an answer. Default 256. */
    readonly maxTokens?: number | undefined;
    /** Default 0: always the likeliest token. */
    readonly temperature?: number | undefined;
    /** Default 1. */
    readonly seed?: number | undefined;
    /** Remove the answers that are there first. Default: take over those that are these questions'. */
    readonly fresh?: boolean | undefined;
    readonly signal?: AbortSignal | undefined;
    readonly progress?: Progress | undefined;
}

/** One question with its answers: the authors' form, with the question's place and number besides. */
export interface AnsweredQuestion {
    /** English name of the language, or its tag where the name does not tell it: `German`, `zh-TW`. */
    readonly lang: string;
    /** The whole prompt. */
    readonly instruction: string;
    readonly answers: readonly { readonly generated: string }[];
    /** Special tokens written out in the prompt are these tokens: a chat template's. */
    readonly special?: true;
    readonly index: number;
    readonly answer: number;
}

export interface RespondResult {
    readonly questions: readonly AnsweredQuestion[];
    /** Tokens drawn in this call. */
    readonly generatedTokens: number;
    readonly seconds: number;
}

const entry = z.object({ key: z.string(), language: z.string(), index: z.int(), answers: z.array(z.string()) });

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
 * reads. Questions answered before by the same model, with the same prompts and settings, are taken over.
 * @throws LanguageNeuronsError the questions', the template's and the engine's; WRONG_USE, BUSY, UNWRITABLE, ABORTED
 */
export async function respond(options: RespondOptions): Promise<RespondResult> {
    const { path, limit } = options;
    if (limit !== undefined && !(Number.isInteger(limit) && limit > 0))
        throw new LanguageNeuronsError(
            'WRONG_USE',
            `the number of questions must be a whole number of at least 1, not ${limit}`,
        );
    return withFile(path, 'respond', () => respondInto(options));
}

async function respondInto(options: RespondOptions): Promise<RespondResult> {
    const {
        engine,
        path,
        answers = 1,
        maxTokens = 256,
        temperature = 0,
        seed = 1,
        fresh = false,
        signal,
        progress = silent,
    } = options;
    const begin = performance.now();
    const asked = await askedQuestions(options);
    const keys = new Set(asked.map(({ key }) => key));
    const done = new Map<string, readonly string[]>();
    const journalPath = `${path}.answers.jsonl`;
    if (fresh) await removeAnswers([path, journalPath], progress);
    const journal = await Journal.open(journalPath, entry, {
        signal,
        take: ({ key, answers }) => {
            if (keys.has(key)) done.set(key, answers);
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
            .map((one) => [one.id, { ...one, texts: new Array<string | undefined>(answers).fill(undefined) }]),
    );
    let generatedTokens = 0;
    await steppingDown(engine, progress, async () => {
        const left = [...open.values()].filter(({ key }) => !done.has(key));
        for (const { texts } of left) texts.fill(undefined);
        for await (const { prompt, answer, text, tokens } of engine.generate(left, {
            answers,
            maxTokens,
            temperature,
            seed,
            signal,
        })) {
            const {
                texts,
                key,
                question: { language, index },
            } = open.get(prompt)!;
            texts[answer] = text;
            generatedTokens += tokens;
            progress.advance(1);
            if (texts.includes(undefined)) continue;
            await journal.add({ key, language, index, answers: texts as string[] });
            done.set(key, texts as string[]);
        }
    });
    progress.done();
    const answered = asked.map(({ question: { language, index, answer }, text, key, special }): AnsweredQuestion => ({
        lang: readableName(language),
        instruction: text,
        ...(special ? { special } : {}),
        answers: done.get(key)!.map((generated) => ({ generated })),
        index,
        answer,
    }));
    await writeFileAtomic(path, jsonLines(answered));
    return { questions: answered, generatedTokens, seconds: (performance.now() - begin) / 1000 };
}

async function askedQuestions({
    engine,
    questions,
    template,
    limit,
    answers = 1,
    maxTokens = 256,
    temperature = 0,
    seed = 1,
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
            // The question's place decides what is drawn.
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

/** A JSON array, an element a line. */
function* jsonLines(elements: readonly unknown[]): Generator<string> {
    for (const [i, element] of elements.entries()) yield `${i === 0 ? '[\n' : ',\n'}${JSON.stringify(element)}`;
    yield elements.length === 0 ? '[]\n' : '\n]\n';
}
