import type { Corpus } from '../../corpus/Corpus.js';
import type { TextScore } from '../../engine/types/engineTypes.js';
import { sum } from '../../support/averages.js';
import { formatDifference, formatMeasured } from '../../support/format.js';
import type { Metric, TextMetricOptions } from '../metric/Metric.js';
import { scoredMetric } from './scoredMetric.js';

const noBreak = '\u00a0';

/** Of a language's texts, the share of scored tokens before which both models have the same likeliest token. */
function sameTop(texts: readonly TextScore[]): number {
    return sum(texts, ({ agreed }) => agreed!) / sum(texts, ({ tokens }) => tokens);
}

/**
 * KL divergence of next-token distributions, Σ p (log p − log q) over the whole vocabulary in nats, p of the reference
 * and q of the model, on average over the scored tokens.
 */
export const kl = scoredMetric({
    name: 'kl',
    noun: 'KL divergence',
    plural: 'KL divergences',
    definition:
        'The Kullback–Leibler divergence of the next-token distribution from that of a reference, which is the whole ' +
        'model unless another file is named, in nats, over the whole vocabulary, on average over the tokens. It is 0 ' +
        'where both predict the same, whether that is right or wrong. Higher is further away.',
    harm: 1,
    relative: false,
    unit: 'nats a token',
    factor: 1,
    shortUnit: 'nats',
    samples: 'Scored tokens',
    axis: { format: ',~r', least: 0.01 },
    sharesOf: 'tokens',
    shares: [
        {
            name: 'sameTop',
            words: 'the same likeliest next token as the reference',
            heading: 'same likeliest',
            usual: 1,
        },
    ],
    formatValue: formatMeasured,
    formatChange: formatDifference,
    formatEffect: (effect) => `${formatDifference(effect)}${effect === null ? '' : `${noBreak}nats`}`,
    formatPlain: (value) => value.toFixed(4),
    compares: true,
    unitOf: ({ divergence, tokens }) => ({ numerator: divergence!, weight: tokens, samples: tokens }),
    sharesIn: (texts) => ({ sameTop: sameTop(texts) }),
    fromMean: () => (mean) => mean,
});

/** KL divergence on the texts of a corpus, from the whole model or from an open engine as the `reference`. */
export function klMetric(corpus: Corpus, options: Pick<TextMetricOptions, 'over' | 'reference'> = {}): Metric {
    return kl.on(corpus, options);
}
