import { ranges } from '../support/numberRanges.js';
import type { CommandDeclaration } from './CommandDeclaration.js';
import { date, dir, interventionOptions, modelOptions, seed } from './optionTables.js';

export const chatDeclaration: CommandDeclaration = {
    usage: 'chat <dir>',
    describe: 'talk to the model, with neurons of some languages changed between turns',
    positionals: { dir },
    options: {
        ...modelOptions,
        ...interventionOptions,
        interventions: { path: true, describe: 'YAML or JSON file of named interventions, for /use' },
        use: { describe: 'begin with this one of the file' },
        both: { flag: true, describe: 'the whole model answers beside the edited one' },
        system: { describe: 'what a system says before all else' },
        'max-tokens': {
            number: ranges.maxTokens,
            describe: 'most tokens of an answer (default: 512, at most half the window)',
        },
        temperature: { number: ranges.temperature, default: 0, describe: '0: always the likeliest token' },
        seed: { ...seed, describe: 'of what is drawn at a temperature above 0' },
        date: { ...date, describe: `${date.describe} (default: today)` },
        force: { flag: true, describe: 'use the neurons in another model than the one analysed' },
    },
    load: async () => (await import('./chat.js')).chatCommand,
};
