import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { surveyCorpus } from '../activations/surveyCorpus.js';
import type { Corpus } from '../corpus/Corpus.js';
import type { ScoreResult, TextScore } from '../engine/Engine.js';
import type { ScoredPart } from '../engine/packBatches.js';
import { steppingDown } from '../engine/steppingDown.js';
import { LanguageNeuronsError } from '../errors.js';
import { Journal } from '../Journal.js';
import { conditionMask } from './conditions.js';
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

// JSON has no infinity: a sum that is not finite is stored as null.
const entry = z.object({
    condition: z.string(), language: z.string(),
    logProbabilities: z.array(z.number().nullable().transform((value) => value ?? -Infinity)),
    tokens: z.array(z.int()), decodedTokens: z.int(),
});

/** Perplexity of the texts of a corpus. */
export function perplexityMetric(corpus: Corpus, { mean = 'tokens', over = 'response' }: PerplexityOptions = {}): Metric {
    return {
        name: 'ppl', source: corpus.name, languages: corpus.languages, settings: { data: corpus.name, mean, over },
        of: mean === 'tokens' ? Math.exp : (value) => value,
        async measure(conditions, { engine, folder, signal, progress }) {
            const survey = await surveyCorpus(corpus, signal);
            const key = createHash('sha256')
                .update(JSON.stringify([engine.fingerprint, engine.backends.variant, engine.requestedBatchSize, engine.windowSize, survey.hash, over]))
                .digest('hex');
            const journal = await Journal.open(join(folder, 'ppl.parts.jsonl'), key, entry);
            const widths = engine.layers.map(({ width }) => width);
            const scores = new Map(journal.found.map((one) => [`${one.condition}/${one.language}`, one]));
            const total = [...survey.languages.values()].reduce((sum, { characters }) => sum + characters, 0);
            progress.stage('perplexity', total * conditions.length);
            const before = conditions.flatMap(({ id }) => corpus.languages.filter((language) => scores.has(`${id}/${language}`))).length;
            if (before > 0) progress.note(`continues after ${before} finished cells`);

            let decodedTokens = 0;
            for (const condition of conditions) {
                const mask = conditionMask(condition, widths);
                for (const language of corpus.languages) {
                    const name = `${condition.id}/${language}`;
                    const found = scores.get(name);
                    if (found !== undefined) {
                        progress.advance(survey.languages.get(language)!.characters);
                        decodedTokens += found.decodedTokens;
                        continue;
                    }
                    const score = await steppingDown(engine, progress, () => engine.score(corpus.samples(language), { signal, mask, over, onBatch: (_, read) => progress.advance(read) }));
                    if (score.tokens === 0) {
                        throw new LanguageNeuronsError('EMPTY', `${corpus.name}: language ${language} has no token to score${over === 'response' ? '' : ` in its ${over}s`}; give it longer texts`);
                    }
                    const one = entryOf(condition.id, language, score);
                    decodedTokens += score.decodedTokens;
                    await journal.add(one);
                    scores.set(name, one);
                }
            }
            progress.done();
            return {
                decodedTokens, finish: () => journal.remove(),
                cell: ({ id }, language) => cellOf(textsOf(scores.get(`${id}/${language}`)!), mean),
            };
        },
    };
}

/** exp of the mean negative log-likelihood. */
export function perplexity({ logProbability, tokens }: TextScore): number {
    return Math.exp(-logProbability / tokens);
}

function entryOf(condition: string, language: string, { texts, decodedTokens }: ScoreResult): z.output<typeof entry> {
    return {
        condition, language, decodedTokens,
        logProbabilities: texts.map(({ logProbability }) => logProbability), tokens: texts.map(({ tokens }) => tokens),
    };
}

/** A text of one token may have none that is scored: it says nothing. */
function textsOf({ logProbabilities, tokens }: z.output<typeof entry>): TextScore[] {
    return logProbabilities.map((logProbability, i) => ({ logProbability, tokens: tokens[i]! })).filter((text) => text.tokens > 0);
}

function cellOf(texts: readonly TextScore[], mean: PerplexityMean): Cell {
    return {
        numerators: Float64Array.from(texts, (text) => (mean === 'tokens' ? -text.logProbability : perplexity(text))),
        weights: Float64Array.from(texts, ({ tokens }) => (mean === 'tokens' ? tokens : 1)),
        samples: texts.reduce((sum, { tokens }) => sum + tokens, 0),
    };
}
