import type { CommandDeclaration } from './CommandDeclaration.js';
import { engineOptions } from './optionTables.js';

export const inspectDeclaration: CommandDeclaration = {
    usage: 'inspect <model>',
    describe: 'layers, FFN width, activation, devices, memory',
    positionals: { model: { path: true, required: true, describe: 'GGUF file, or hf:user/repo:quant' } },
    options: engineOptions,
    load: async () => (await import('./inspect.js')).inspectCommand,
};
