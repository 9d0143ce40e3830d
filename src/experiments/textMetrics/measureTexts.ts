import { isOwn } from '../../activations/Shard.js';
import { surveyCorpus } from '../../activations/surveyCorpus.js';
import type { Corpus } from '../../corpus/Corpus.js';
import type { Engine } from '../../engine/Engine.js';
import { KeptLogits } from '../../engine/passes/KeptLogits.js';
import type { TextEdit } from '../../engine/types/edits.js';
import type { ScoredPart, ScoreResult } from '../../engine/types/engineTypes.js';
import { steppingDown } from '../../engine/steppingDown.js';
import { LanguageNeuronsError } from '../../errors.js';
import type { ModelState } from '../../interventions/ModelState.js';
import { asPrompts } from '../../questions/templates/chatSamples.js';
import { sum } from '../../support/averages.js';
import { formatCount } from '../../support/format.js';
import { openJournals } from '../metric/journals.js';
import type { Cell } from '../statistics/estimates.js';
import type { MeasureContext, MetricSettings, TextMetricKind } from '../metric/Metric.js';
import { referenceName, type ScoredCell, type ScoredPlan, type ScoredTexts, scoresJournal } from './scoredTexts.js';

/** A running measurement of a metric on the scores of a corpus's texts. */
export interface TextMeasurement {
    readonly kind: TextMetricKind;
    readonly corpus: Corpus;
    readonly settings: MetricSettings & { readonly over: ScoredPart };
    /** Of a metric that compares: another model than the measured one, or that one. Default: it does not compare. */
    readonly reference?: Engine | 'itself' | undefined;
    /** The cells of a plan that no journal has filled yet. */
    cellsOf(plan: ScoredPlan, conditions: readonly ModelState[], folder: string): ScoredTexts;
}

/**
 * Scores the texts of every language under every condition, one cell after another. Cells that a journal has are not
 * scored again.
 * @throws LanguageNeuronsError EMPTY for a language without a token to score; NATIVE where the metric is infinite;
 * those of corpus and engine
 */
export async function measureTexts(
    measurement: TextMeasurement,
    conditions: readonly ModelState[],
    { engine, folder, known, shard, signal, progress, ...context }: MeasureContext,
): Promise<ScoredTexts> {
    const { kind, corpus, settings } = measurement;
    const survey = context.survey ?? (await surveyCorpus(corpus, signal));
    const charactersOf = (language: string): number => survey.languages.get(language)!.characters;
    const reference = measurement.reference === 'itself' ? engine : measurement.reference;
    const plan = planOf(measurement, { engine, reference, survey });
    const cells = measurement.cellsOf(plan, [...conditions, ...known], folder);
    const take = (cell: ScoredCell): void => cells.take(cell);
    const journal = await openJournals(scoresJournal, { folder, shard, signal, progress, take });

    // Language by language: a shard has as many cells of long texts as the next.
    const ownCells = corpus.languages
        .flatMap((language) => conditions.map((condition) => ({ condition, language })))
        .filter((_, place) => isOwn(shard, place));
    const characters = sum(ownCells, ({ language }) => charactersOf(language));
    progress.whole?.(characters);
    progress.stage(kind.noun, characters);
    const before = ownCells.filter(({ condition, language }) => !cells.isOpen(condition, language));
    if (before.length > 0) progress.note(`continues after ${before.length} finished cells`);

    const { over } = settings;
    const onBatch = (tokens: number, read: number): void => progress.advance(read, tokens);
    let number = 0;
    const keptOf = keptLogits(ownCells, cells);
    let edit: TextEdit; // held until the next one: it is compiled once for all languages
    for (const { condition, language } of inOrder(ownCells, conditions, reference)) {
        progress.position?.(`cell ${formatCount(++number)} of ${formatCount(ownCells.length)}`);
        if (!cells.isOpen(condition, language)) {
            progress.advance(charactersOf(language));
            continue;
        }
        edit = condition.edit;
        const beside = reference && { reference, kept: keptOf(language) };
        const score = await steppingDown(engine, progress, () =>
            engine.score(asPrompts(engine, corpus.samples(language)), { signal, edit, over, onBatch, ...beside }),
        );
        const cell = entryOf(score, { key: cells.key(condition, language), condition: condition.name, language });
        checkScored(measurement, language, score.tokens);
        if (!engine.allowNonfinite) checkFinite(measurement, language, cells.cellOf(cell));
        await journal.add(cell);
        cells.take(cell);
    }
    progress.done();
    return cells;
}

