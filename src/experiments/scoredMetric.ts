import { z } from 'zod';
import { isOwn } from '../activations/Shard.js';
import { surveyCorpus } from '../activations/surveyCorpus.js';
import type { Corpus } from '../corpus/Corpus.js';
import type { TextScore } from '../engine/engineTypes.js';
import type { ScoredPart } from '../engine/packBatches.js';
import { steppingDown } from '../engine/steppingDown.js';
import { LanguageNeuronsError } from '../errors.js';
import type { ModelState } from '../interventions/ModelState.js';
import { asPrompts } from '../questions/chatSamples.js';
import { openJournals } from './journals.js';
import type { Cell, MeasureContext, MetricSettings, MetricWords, TextMetricKind } from './Metric.js';
import { bootstrapIntervals } from './resampling.js';
import { type ScoredCell, scoredPlan, type ScoredPlan, ScoredTexts, scoresJournal } from './scoredTexts.js';

/** What a metric of the scores of texts has of its own. */
export interface ScoredMetric<Own extends MetricSettings> extends MetricWords {
    readonly name: string;
    /** The shape of its settings, beside the part of each text that is scored, with their defaults. Default: none. */
    readonly own?: z.ZodObject & z.ZodType<Own>;
    /** What a text adds to the mean of its language. */
    unitOf(text: TextScore, settings: Own): ScoredUnit;
    /** Turns that mean into the metric. */
    fromMean(settings: Own): (mean: number) => number;
}

export interface ScoredUnit {
    readonly numerator: number;
    readonly weight: number;
    /** Scored tokens, or bytes. */
    readonly samples: number;
}

const noSettings = z.object({});

/** A metric of the scores of texts: how they are measured, kept and resampled is the same for all such metrics. */
export function scoredMetric<Own extends MetricSettings>({
    own = noSettings as unknown as z.ZodObject & z.ZodType<Own>,
    unitOf,
    fromMean,
    ...words
}: ScoredMetric<Own>): TextMetricKind {
    const settings = own.extend({ over: scoredPlan.over.default('response') }) as unknown as z.ZodType<
        Own & { readonly over: ScoredPart }
    >;
    const kind: TextMetricKind = {
        ...words,
        inputs: 'texts',
        intervals: bootstrapIntervals,
        journal: scoresJournal,
        planShape: own.extend({ metric: z.literal(words.name), ...scoredPlan }).refine((plan) => {
            const { languages, surveys } = plan as unknown as ScoredPlan;
            return languages.every((language) => Object.hasOwn(surveys, language));
        }),
        fromMean: (set) => fromMean(own.parse(set)),
        settingsOf: (data, plan) => ({ data, ...settings.parse(plan) }),
        measurementsOf: (plan: ScoredPlan, conditions, folder) => cellsOf(plan, conditions, folder),
        on: (corpus, options) => {
            const planned = settings.parse(options);
            const { name: source, languages } = corpus;
            return {
                kind,
                languages,
                settings: { data: source, ...planned },
                source,
                measure: (conditions, context) => measureTexts(corpus, conditions, context, planned),
            };
        },
    };
    return kind;

    function cellsOf(plan: ScoredPlan, conditions: readonly ModelState[], folder: string): ScoredTexts {
        const set = own.parse(plan);
        const cellOf = (texts: readonly TextScore[]): Cell => {
            const units = texts.map((text) => unitOf(text, set));
            return {
                numerators: Float64Array.from(units, ({ numerator }) => numerator),
                weights: Float64Array.from(units, ({ weight }) => weight),
                samples: units.reduce((sum, { samples }) => sum + samples, 0),
            };
        };
        return new ScoredTexts(plan, conditions, { folder, cellOf });
    }

    async function measureTexts(
        corpus: Corpus,
        conditions: readonly ModelState[],
        { engine, folder, known, shard, signal, progress }: MeasureContext,
        planned: MetricSettings & { readonly over: ScoredPart },
    ): Promise<ScoredTexts> {
        const { name, languages, sources } = corpus;
        const { over } = planned;
        const survey = await surveyCorpus(corpus, signal);
        const plan = {
            metric: kind.name,
            languages,
            sources,
            ...planned,
            model: engine.fingerprint,
            engine: engine.settings,
            texts: survey.hash,
            surveys: Object.fromEntries(
                [...survey.languages].map(([language, { digest, sketch }]) => [language, { digest, sketch }]),
            ),
        };
        const cells = cellsOf(plan, [...conditions, ...known], folder);
        const take = (cell: ScoredCell): void => cells.take(cell);
        const { name: journalName, shape } = scoresJournal;
        const journal = await openJournals({ folder, name: journalName, shard, signal, progress, take }, shape);
        const charactersOf = (language: string): number => survey.languages.get(language)!.characters;
        // Language by language: a shard has as many cells of long texts as the next.
        const ownCells = languages
            .flatMap((language) => conditions.map((condition) => ({ condition, language })))
            .filter((_, place) => isOwn(shard, place));
        const characters = ownCells.reduce((sum, { language }) => sum + charactersOf(language), 0);
        progress.whole?.(characters);
        progress.stage(kind.noun, characters);
        const before = ownCells.filter(({ condition, language }) => !cells.isOpen(condition, language));
        if (before.length > 0) progress.note(`continues after ${before.length} finished cells`);

        const onBatch = (_: unknown, read: number): void => progress.advance(read);
        for (const condition of conditions) {
            const { edit } = condition;
            for (const { language } of ownCells.filter((cell) => cell.condition === condition)) {
                if (!cells.isOpen(condition, language)) {
                    progress.advance(charactersOf(language));
                    continue;
                }
                const score = await steppingDown(engine, progress, () =>
                    engine.score(asPrompts(engine, corpus.samples(language)), { signal, edit, over, onBatch }),
                );
                if (score.tokens === 0) {
                    const where = over === 'response' ? '' : ` in its ${over}s`;
                    throw new LanguageNeuronsError(
                        'EMPTY',
                        `${name}: language ${language} has no token to score${where}; give it longer texts`,
                    );
                }
                const cell = {
                    key: cells.key(condition, language),
                    condition: condition.name,
                    language,
                    decodedTokens: score.decodedTokens,
                    logProbabilities: score.texts.map(({ logProbability }) => logProbability),
                    tokens: score.texts.map(({ tokens }) => tokens),
                    bytes: score.texts.map(({ bytes }) => bytes),
                };
                if (!engine.allowNonfinite) checkFinite(cells.cellOf(cell), planned, `${name}: language ${language}`);
                await journal.add(cell);
                cells.take(cell);
            }
        }
        progress.done();
        return cells;
    }

    /** Log-probabilities that are finite may be so low that no number holds the metric. */
    function checkFinite(
        { numerators, weights }: Cell,
        set: MetricSettings & { readonly over: ScoredPart },
        where: string,
    ): void {
        const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);
        if (Number.isFinite(kind.fromMean(set)(sum(numerators) / sum(weights)))) return;
        throw new LanguageNeuronsError(
            'NATIVE',
            `${where} has a ${kind.noun} beyond all numbers; change activations less, or go on all the same with ` +
                '`allowNonfinite`',
        );
    }
}
