import { isOwn } from '../activations/Shard.js';
import { surveyCorpus } from '../activations/surveyCorpus.js';
import type { Corpus } from '../corpus/Corpus.js';
import type { ScoreResult } from '../engine/engineTypes.js';
import type { ScoredPart } from '../engine/packBatches.js';
import { neuronsAt } from '../engine/Site.js';
import { steppingDown } from '../engine/steppingDown.js';
import { LanguageNeuronsError } from '../errors.js';
import type { PerplexityMean } from './choices.js';
import { conditionEdit } from './conditions.js';
import { openJournals } from './journals.js';
import type { Metric } from './Metric.js';
import {
    cellShape,
    cellsJournal,
    perplexity,
    PerplexityCells,
    perplexityFacts,
    type ScoredCell,
} from './perplexityCells.js';
import { asPrompts } from '../questions/chatSamples.js';

export interface PerplexityOptions {
    /**
     * `tokens` (default): exp of the mean negative log-likelihood of all tokens. `texts`: the mean of the
     * texts' perplexities, as in the paper.
     */
    readonly mean?: PerplexityMean | undefined;
    /** Which tokens are scored. Default: the response's, which are all of a plain text. */
    readonly over?: ScoredPart | undefined;
}

/**
 * Perplexity of the texts of a corpus. Each cell stays in `ppl.cells.jsonl`, a line each: `{key, condition, language,
 * logProbabilities, tokens, decodedTokens}`, sums of natural log-probabilities and scored tokens by text.
 */
export function perplexityMetric(
    corpus: Corpus,
    { mean = 'tokens', over = 'response' }: PerplexityOptions = {},
): Metric {
    const { name, languages, sources } = corpus;
    return {
        ...perplexityFacts(name, { languages, mean, over }),
        source: name,
        async measure(conditions, { engine, folder, known, shard, signal, progress }) {
            const survey = await surveyCorpus(corpus, signal);
            const cells = new PerplexityCells(
                {
                    metric: 'ppl',
                    languages,
                    sources,
                    mean,
                    over,
                    model: engine.fingerprint,
                    engine: engine.settings,
                    texts: survey.hash,
                    surveys: Object.fromEntries(
                        [...survey.languages].map(([language, { digest, sketch }]) => [language, { digest, sketch }]),
                    ),
                },
                [...conditions, ...known],
                folder,
            );
            const journal = await openJournals(
                {
                    folder,
                    name: cellsJournal,
                    shard,
                    signal,
                    progress,
                    take: (cell) => cells.take(cell),
                },
                cellShape,
            );
            const charactersOf = (language: string): number => survey.languages.get(language)!.characters;
            // Language by language: a shard has as many cells of long texts as the next.
            const own = languages
                .flatMap((language) => conditions.map((condition) => ({ condition, language })))
                .filter((_, place) => isOwn(shard, place));
            const characters = own.reduce((sum, { language }) => sum + charactersOf(language), 0);
            progress.whole?.(characters);
            progress.stage('perplexity', characters);
            const before = own.filter(({ condition, language }) => !cells.isOpen(condition, language));
            if (before.length > 0) progress.note(`continues after ${before.length} finished cells`);

            const sizes = engine.sites.map(neuronsAt);
            const onBatch = (_: unknown, read: number): void => progress.advance(read);
            for (const condition of conditions) {
                const edit = conditionEdit(condition, sizes);
                for (const { language } of own.filter((cell) => cell.condition === condition)) {
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
                    if (!engine.allowNonfinite) checkFinite(score, mean, `${name}: language ${language}`);
                    const cell = scoredCell(cells.key(condition, language), condition.id, language, score);
                    await journal.add(cell);
                    cells.take(cell);
                }
            }
            progress.done();
            return cells;
        },
    };
}

/** Log-probabilities that are finite may be so low that no number holds the perplexity. */
function checkFinite(score: ScoreResult, mean: PerplexityMean, where: string): void {
    const texts = mean === 'tokens' ? [score] : score.texts.filter(({ tokens }) => tokens > 0);
    if (texts.every((text) => Number.isFinite(perplexity(text)))) return;
    throw new LanguageNeuronsError(
        'NATIVE',
        `${where} has a perplexity beyond all numbers; change activations less, or go on all the same with ` +
            '--allow-nonfinite (allowNonfinite)',
    );
}

function scoredCell(
    key: string,
    condition: string,
    language: string,
    { texts, decodedTokens }: ScoreResult,
): ScoredCell {
    return {
        key,
        condition,
        language,
        decodedTokens,
        logProbabilities: texts.map(({ logProbability }) => logProbability),
        tokens: texts.map(({ tokens }) => tokens),
    };
}
