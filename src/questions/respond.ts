import { createHash } from 'node:crypto';
import { appendFile, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import type { Engine } from '../engine/Engine.js';
import { LanguageNeuronsError } from '../errors.js';
import { ensureWritableFolder, unwritable, writeFileAtomic } from '../files.js';
import { type Progress, silent } from '../progress.js';
import { englishName, type PromptTemplate } from './promptTemplates.js';
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
    const asked: { readonly question: Question; readonly text: string; readonly id: number }[] = [];
    for (const language of questions.languages) {
        for (const question of (await questions.of(language)).slice(0, limit)) asked.push({ question, text: template(question), id: idOf(question) });
    }
    await ensureWritableFolder(dirname(path));
    const key = createHash('sha256').update(JSON.stringify([engine.fingerprint, asked.map(({ question, text }) => [question.language, text]), answers, maxTokens, temperature, seed])).digest('hex');
    const partsPath = `${path}.parts.jsonl`;
    const done = await finishedParts(partsPath, key);
    progress.stage('respond', asked.length * answers);
    if (done.size > 0) {
        progress.note(`continues after ${done.size} of ${asked.length} questions`);
        progress.advance(done.size * answers);
    }
    // Anew, as the last line may have been cut short.
    const kept = asked.flatMap(({ question: { language, index }, id }) => (done.has(id) ? [{ language, index, answers: done.get(id)! }] : []));
    await writeFileAtomic(partsPath, [{ key }, ...kept].map((line) => `${JSON.stringify(line)}\n`).join(''));

    const open = new Map(asked.filter(({ id }) => !done.has(id)).map((one) => [one.id, { ...one, texts: new Array<string | undefined>(answers).fill(undefined) }]));
    let generatedTokens = 0;
    for await (const { prompt, answer, text, tokens } of engine.generate(open.values(), { answers, maxTokens, temperature, seed, signal })) {
        const one = open.get(prompt)!;
        one.texts[answer] = text;
        generatedTokens += tokens;
        progress.advance(1);
        if (one.texts.includes(undefined)) continue;
        const { language, index } = one.question;
        await append(partsPath, { language, index, answers: one.texts as string[] });
        done.set(prompt, one.texts as string[]);
    }
    progress.done();
    const answered = asked.map(({ question: { language, index, answer }, text, id }): AnsweredQuestion => ({
        lang: englishName(language), instruction: text, answers: done.get(id)!.map((generated) => ({ generated })), index, answer,
    }));
    await writeFileAtomic(path, `[\n${answered.map((one) => JSON.stringify(one)).join(',\n')}\n]\n`);
    await rm(partsPath, { force: true });
    return { questions: answered, generatedTokens, seconds: (performance.now() - begin) / 1000 };
}

/** One number for a question, whatever else is asked: it decides, with the seed, what is drawn. */
function idOf({ language, index }: Pick<Question, 'language' | 'index'>): number {
    return [...language].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 0) * 1_000_000 + index;
}

/** Answers by question; none where the file is absent or of other work. A line cut short is not there. */
async function finishedParts(path: string, key: string): Promise<Map<number, string[]>> {
    const [head, ...lines] = (await readFile(path, 'utf8').catch(() => '')).split('\n');
    const done = new Map<number, string[]>();
    try {
        if ((JSON.parse(head!) as { key?: unknown }).key !== key) return done;
        for (const line of lines) {
            const { language, index, answers } = part.parse(JSON.parse(line));
            done.set(idOf({ language, index }), answers);
        }
    } catch {
        // the rest was not finished
    }
    return done;
}

async function append(path: string, value: z.infer<typeof part>): Promise<void> {
    await appendFile(path, `${JSON.stringify(value)}\n`).catch((cause: unknown) => {
        throw unwritable(path, cause);
    });
}
