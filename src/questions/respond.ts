import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import { z } from 'zod';
import type { Engine } from '../engine/Engine.js';
import { steppingDown } from '../engine/steppingDown.js';
import { LanguageNeuronsError } from '../errors.js';
import { ensureWritableFolder, writeFileAtomic } from '../files.js';
import { Journal } from '../Journal.js';
import { type Progress, silent } from '../progress.js';
import { englishName, type PromptTemplate } from './promptTemplates.js';
import { questionId } from './questionId.js';
import type { Question, Questions } from './Questions.js';

export interface RespondOptions {
    readonly engine: Engine;
    readonly questions: Questions;
    readonly template: PromptTemplate;
    /** JSON file that gets the answers; beside it, while the work lasts, `PATH.parts.jsonl`. */
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
    readonly signal?: AbortSignal | undefined;
    readonly progress?: Progress | undefined;
}

/** One question with its answers: the authors' form, with the question's place and number besides. */
export interface AnsweredQuestion {
    /** English name of the language. */
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

const part = z.object({ language: z.string(), index: z.int(), answers: z.array(z.string()) });

/**
 * Generates answers to every question in every language, many at once, into a JSON file that `collect`
 * reads. Questions answered by an earlier, stopped run of the same model, prompts and settings are
 * taken over.
 * @throws LanguageNeuronsError the questions', the template's and the engine's; WRONG_USE, UNWRITABLE, ABORTED
 */
export async function respond(options: RespondOptions): Promise<RespondResult> {
    const { engine, questions, template, path, limit, answers = 1, maxTokens = 256, temperature = 0, seed = 1, signal, progress = silent } = options;
    if (limit !== undefined && !(Number.isInteger(limit) && limit > 0)) throw new LanguageNeuronsError('WRONG_USE', `the number of questions must be a whole number of at least 1, not ${limit}`);
    const begin = performance.now();
    const asked: { readonly question: Question; readonly text: string; readonly id: number; readonly special: boolean; readonly stops: readonly string[] }[] = [];
    for (const language of questions.languages) {
        for (const question of (await questions.of(language)).slice(0, limit)) asked.push({ question, text: await template.write(question), id: questionId(question), special: template.special, stops: template.stops(language) });
    }
    await ensureWritableFolder(dirname(path));
    const key = createHash('sha256').update(JSON.stringify([engine.fingerprint, asked.map(({ question, text, special, stops }) => [question.language, text, special, stops]), answers, maxTokens, temperature, seed])).digest('hex');
    const journal = await Journal.open(`${path}.parts.jsonl`, key, part);
    const done = new Map(journal.found.map((one) => [questionId(one), one.answers]));
    progress.stage('respond', asked.length * answers);
    if (done.size > 0) {
        progress.note(`continues after ${done.size} of ${asked.length} questions`);
        progress.advance(done.size * answers);
    }
    const open = new Map(asked.filter(({ id }) => !done.has(id)).map((one) => [one.id, { ...one, texts: new Array<string | undefined>(answers).fill(undefined) }]));
    let generatedTokens = 0;
    await steppingDown(engine, progress, async () => {
        const left = [...open.values()].filter(({ id }) => !done.has(id));
        for (const { texts } of left) texts.fill(undefined);
        for await (const { prompt, answer, text, tokens } of engine.generate(left, { answers, maxTokens, temperature, seed, signal })) {
            const one = open.get(prompt)!;
            one.texts[answer] = text;
            generatedTokens += tokens;
            progress.advance(1);
            if (one.texts.includes(undefined)) continue;
            const { language, index } = one.question;
            await journal.add({ language, index, answers: one.texts as string[] });
            done.set(prompt, one.texts as string[]);
        }
    });
    progress.done();
    const answered = asked.map(({ question: { language, index, answer }, text, id, special }): AnsweredQuestion => ({
        lang: englishName(language), instruction: text, ...(special ? { special } : {}), answers: done.get(id)!.map((generated) => ({ generated })), index, answer,
    }));
    await writeFileAtomic(path, `[\n${answered.map((one) => JSON.stringify(one)).join(',\n')}\n]\n`);
    await journal.remove();
    return { questions: answered, generatedTokens, seconds: (performance.now() - begin) / 1000 };
}
