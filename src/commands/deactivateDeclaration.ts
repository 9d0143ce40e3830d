import type { CommandDeclaration } from './CommandDeclaration.js';
import { experimentOptions } from './experimentOptions.js';
import { dataOptions, dir, force, fresh, modelOptions, questionOptions } from './optionTables.js';

export const deactivateDeclaration: CommandDeclaration = {
    usage: 'deactivate <dir>',
    describe: 'evaluate every language with the neurons of every language deactivated',
    positionals: { dir },
    options: {
        ...modelOptions,
        ...dataOptions,
        ...questionOptions,
        ...experimentOptions,
        force: { ...force, describe: 'deactivate the neurons in another model than the one analysed' },
        fresh: { ...fresh, describe: 'remove what was measured of this metric first, and say what' },
    },
    load: async () => (await import('./deactivate.js')).deactivateCommand,
};
