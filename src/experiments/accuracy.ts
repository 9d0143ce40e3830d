import { join } from 'node:path';
import { z } from 'zod';
import type { NumberRule } from '../answers/numberRules.js';
import { datasetName } from '../corpus/datasetName.js';
import type { Engine } from '../engine/Engine.js';
import type { Prompt } from '../engine/engineTypes.js';
import { neuronsAt } from '../engine/Site.js';
import { steppingDown } from '../engine/steppingDown.js';
import { LanguageNeuronsError } from '../errors.js';
import { Journal, noteUnreadable } from '../Journal.js';
import { keyOf } from '../keys.js';
import type { PromptTemplate } from '../questions/promptTemplates.js';
import { promptKey } from '../questions/promptKey.js';
import type { Question, Questions } from '../questions/Questions.js';
import { AnswerSheet } from './AnswerSheet.js';
import { type Condition, conditionMask, wholeModel } from './conditions.js';
import type { Metric } from './Metric.js';

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

const entry = z.object({
    key: z.string(), condition: z.string(), language: z.string(), index: z.int(), text: z.string(), tokens: z.int(),
});

/** A question with its prompt. */
interface AskedQuestion {
    readonly question: Question;
    readonly text: string;
    /** Names question, model and settings; see `promptKey`. */
    readonly key: string;
    /** Asked under every condition, not of the whole model alone. */
    readonly ofAll: boolean;
}

/**
 * Share of questions answered rightly: with the right number, in the language asked (figs. 2b, 10-13).
 * Answers are greedy; those of all conditions are generated together, and stay in
 * `accuracy.answers.jsonl`: `{key, condition, language, index, text, tokens}`, a line each.
 */
