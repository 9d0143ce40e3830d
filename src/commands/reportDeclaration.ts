import type { CommandDeclaration } from './CommandDeclaration.js';
import { dir, excel } from './optionTables.js';

export const reportDeclaration: CommandDeclaration = {
    usage: 'report <dir>',
    describe: 'write DIR/report.html with its figures and tables',
    positionals: { dir },
    options: { title: {}, excel },
    load: async () => (await import('./report.js')).reportCommand,
};
