import { z } from 'zod';
import { settingsShape } from '../activations/sourceShapes.js';
import { type NumberRule, numberRules } from '../answers/numberRules.js';
import { scoredParts } from '../engine/choices.js';
import { byName, nameShape } from '../support/names.js';
import { answerJudges, perplexityMeans } from './choices.js';

/** Where texts or questions come from; in files paths are from the file's folder. */
const sourcesShape = z.array(z.object({ name: z.string(), path: z.string().optional() })).readonly();

const languagesShape = z
    .array(nameShape)
    .refine((languages) => new Set(languages).size === languages.length)
    .readonly();

/** What a perplexity is measured on, as plain data: with the cells it is all that a matrix is made of. */
const perplexityPlanShape = z.object({
    metric: z.literal('ppl'),
    languages: languagesShape,
    sources: sourcesShape,
    mean: z.enum(perplexityMeans),
    over: z.enum(scoredParts),
    /** Fingerprint, and the engine's settings. */
    model: z.string(),
    engine: settingsShape,
    /** A hash of all texts, and by language what tells them again; see `LanguageSurvey`. */
    texts: z.string(),
    surveys: byName(z.object({ digest: z.string(), sketch: z.string() })),
});
export type PerplexityPlan = z.output<typeof perplexityPlanShape>;

/** What an accuracy is measured on, as plain data: with the answers it is all that a matrix is made of. */
const accuracyPlanShape = z.object({
    metric: z.literal('accuracy'),
    languages: languagesShape,
    sources: sourcesShape,
    template: z.string(),
    maxTokens: z.int().positive(),
    rule: z.enum(numberRules as [NumberRule, ...NumberRule[]]),
    /** Absent: number and language. */
    judge: z.enum(answerJudges).optional(),
    /** A hash of all questions. */
    texts: z.string(),
    batch: z.int(),
    context: z.int(),
    device: z.string(),
    /** Every question, by the key of its prompt (see `promptKey`), and whether it is asked under every condition. */
    questions: z
        .array(
            z.object({
                key: z.string(),
                language: z.string(),
                answer: z.number(),
                ofAll: z.boolean(),
            }),
        )
        .readonly(),
});
export type AccuracyPlan = z.output<typeof accuracyPlanShape>;

/** Of every language something is asked, and of no other. */
export const planShape = z
    .discriminatedUnion('metric', [perplexityPlanShape, accuracyPlanShape])
    .refine((plan) =>
        plan.metric === 'ppl'
            ? plan.languages.every((language) => Object.hasOwn(plan.surveys, language))
            : plan.questions.every(({ language }) => plan.languages.includes(language)),
    );

/** What a metric measures, as plain data. */
export type MeasurementPlan = z.output<typeof planShape>;
