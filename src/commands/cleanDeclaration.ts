import { cleanKinds } from '../run/choices.js';
import type { CommandDeclaration } from './CommandDeclaration.js';
import { dir } from './optionTables.js';

export const cleanDeclaration: CommandDeclaration = {
    usage: 'clean <dir>',
    describe: 'remove what a run folder keeps, and say what; nothing else removes finished work',
    positionals: { dir },
    options: { only: { choices: cleanKinds, describe: 'one kind of result alone (default: all)' } },
    load: async () => (await import('./clean.js')).cleanCommand,
};
