import type { CommandDeclaration } from './CommandDeclaration.js';
import { experimentOptions } from './experimentOptions.js';
import { ranges } from '../support/numberRanges.js';
import { dataOptions, dir, force, fresh, modelOptions, questionOptions, where } from './optionTables.js';

export const interveneDeclaration: CommandDeclaration = {
    usage: 'intervene <dir>',
    describe: 'evaluate every language with the neurons of every language scaled, replaced or changed otherwise',
    positionals: { dir },
    options: {
        ...modelOptions,
        ...dataOptions,
        ...questionOptions,
        op: {
            required: true,
            describe: 'what is done to activations, such as zero,scale:0.5,add:1,replace:0: a matrix each',
        },
        strength: { number: ranges.scale, default: 1, describe: 'how much of it is done, 1: whole' },
        where,
        dose: {
            describe:
                'curves in the place of matrices: shares of the model, from the head of each ranking, such as 0.1%,1%',
        },
        ...experimentOptions,
        force: { ...force, describe: 'change the neurons in another model than the one analysed' },
        fresh: { ...fresh, describe: 'remove what was measured of this metric first, and say what' },
    },
    load: async () => (await import('./intervene.js')).interveneCommand,
};
