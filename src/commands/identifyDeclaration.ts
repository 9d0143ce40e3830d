import { identifyMethods, probabilityNames } from '../neurons/choices.js';
import { ranges } from '../support/numberRanges.js';
import type { CommandDeclaration } from './CommandDeclaration.js';
import { dir } from './optionTables.js';

export const identifyDeclaration: CommandDeclaration = {
    usage: 'identify <dir>',
    describe: 'score and classify the neurons of DIR/activations.safetensors',
    positionals: { dir },
    options: {
        method: { choices: identifyMethods, default: 'paper', describe: 'how neurons are scored' },
        'top-rate': { number: ranges.topRate, default: 0.01, describe: 'share of neurons to select' },
        lambda: {
            number: ranges.lambda,
            word: 'auto',
            default: 'auto',
            describe: 'weight of the largest probability in the score, or auto',
        },
        bar: { number: ranges.bar, default: 0.95, describe: 'quantile above which a probability is high' },
        probability: {
            choices: probabilityNames,
            default: 'conditional',
            describe: "experts: of the tokens that went through the neuron's expert, or of all",
        },
        'min-routed': {
            number: ranges.minRouted,
            default: 100,
            describe: 'experts: tokens of every language that one must have seen for its neurons to be assessed',
        },
    },
    load: async () => (await import('./identify.js')).identifyCommand,
};
