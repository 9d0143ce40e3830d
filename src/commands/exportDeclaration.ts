import { neuronSetNames } from '../neurons/neuronSets.js';
import type { CommandDeclaration } from './CommandDeclaration.js';
import { dir, force, model } from './optionTables.js';

export const exportDeclaration: CommandDeclaration = {
    usage: 'export <dir>',
    describe: 'write the model with neurons of some languages switched off or scaled in its weights, as a GGUF file',
    positionals: { dir },
    options: {
        model,
        without: { describe: 'languages whose neurons are set to 0, such as zh,ja' },
        amplify: { describe: "languages whose neurons' activations are multiplied, and by what, such as de:2,zh:0.5" },
        set: { choices: neuronSetNames, default: 'specific+related', describe: 'which neurons of the languages' },
        out: { alias: 'o', path: true, required: true, describe: 'GGUF file that is not there yet' },
        force: { ...force, describe: 'edit another model than the one analysed' },
    },
    load: async () => (await import('./export.js')).exportCommand,
};
