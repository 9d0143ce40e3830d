import type { CommandDeclaration } from './CommandDeclaration.js';
import { force, languages, runFolder } from './optionTables.js';

export const importDeclaration: CommandDeclaration = {
    usage: 'import <folder>',
    describe: 'counts published by others (.pt files) into OUT/activations.safetensors',
    positionals: { folder: { path: true, required: true } },
    options: {
        languages: { ...languages, describe: 'comma-separated, such as en,zh (default: all that are there)' },
        out: runFolder,
        force: { ...force, describe: 'put the counts in the place of others' },
    },
    load: async () => (await import('./import.js')).importCommand,
};
