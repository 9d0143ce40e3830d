import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { languageOf } from '../answers/languageOf.js';
import { hasRightNumber, type NumberRule } from '../answers/numberRules.js';
import { paperLanguages } from '../corpus/languages.js';
import type { Prompt } from '../engine/Engine.js';
import { steppingDown } from '../engine/steppingDown.js';
import { LanguageNeuronsError } from '../errors.js';
import { Journal } from '../Journal.js';
import type { PromptTemplate } from '../questions/promptTemplates.js';
import { questionId } from '../questions/questionId.js';
import type { Question, Questions } from '../questions/Questions.js';
import { type Condition, conditionMask, wholeModel } from './conditions.js';
import type { Cell, Metric } from './Metric.js';

export interface AccuracyOptions {
    readonly questions: Questions;
    readonly template: PromptTemplate;
    /** Only the first so many questions of each language. Default: all. */
    readonly limit?: number | undefined;
    /**
     * Questions of each language that the whole model is asked, at least `limit`: one condition of many, it may well be
     * asked more. Deactivations are still compared with its answers to their own questions. Default: `limit`.
     */
    readonly wholeLimit?: number | undefined;
    /** Most tokens of an answer. Default 256. */
    readonly maxTokens?: number | undefined;
    /** How the number is found. Default `last`. */
    readonly rule?: NumberRule | undefined;
}

const entry = z.object({ condition: z.string(), language: z.string(), index: z.int(), text: z.string(), tokens: z.int() });
type Answer = z.output<typeof entry>;

interface Asked {
    readonly question: Question;
    readonly text: string;
    readonly id: number;
}

/**
 * Share of questions answered rightly: with the right number, in the language asked (figs. 2b, 10-13).
 * Answers are greedy; those of all conditions are generated together, and stay in
 * `accuracy.answers.jsonl`: `{condition, language, index, text, tokens}`, a line each.
 */
