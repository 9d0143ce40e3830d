import type { CommandDeclaration } from './CommandDeclaration.js';
import { excel, force, runFolder } from './optionTables.js';

export const mergeDeclaration: CommandDeclaration = {
    usage: 'merge <shards..>',
    describe: 'make of all shards the counts or matrices that they are parts of',
    positionals: {
        shards: { many: true, path: true, required: true, describe: 'folders that hold shards, or their files' },
    },
    options: {
        out: runFolder,
        excel,
        force: {
            ...force,
            describe: 'put the counts in the place of those of another model, other texts or settings',
        },
    },
    load: async () => (await import('./merge.js')).mergeCommand,
};
