import { join } from 'node:path';
import { z } from 'zod';
import { surveyCorpus } from '../activations/surveyCorpus.js';
import type { Corpus } from '../corpus/Corpus.js';
import { datasetName } from '../corpus/datasetName.js';
import type { ScoreResult, TextScore } from '../engine/engineTypes.js';
import type { ScoredPart } from '../engine/packBatches.js';
import { neuronsAt } from '../engine/Site.js';
import { steppingDown } from '../engine/steppingDown.js';
import { LanguageNeuronsError } from '../errors.js';
import { Journal, noteUnreadable } from '../Journal.js';
import { jsonNumber } from '../jsonNumber.js';
import { keyOf } from '../keys.js';
import { type Condition, conditionMask } from './conditions.js';
import type { Cell, Metric } from './Metric.js';

/** How the perplexities of several texts become one. */
export type PerplexityMean = 'tokens' | 'texts';

export interface PerplexityOptions {
    /**
     * `tokens` (default): exp of the mean negative log-likelihood of all tokens. `texts`: the mean of the
     * texts' perplexities, as in the paper.
     */
    readonly mean?: PerplexityMean | undefined;
    /** Which tokens are scored. Default: the response's, which are all of a plain text. */
    readonly over?: ScoredPart | undefined;
}

const entry = z.object({
    key: z.string(), condition: z.string(), language: z.string(),
    logProbabilities: z.array(jsonNumber), tokens: z.array(z.int()), decodedTokens: z.int(),
});
type ScoredCell = z.output<typeof entry>;

/**
 * Perplexity of the texts of a corpus. Each cell stays in `ppl.cells.jsonl`, a line each: `{key, condition, language,
 * logProbabilities, tokens, decodedTokens}`, sums of natural log-probabilities and scored tokens by text.
 */
export function perplexityMetric(corpus: Corpus, { mean = 'tokens', over = 'response' }: PerplexityOptions = {}): Metric {
    return {
        name: 'ppl', source: corpus.name, languages: corpus.languages, settings: { data: corpus.name, mean, over },
        of: mean === 'tokens' ? Math.exp : (value) => value,
        async measure(conditions, { engine, folder, known, signal, progress }) {
            const survey = await surveyCorpus(corpus, signal);
            const keyOfCell = (condition: Condition, language: string): string => keyOf({
                metric: 'ppl', model: engine.fingerprint, settings: engine.settings, over,
                texts: survey.languages.get(language)!.digest, condition: condition.id,
            });
            const cellsOf = (list: readonly Condition[]): string[] => list.flatMap((condition) => corpus.languages.map((language) => keyOfCell(condition, language)));
            const wanted = new Set(cellsOf([...conditions, ...known]));
            const scores = new Map<string, ScoredCell>();
            const path = join(folder, 'ppl.cells.jsonl');
            const journal = await Journal.open(path, entry, { signal, take: (cell) => { if (wanted.has(cell.key)) scores.set(cell.key, cell); } });
            noteUnreadable(journal, path, progress);
            const total = [...survey.languages.values()].reduce((sum, { characters }) => sum + characters, 0);
            progress.stage('perplexity', total * conditions.length);
            const before = cellsOf(conditions).filter((key) => scores.has(key)).length;
            if (before > 0) progress.note(`continues after ${before} finished cells`);

            const widths = engine.sites.map(neuronsAt);
            for (const condition of conditions) {
                const mask = conditionMask(condition, widths);
                for (const language of corpus.languages) {
                    const key = keyOfCell(condition, language);
                    if (scores.has(key)) {
                        progress.advance(survey.languages.get(language)!.characters);
                        continue;
                    }
                    const score = await steppingDown(engine, progress, () => engine.score(corpus.samples(language), { signal, mask, over, onBatch: (_, read) => progress.advance(read) }));
                    if (score.tokens === 0) {
                        throw new LanguageNeuronsError('EMPTY', `${corpus.name}: language ${language} has no token to score${over === 'response' ? '' : ` in its ${over}s`}; give it longer texts`);
                    }
                    const cell = scoredCell(key, condition.id, language, score);
                    await journal.add(cell);
                    scores.set(key, cell);
                }
            }
            progress.done();
            const { device, batch, window } = engine.settings;
            const found = (condition: Condition, language: string): ScoredCell => scores.get(keyOfCell(condition, language))!;
            return {
                settings: { data: datasetName(corpus.sources, folder), texts: survey.hash, window, batch, device },
                sketches: Object.fromEntries([...survey.languages].map(([language, { sketch }]) => [language, sketch])),
                has: (condition) => cellsOf([condition]).every((key) => scores.has(key)),
                decodedTokens: (condition) => corpus.languages.reduce((sum, language) => sum + found(condition, language).decodedTokens, 0),
                cell: (condition, language) => cellOf(textsOf(found(condition, language)), mean),
            };
        },
    };
}

/** exp of the mean negative log-likelihood. */
export function perplexity({ logProbability, tokens }: TextScore): number {
    return Math.exp(-logProbability / tokens);
}

function scoredCell(key: string, condition: string, language: string, { texts, decodedTokens }: ScoreResult): ScoredCell {
    return {
        key, condition, language, decodedTokens,
        logProbabilities: texts.map(({ logProbability }) => logProbability), tokens: texts.map(({ tokens }) => tokens),
    };
}

/** A text of one token may have none that is scored: it says nothing. */
function textsOf({ logProbabilities, tokens }: ScoredCell): TextScore[] {
    return logProbabilities.map((logProbability, i) => ({ logProbability, tokens: tokens[i]! })).filter((text) => text.tokens > 0);
}

function cellOf(texts: readonly TextScore[], mean: PerplexityMean): Cell {
    return {
        numerators: Float64Array.from(texts, (text) => (mean === 'tokens' ? -text.logProbability : perplexity(text))),
        weights: Float64Array.from(texts, ({ tokens }) => (mean === 'tokens' ? tokens : 1)),
        samples: texts.reduce((sum, { tokens }) => sum + tokens, 0),
    };
}
