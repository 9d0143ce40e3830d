import type { Corpus } from '../../corpus/Corpus.js';
import { formatChange, formatDifference, formatMeasured } from '../../support/format.js';
import type { Metric, TextMetricOptions } from '../metric/Metric.js';
import { scoredMetric } from './scoredMetric.js';

/**
 * Bits per byte of texts, −Σ log₂ p of the scored tokens over the bytes that they stand for. Unlike perplexity it is
 * the same measure for every tokenizer, and for languages whose texts have more or fewer tokens.
 */
export const bitsPerByte = scoredMetric({
    name: 'bits-per-byte',
    noun: 'bits per byte',
    plural: 'bits per byte',
    definition:
        'The negative log-likelihood of the scored tokens, in bits, over the UTF-8 bytes that they stand for. Higher ' +
        'is worse. It can be compared across tokenizers.',
    harm: 1,
    relative: true,
    unit: '% of the baseline',
    samples: 'Scored bytes',
    axis: { format: ',~r', least: 0.1 },
    formatValue: formatMeasured,
    formatChange: formatDifference,
    formatEffect: formatChange,
    formatPlain: (value) => value.toFixed(3),
    unitOf: ({ logProbability, bytes }) => ({
        numerator: -logProbability / Math.LN2,
        weight: bytes,
        samples: bytes,
    }),
    fromMean: () => (mean) => mean,
});

/** Bits per byte of the texts of a corpus. */
export function bitsPerByteMetric(corpus: Corpus, options: Pick<TextMetricOptions, 'over'> = {}): Metric {
    return bitsPerByte.on(corpus, options);
}