/** A condition in a language. */
interface OpenCell {
    readonly condition: ModelState;
    readonly language: string;
}

/**
 * Beside a reference language by language: its texts go through the reference once, not for each condition. Else
 * condition by condition: its edit is compiled once, not for each language.
 */
function inOrder(
    ownCells: readonly OpenCell[],
    conditions: readonly ModelState[],
    reference: Engine | undefined,
): readonly OpenCell[] {
    if (reference !== undefined) return ownCells;
    return conditions.flatMap((condition) => ownCells.filter((cell) => cell.condition === condition));
}

/** The kept logits of one language after another; none where only one cell of a language is open. */
function keptLogits(ownCells: readonly OpenCell[], cells: ScoredTexts): (language: string) => KeptLogits | undefined {
    let kept: { readonly language: string; readonly logits: KeptLogits | undefined } | undefined;
    return (language) => {
        if (kept?.language === language) return kept.logits;
        const open = ownCells.filter((cell) => cell.language === language && cells.isOpen(cell.condition, language));
        kept = undefined; // frees those of the language before
        const logits = open.length > 1 ? new KeptLogits() : undefined;
        kept = { language, logits };
        return logits;
    };
}

/** What the journal keeps of a cell. */
function entryOf(
    { texts, decodedTokens }: ScoreResult,
    cell: Pick<ScoredCell, 'key' | 'condition' | 'language'>,
): ScoredCell {
    const isCompared = texts.some(({ divergence }) => divergence !== undefined);
    return {
        ...cell,
        decodedTokens,
        logProbabilities: texts.map(({ logProbability }) => logProbability),
        tokens: texts.map(({ tokens }) => tokens),
        bytes: texts.map(({ bytes }) => bytes),
        ...(isCompared && {
            divergences: texts.map(({ divergence }) => divergence!),
            agreed: texts.map(({ agreed }) => agreed!),
        }),
    };
}

interface PlanInputs {
    readonly engine: Engine;
    readonly reference: Engine | undefined;
    readonly survey: Awaited<ReturnType<typeof surveyCorpus>>;
}

function planOf(
    { kind, corpus: { languages, sources }, settings }: TextMeasurement,
    { engine, reference, survey }: PlanInputs,
): ScoredPlan {
    const { fingerprint, settings: engineSettings } = engine;
    const surveys = [...survey.languages].map(([language, { digest, sketch }]) => [language, { digest, sketch }]);
    return {
        metric: kind.name,
        languages,
        sources,
        ...settings,
        ...(reference && { reference: referenceName(engine, reference) }),
        model: fingerprint,
        engine: engineSettings,
        texts: survey.hash,
        surveys: Object.fromEntries(surveys) as ScoredPlan['surveys'],
    };
}

function checkScored({ corpus, settings: { over } }: TextMeasurement, language: string, tokens: number): void {
    if (tokens > 0) return;
    const where = over === 'response' ? '' : ` in its ${over}s`;
    throw new LanguageNeuronsError(
        'EMPTY',
        `${corpus.name}: language ${language} has no token to score${where}; give it longer texts`,
    );
}

/** Refuses log-probabilities that are finite, but so low that the metric is not. */
function checkFinite(
    { kind, corpus, settings }: TextMeasurement,
    language: string,
    { numerators, weights }: Cell,
): void {
    if (Number.isFinite(kind.fromMean(settings)(sum(numerators) / sum(weights)))) return;
    throw new LanguageNeuronsError(
        'NATIVE',
        `${corpus.name}: language ${language} has a ${kind.noun} that is not finite; change activations less, or ` +
            'continue anyway with `allowNonfinite`',
    );
}
