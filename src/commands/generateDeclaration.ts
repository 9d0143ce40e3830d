import { ranges } from '../support/numberRanges.js';
import type { CommandDeclaration } from './CommandDeclaration.js';
import { date, dir, interventionOptions, modelOptions, seed } from './optionTables.js';

export const generateDeclaration: CommandDeclaration = {
    usage: 'generate <dir> <prompt>',
    describe: 'what the model says, whole and with neurons of some languages changed, side by side',
    positionals: { dir, prompt: { required: true, describe: 'text to go on from' } },
    options: {
        ...modelOptions,
        ...interventionOptions,
        interventions: { path: true, describe: 'YAML or JSON file of named interventions, each a column of its own' },
        chat: { flag: true, describe: "write the prompt as a user's words, by the model's own chat template" },
        'max-tokens': { number: ranges.maxTokens, default: 128, describe: 'most tokens of an answer' },
        temperature: { number: ranges.temperature, default: 0, describe: '0: always the likeliest token' },
        seed: { ...seed, describe: 'of what is drawn at a temperature above 0' },
        date: { ...date, describe: `${date.describe} (default: today)` },
        force: { flag: true, describe: 'use the neurons in another model than the one analysed' },
    },
    load: async () => (await import('./generate.js')).generateCommand,
};
