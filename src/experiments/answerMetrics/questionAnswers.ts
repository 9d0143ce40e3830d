import { z } from 'zod';
import { datasetName } from '../../corpus/datasetName.js';
import { type ModelState, wholeModel } from '../../interventions/ModelState.js';
import { sum } from '../../support/averages.js';
import { byName } from '../../support/names.js';
import type { Cell } from '../statistics/estimates.js';
import type { JournalledMeasurements } from '../metric/Metric.js';
import { planBase } from '../metric/planBase.js';
import type { VerdictSheet } from './VerdictSheet.js';

/** A line of the journal; its key is the prompt's, a slash and the condition. */
export const answerShape = z.object({
    key: z.string(),
    condition: z.string(),
    language: z.string(),
    index: z.int().nonnegative(),
    text: z.string(),
    /** Of the answer. */
    tokens: z.int().nonnegative(),
    /** Of the prompt. */
    promptTokens: z.int().nonnegative(),
    /** What ended it: the model, or the limit `maxTokens`, which cut it off. */
    end: z.enum(['stop', 'length']),
    /** The day that the template wrote, YYYY-MM-DD; absent for a template without a date. */
    date: z.string().optional(),
});
export type JournalledAnswer = z.output<typeof answerShape>;

export const answersJournal = { name: 'accuracy.answers.jsonl', shape: answerShape };

/** The fields of the plan of every metric of answers; with the answers they suffice to make a matrix. */
export const answersPlan = {
    ...planBase,
    template: z.string(),
    maxTokens: z.int().positive(),
    batch: z.int(),
    context: z.int(),
    device: z.string(),
    /** Every question, by the key of its prompt (`promptKey`), and whether it is asked under every condition. */
    questions: z
        .array(
            z.object({
                key: z.string(),
                language: z.string(),
                /** Absent: no number answers it. */
                answer: z.number().optional(),
                ofAll: z.boolean(),
            }),
        )
        .readonly(),
    /** Of the questions that are asked under every condition. */
    sketches: byName(z.array(z.string()).readonly()),
};
export interface AnswersPlan extends z.output<z.ZodObject<typeof answersPlan>> {
    readonly metric: string;
}

/** Verdicts on the answers under some conditions, as they come: from journals, or from the model. */
export class QuestionAnswers implements JournalledMeasurements {
    readonly plan: AnswersPlan;
    /** Places of a prompt's questions among all questions, by the prompt's key; some occur twice. In plan order. */
    readonly places: ReadonlyMap<string, readonly number[]>;
    readonly #folder: string;
    readonly #sheet: VerdictSheet;
    readonly #rows: ReadonlyMap<string, number>;

    /**
     * @param sheet of all conditions, in their order
     * @param folder that paths are relative to
     */
    constructor(plan: AnswersPlan, conditions: readonly ModelState[], sheet: VerdictSheet, folder: string) {
        this.plan = plan;
        this.#folder = folder;
        this.#sheet = sheet;
        this.#rows = new Map(conditions.map(({ name }, row) => [name, row]));
        const places = new Map<string, number[]>();
        for (const [place, { key }] of plan.questions.entries()) places.set(key, [...(places.get(key) ?? []), place]);
        this.places = places;
    }

    /** Takes an answer. Answers of other work, and later answers of the same key, are skipped. */
    take({ key, text, tokens, promptTokens, end }: Omit<JournalledAnswer, 'condition' | 'language' | 'index'>): void {
        const [prompt, condition] = key.split('/') as [string, string | undefined];
        const row = this.#rows.get(condition ?? '');
        if (row === undefined) return;
        for (const place of this.places.get(prompt) ?? []) {
            if (!this.#sheet.has(row, place)) {
                this.#sheet.mark(row, place, text, { tokens: tokens + promptTokens, end });
            }
        }
    }

    /** Whether any question is asked under a condition. */
    isAsked({ name }: ModelState, place: number): boolean {
        return name === wholeModel.name || this.plan.questions[place]!.ofAll;
    }

    isOpen(condition: ModelState, place: number): boolean {
        return this.isAsked(condition, place) && !this.#sheet.has(this.#row(condition), place);
    }

    has(condition: ModelState): boolean {
        return this.plan.questions.every((_, place) => !this.isOpen(condition, place));
    }

    cell(condition: ModelState, language: string): Cell {
        return this.#sheet.cell(
            this.#row(condition),
            this.#placesIn(language, ({ ofAll }) => ofAll),
        );
    }

    whole(language: string): Cell {
        return this.#sheet.cell(
            this.#row(wholeModel),
            this.#placesIn(language, () => true),
        );
    }

    decodedTokens(condition: ModelState): number {
        const row = this.#row(condition);
        const asked = [...this.plan.questions.keys()].filter((place) => this.isAsked(condition, place));
        return sum(asked, (place) => this.#sheet.tokens(row, place));
    }

    get settings(): Readonly<Record<string, string | number>> {
        const { sources, texts, batch, context, device } = this.plan;
        return { questions: datasetName(sources, this.#folder), texts, batch, context, device };
    }

    get sketches(): Readonly<Record<string, readonly string[]>> {
        return this.plan.sketches;
    }

    #row({ name }: ModelState): number {
        return this.#rows.get(name)!;
    }

    #placesIn(language: string, among: (question: AnswersPlan['questions'][number]) => boolean): number[] {
        const { questions } = this.plan;
        const isIn = (question: AnswersPlan['questions'][number]): boolean =>
            question.language === language && among(question);
        return [...questions.keys()].filter((place) => isIn(questions[place]!));
    }
}
