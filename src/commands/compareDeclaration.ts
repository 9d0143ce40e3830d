import type { CommandDeclaration } from './CommandDeclaration.js';
import { excel } from './optionTables.js';

export const compareDeclaration: CommandDeclaration = {
    usage: 'compare <before> <after> [more..]',
    describe: 'what changed from one analysis to others: before and after alignment, or a series',
    positionals: {
        before: { path: true, required: true },
        after: { path: true, required: true },
        more: { path: true, many: true },
    },
    options: {
        trained: { describe: 'languages that the alignment was trained on, such as zh,de' },
        out: {
            alias: 'o',
            path: true,
            describe: 'folder for comparison.json and the report (default: that of the last analysis)',
        },
        excel,
    },
    load: async () => (await import('./compare.js')).compareCommand,
};
