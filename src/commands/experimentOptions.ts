import { numberRules } from '../answers/numberRules.js';
import { scoredParts } from '../engine/choices.js';
import { answerJudges, perplexityMeans } from '../experiments/choices.js';
import { metricNames, metrics } from '../experiments/metrics.js';
import { neuronSetNames } from '../neurons/neuronSets.js';
import { ranges } from '../support/numberRanges.js';
import type { OptionTable } from './options.js';
import { devices, excel, seed, shardPlaces } from './optionTables.js';

/** Of every command that measures what becomes of languages when neurons are changed. */
export const experimentOptions: OptionTable = {
    metric: {
        choices: metricNames,
        default: metricNames[0]!,
        describe: `${metrics.map(({ measures }) => measures).join(', or ')}, in --data`,
    },
    sets: { describe: `neuron sets, of ${neuronSetNames.join(', ')}; default: all that the model has` },
    controls: { number: ranges.controls, default: 3, describe: 'random controls of each cell' },
    seed: { ...seed, describe: 'of the first random control' },
    mean: {
        choices: perplexityMeans,
        default: 'tokens',
        describe: "ppl: of all tokens, or the mean of the texts' perplexities",
    },
    over: { choices: scoredParts, default: 'response', describe: 'ppl: the part of each text that is scored' },
    number: {
        choices: numberRules,
        default: 'last',
        describe: 'accuracy: how the number of an answer is found',
    },
    judge: {
        choices: answerJudges,
        default: 'number+language',
        describe: 'accuracy: what an answer is right by',
    },
    'whole-limit': {
        number: ranges.wholeLimit,
        describe: 'accuracy: questions of each language for the whole model, where more than --limit',
    },
    shard: { describe: `measure only a part${shardPlaces}` },
    devices,
    excel,
};