export function accuracyMetric({ questions, template, limit, wholeLimit = limit, maxTokens = 256, rule = 'last' }: AccuracyOptions): Metric {
    if (limit !== undefined && !(Number.isInteger(limit) && limit > 0)) throw new LanguageNeuronsError('WRONG_USE', `the number of questions must be a whole number of at least 1, not ${limit}`);
    if (limit !== undefined && wholeLimit !== undefined && !(Number.isInteger(wholeLimit) && wholeLimit >= limit)) {
        throw new LanguageNeuronsError('WRONG_USE', `the whole model's number of questions must be a whole number of at least ${limit}, not ${wholeLimit}`);
    }
    return {
        name: 'accuracy', source: questions.name, languages: questions.languages, of: (mean) => mean,
        settings: { questions: questions.name, template: template.name, maxTokens, rule },
        async measure(conditions, { engine, folder, signal, progress }) {
            const asked = new Map<string, Asked[]>();
            // Of all prompts, whatever the limit: what a shorter run answered serves a longer one.
            const hash = createHash('sha256').update(JSON.stringify([engine.fingerprint, engine.backends.variant, template.special, questions.languages.map(template.stops), maxTokens]));
            for (const language of questions.languages) {
                const list = await Promise.all((await questions.of(language)).map(async (question) => ({ question, text: await template.write(question), id: questionId(question) })));
                hash.update(JSON.stringify([language, list.map(({ text }) => text)]));
                asked.set(language, list.slice(0, limit === undefined ? undefined : wholeLimit));
            }
            const key = hash.digest('hex');
            const journal = await Journal.open(join(folder, 'accuracy.answers.jsonl'), key, entry);
            const answers = new Map(journal.found.map((answer) => [nameOf(answer.condition, answer.language, answer.index), answer]));

            const each = [...asked.values()].flat();
            const byId = new Map(each.map((one) => [one.id, one]));
            const ofAll = new Set([...asked.values()].flatMap((list) => list.slice(0, limit)));
            const isAsked = (condition: string, one: Asked): boolean => condition === wholeModel.id || ofAll.has(one);
            const isAnswered = (condition: string, { question: { language, index } }: Asked): boolean => answers.has(nameOf(condition, language, index));
            const all = conditions.flatMap(({ id }) => each.filter((one) => isAsked(id, one)).map((one) => isAnswered(id, one)));
            const [total, open] = [all.length, all.filter((answered) => !answered).length];
            progress.stage('accuracy', total);
            if (open < total) {
                progress.note(`continues after ${total - open} of ${total} answers`);
                progress.advance(total - open);
            }
            const widths = engine.layers.map(({ width }) => width);
            for (let first = 0; first < conditions.length; first += engine.masks) {
                const together = conditions.slice(first, first + engine.masks);
                function* todo(): Generator<Prompt> {
                    for (const one of each) {
                        const { question: { language }, text, id } = one;
                        for (const [mask, { id: condition }] of together.entries()) {
                            if (isAsked(condition, one) && !isAnswered(condition, one)) yield { text, id, mask, special: template.special, stops: template.stops(language) };
                        }
                    }
                }
                const masks = together.map((condition) => conditionMask(condition, widths));
                await steppingDown(engine, progress, async () => {
                    for await (const { prompt, mask, text, tokens, promptTokens } of engine.generate(todo(), { masks, maxTokens, signal })) {
                        const { language, index } = byId.get(prompt)!.question;
                        const answer: Answer = { condition: together[mask]!.id, language, index, text, tokens: tokens + promptTokens };
                        await journal.add(answer);
                        answers.set(nameOf(answer.condition, language, index), answer);
                        progress.advance(1);
                    }
                });
            }
            progress.done();
            const cellOn = (condition: Condition, list: readonly Asked[]): Cell =>
                cellOf(list.map(({ question: { language, index } }) => answers.get(nameOf(condition.id, language, index))!), list.map(({ question }) => question), answerLanguages(questions.languages), rule);
            const decodedTokens = conditions.reduce((sum, { id }) => sum + each.reduce(
                (part, one) => part + (isAsked(id, one) ? answers.get(nameOf(id, one.question.language, one.question.index))!.tokens : 0), 0), 0);
            return {
                decodedTokens, finish: () => Promise.resolve(),
                cell: (condition, language) => cellOn(condition, asked.get(language)!.filter((one) => ofAll.has(one))),
                whole: (language) => cellOn(wholeModel, asked.get(language)!),
            };
        },
    };
}

/**
 * Languages that an answer may be in: those asked and the paper's ten, so that an English answer to a
 * German question is told as such even where nothing is asked in English.
 */
export function answerLanguages(asked: readonly string[]): string[] {
    return [...new Set([...asked, ...paperLanguages])];
}

/** What an answer is: its number, and its language of the candidates, undefined where that cannot be told. */
export function judge(text: string, { answer, language }: Pick<Question, 'answer' | 'language'>, candidates: readonly string[], rule: NumberRule): { number: boolean; language: string | undefined } {
    return { number: hasRightNumber(text, answer, language, rule), language: languageOf(text, candidates) };
}

function cellOf(answers: readonly Answer[], questions: readonly Question[], candidates: readonly string[], rule: NumberRule): Cell {
    const judged = answers.map(({ text }, i) => ({ ...judge(text, questions[i]!, candidates, rule), own: questions[i]!.language }));
    const share = (of: (one: (typeof judged)[number]) => boolean): number => judged.filter(of).length / judged.length;
    return {
        numerators: Float64Array.from(judged, ({ number, language, own }) => (number && language === own ? 1 : 0)),
        weights: new Float64Array(judged.length).fill(1),
        samples: judged.length,
        answers: {
            number: share(({ number }) => number), language: share(({ language, own }) => language === own),
            untold: share(({ number, language }) => number && language === undefined),
        },
    };
}

function nameOf(condition: string, language: string, index: number): string {
    return `${condition}/${language}/${index}`;
}
