import { formatList } from '../support/format.js';
import { mostTokens, mostWhole, type NumberRange } from '../support/numberRanges.js';
import { contextTokens } from './engineTable.js';
import { inGroup } from './Setting.js';

const count = { whole: true, least: 1, most: mostWhole } as const satisfies NumberRange;
const fromZero = { whole: true, least: 0, most: mostWhole } as const satisfies NumberRange;
const ofAccuracy = { metric: ['accuracy'] } as const;
const ofAnswers = { metric: ['accuracy', 'language'] } as const;

/** The metrics of the tool, in the order of results, and what each measures of the data. */
const measures = {
    ppl: 'perplexity of the texts',
    'bits-per-byte': 'bits per byte of the texts',
    kl: 'KL divergence from a reference on the texts',
    accuracy: 'accuracy of answers to the questions',
    language: 'language of answers to the questions',
} as const;

export type MetricName = keyof typeof measures;
export const metricNames = Object.keys(measures) as MetricName[];

export const metricTable = inGroup('Experiment', {
    metric: {
        choices: metricNames,
        default: metricNames[0]!,
        describe: `what to measure in \`data\`: ${formatList(Object.values(measures), { last: 'or' })}`,
        shapes: ['matrix'],
    },
});

/** Day that a chat template is told. */
export const date = {
    date: true,
    describe: 'day to tell a chat template that writes the date, as YYYY-MM-DD',
} as const;

export const setNames = ['specific', 'specific+related', 'specific+related+general', 'experts'] as const;

/** What an experiment changes, and beside what. */
export const experimentTable = inGroup('Experiment', {
    sets: {
        list: true,
        choices: setNames,
        defaultWords: 'all that the model has',
        describe: 'neuron sets to change',
        shapes: ['matrix'],
    },
    controls: {
        number: { whole: true, least: 1, most: 1000 },
        default: 3,
        describe: 'random controls for each cell',
        shapes: ['matrix'],
    },
    seed: { number: fromZero, default: 1, describe: 'seed of the first random control', shapes: ['matrix'] },
    matched: {
        choices: ['layers', 'rate'],
        default: 'layers',
        describe: 'what random controls share with the neurons: their layers, or how often they are active too',
        shapes: ['matrix'],
    },
    circular: {
        flag: true,
        describe: 'of texts that were counted in folds, measure all; else the last fold is, with neurons of the others',
        shapes: ['matrix'],
    },
});

/** How perplexity is measured. */
export const perplexityTable = inGroup('Perplexity', {
    mean: {
        choices: ['tokens', 'texts'],
        default: 'tokens',
        of: { metric: ['ppl'] },
        describe: 'average over all tokens, or average the perplexities of the texts',
        shapes: ['matrix'],
    },
    over: {
        choices: ['response', 'prompt', 'text'],
        default: 'response',
        of: { metric: ['ppl', 'bits-per-byte', 'kl'] },
        describe: 'part of each text to score',
        shapes: ['cells', 'matrix'],
    },
});

/** What a divergence is from. */
export const referenceTable = inGroup('Perplexity', {
    reference: {
        path: true,
        of: { metric: ['kl'] },
        defaultWords: 'the model itself, unchanged',
        describe: 'model from which KL divergence is measured: GGUF file of the same vocabulary, or hf:user/repo:quant',
        shapes: ['cells', 'matrix'],
    },
});

/** How questions are asked. */
export const questionTable = inGroup('Questions and answers', {
    template: {
        path: true,
        default: 'mathoctopus',
        of: ofAnswers,
        describe: "prompts: mathoctopus, native-cot, chat (the model's own), or a text file with {question}",
        shapes: ['answers', 'matrix'],
    },
    date: {
        ...date,
        of: ofAnswers,
        defaultWords: 'that of the answers already there, else today',
        shapes: ['answers'],
    },
    limit: {
        number: count,
        of: ofAnswers,
        defaultWords: 'all',
        describe: 'ask only the first N questions of each language',
        shapes: ['matrix'],
    },
    maxTokens: {
        number: { whole: true, least: 1, most: mostTokens },
        default: 256,
        of: ofAnswers,
        describe: 'most tokens of an answer',
        shapes: ['answers', 'matrix'],
    },
    contextSize: {
        number: contextTokens,
        default: 8192,
        of: ofAnswers,
        describe: 'tokens of all answers generated at once',
        shapes: ['answers'],
        identity: 'context',
    },
});

/** How accuracy is measured. */
export const accuracyTable = inGroup('Questions and answers', {
    wholeLimit: {
        number: count,
        of: ofAnswers,
        defaultWords: 'as `limit`',
        describe: 'ask the unchanged model this many questions of each language, at least `limit`',
        shapes: ['matrix'],
    },
    number: {
        shapes: ['matrix'],
        choices: ['last', 'mathoctopus', 'lm-eval'],
        default: 'last',
        of: ofAccuracy,
        describe: 'how to find the number in an answer',
    },
    judge: {
        choices: ['number+language', 'number'],
        default: 'number+language',
        of: ofAccuracy,
        describe: 'what makes an answer right',
        shapes: ['matrix'],
    },
});

/** The options of accuracy in the library. */
export const questionMetricTable = {
    date: questionTable.date,
    limit: questionTable.limit,
    maxTokens: questionTable.maxTokens,
    ...accuracyTable,
} as const;
