import { z } from 'zod';
import type { Corpus } from '../../corpus/Corpus.js';
import type { TextScore } from '../../engine/types/engineTypes.js';
import { formatChange, formatDifference, formatMeasured } from '../../support/format.js';
import { perplexityMeans } from '../metric/choices.js';
import type { Metric, TextMetricOptions } from '../metric/Metric.js';
import { scoredMetric } from './scoredMetric.js';

/** exp of the mean negative log-likelihood. */
export function perplexity({ logProbability, tokens }: Pick<TextScore, 'logProbability' | 'tokens'>): number {
    return Math.exp(-logProbability / tokens);
}

/** Perplexity of texts: of all their tokens, or the mean of the texts' perplexities. */
export const ppl = scoredMetric({
    name: 'ppl',
    noun: 'perplexity',
    plural: 'perplexities',
    definition:
        'The exponential of the mean negative log-likelihood of a text’s tokens. Higher is worse. Perplexities of ' +
        'different languages cannot be compared with each other, changes relative to the baseline can.',
    prefixes: { deactivation: 'deactivation', intervention: 'intervention' },
    harm: 1,
    relative: true,
    unit: '% of the baseline',
    samples: 'Scored tokens',
    axis: { format: ',~r', least: 1 },
    paper:
        'Changes here are relative, so that languages whose perplexities differ in size can be compared; absolute ' +
        'ones are in the numbers below each figure.',
    formatValue: formatMeasured,
    formatChange: formatDifference,
    formatEffect: formatChange,
    formatPlain: (value) => value.toFixed(2),
    own: z.object({ mean: z.enum(perplexityMeans).default('tokens') }),
    unitOf: (text, { mean }) => ({
        ...(mean === 'tokens'
            ? { numerator: -text.logProbability, weight: text.tokens }
            : { numerator: perplexity(text), weight: 1 }),
        samples: text.tokens,
    }),
    fromMean: ({ mean }) => (mean === 'tokens' ? Math.exp : (value) => value),
});

/** Perplexity of the texts of a corpus. */
export function perplexityMetric(corpus: Corpus, options: TextMetricOptions = {}): Metric {
    return ppl.on(corpus, options);
}