export function accuracyMetric({ questions, template, limit, wholeLimit = limit, maxTokens = 256, rule = 'last' }: AccuracyOptions): Metric {
    checkLimits(limit, wholeLimit);
    const { languages } = questions;
    return {
        name: 'accuracy', source: questions.name, languages, of: (mean) => mean,
        settings: { questions: questions.name, template: template.name, maxTokens, rule },
        async measure(conditions, { engine, folder, known, signal, progress }) {
            const asked = await askedQuestions(engine);
            const all = [...conditions, ...known];
            const sheet = new AnswerSheet(all.length, asked.map(({ question }) => question), languages, rule);
            const rows = new Map(all.map(({ id }, row) => [id, row]));
            const places = new Map<string, number[]>(); // a question may be there twice
            for (const [place, { key }] of asked.entries()) places.set(key, [...places.get(key) ?? [], place]);
            const drafts = new Map<string, string>(); // the whole model's answers, by prompt
            const take = ({ key, text, tokens }: { readonly key: string; readonly text: string; readonly tokens: number }): void => {
                const [prompt, condition] = key.split('/') as [string, string | undefined];
                const row = rows.get(condition ?? '');
                if (condition === wholeModel.id) drafts.set(prompt, text);
                if (row === undefined) return;
                for (const place of places.get(prompt) ?? []) if (!sheet.has(row, place)) sheet.mark(row, place, text, tokens);
            };
            const path = join(folder, 'accuracy.answers.jsonl');
            const journal = await Journal.open(path, entry, { signal, take });
            noteUnreadable(journal, path, progress);

            const placesOf = ({ id }: Condition): number[] => [...asked.keys()].filter((place) => id === wholeModel.id || asked[place]!.ofAll);
            const isOpen = (condition: Condition, place: number): boolean => !sheet.has(rows.get(condition.id)!, place);
            const [total, open] = conditions.reduce(([all, left], condition) => {
                const list = placesOf(condition);
                return [all + list.length, left + list.filter((place) => isOpen(condition, place)).length] as const;
            }, [0, 0] as readonly [number, number]);
            progress.stage('accuracy', total);
            if (open < total) {
                progress.note(`continues after ${total - open} of ${total} answers`);
                progress.advance(total - open);
            }
            const widths = engine.sites.map(neuronsAt);
            let [tried, held] = [0, 0];
            // On a processor, batches of many answers gain nothing by drafts; see `draftTokens` of answerPrompts.
            const drafting = engine.backends.gpus.length > 0;
            for (const together of groupsOf(conditions, engine.masks, drafting)) {
                const masks = together.map((condition) => conditionMask(condition, widths));
                await steppingDown(engine, progress, async () => {
                    for await (const { prompt: place, mask, text, tokens, promptTokens, ...drafted } of engine.generate(todo(together), { masks, maxTokens, signal })) {
                        tried += drafted.tried;
                        held += drafted.held;
                        const { key, question: { language, index } } = asked[place]!;
                        const condition = together[mask]!.id;
                        const answer = { key: `${key}/${condition}`, condition, language, index, text, tokens: tokens + promptTokens };
                        await journal.add(answer);
                        take(answer);
                        progress.advance(places.get(key)!.length);
                    }
                });
            }
            if (tried > 0) progress.note(`${Math.round((100 * held) / tried)} % of ${tried} tokens that the whole model's answers foretold held`);
            progress.done();

            /** Prompts without an answer, question by question, so that conditions that share one are side by side. */
            function* todo(together: readonly Condition[]): Generator<Prompt> {
                for (const [place, { key, text, question: { language }, ofAll }] of asked.entries()) {
                    if (places.get(key)![0] !== place) continue;
                    for (const [mask, condition] of together.entries()) {
                        if ((condition.id !== wholeModel.id && !ofAll) || !isOpen(condition, place)) continue;
                        const draft = drafting && condition.id !== wholeModel.id ? drafts.get(key) : undefined;
                        yield { text, id: place, mask, special: template.special, stops: template.stops(language), draft };
                    }
                }
            }
            const placesIn = (language: string, among: (asked: AskedQuestion) => boolean): number[] =>
                [...asked.keys()].filter((place) => asked[place]!.question.language === language && among(asked[place]!));
            return {
                settings: {
                    questions: datasetName(questions.sources, folder), texts: keyOf(asked.map(({ question: { language, text, answer } }) => [language, text, answer])),
                    batch: engine.settings.batch, context: engine.contextSize, device: engine.settings.device,
                },
                has: (condition) => placesOf(condition).every((place) => !isOpen(condition, place)),
                decodedTokens: (condition) => placesOf(condition).reduce((sum, place) => sum + sheet.tokens(rows.get(condition.id)!, place), 0),
                cell: (condition, language) => sheet.cell(rows.get(condition.id)!, placesIn(language, ({ ofAll }) => ofAll)),
                whole: (language) => sheet.cell(rows.get(wholeModel.id)!, placesIn(language, () => true)),
            };
        },
    };

    async function askedQuestions(engine: Engine): Promise<AskedQuestion[]> {
        const asked: AskedQuestion[] = [];
        for (const language of languages) {
            for (const [i, question] of (await questions.of(language)).slice(0, wholeLimit).entries()) {
                const text = await template.write(question);
                const key = promptKey(engine, { language, text, special: template.special, stops: template.stops(language), maxTokens });
                asked.push({ question, text, key, ofAll: i < (limit ?? Infinity) });
            }
        }
        return asked;
    }
}

/** As many at a time as there are masks; the whole model by itself and first, where its answers foretell the others'. */
function groupsOf(conditions: readonly Condition[], most: number, wholeFirst: boolean): Condition[][] {
    const first = conditions.filter(({ id }) => wholeFirst && id === wholeModel.id);
    const others = conditions.filter((condition) => !first.includes(condition));
    const groups = first.length > 0 ? [first] : [];
    for (let begin = 0; begin < others.length; begin += most) groups.push(others.slice(begin, begin + most));
    return groups;
}

function checkLimits(limit: number | undefined, wholeLimit: number | undefined): void {
    if (limit !== undefined && !(Number.isInteger(limit) && limit > 0)) {
        throw new LanguageNeuronsError('WRONG_USE', `the number of questions must be a whole number of at least 1, not ${limit}`);
    }
    if (limit !== undefined && wholeLimit !== undefined && !(Number.isInteger(wholeLimit) && wholeLimit >= limit)) {
        throw new LanguageNeuronsError('WRONG_USE', `the whole model's number of questions must be a whole number of at least ${limit}, not ${wholeLimit}`);
    }
}
