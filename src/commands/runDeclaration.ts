import type { CommandDeclaration } from './CommandDeclaration.js';
import { excel, force, fresh } from './optionTables.js';

export const runDeclaration: CommandDeclaration = {
    usage: 'run [config]',
    describe: 'everything below, in order; without a configuration, on the embedded model',
    positionals: { config: { path: true, describe: 'YAML file' } },
    options: {
        excel,
        force: {
            ...force,
            describe: 'put new counts in the place of those of another model, other texts or settings',
        },
        fresh: { ...fresh, describe: 'remove what the run folder holds first, and say what' },
    },
    load: async () => (await import('./run.js')).runCommand,
};
