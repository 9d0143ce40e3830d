import { ranges } from '../support/numberRanges.js';
import type { CommandDeclaration } from './CommandDeclaration.js';
import { fresh, languages, modelOptions, questionOptions, seed } from './optionTables.js';

export const respondDeclaration: CommandDeclaration = {
    usage: 'respond',
    describe: 'generate answers to questions, into a JSON file that collect reads',
    options: {
        ...modelOptions,
        ...questionOptions,
        data: {
            alias: 'd',
            path: true,
            required: true,
            describe: 'mgsm, msvamp, or a folder of mgsm_LL.tsv or test_Language.json',
        },
        languages,
        out: { alias: 'o', path: true, required: true, describe: 'JSON file' },
        answers: { alias: 'n', number: ranges.answers, default: 1, describe: 'answers to each question' },
        temperature: { number: ranges.temperature, default: 0, describe: '0: always the likeliest token' },
        seed: { ...seed, describe: 'of what is drawn at a temperature above 0' },
        fresh: { ...fresh, describe: 'remove the answers that are there first, and say what' },
    },
    load: async () => (await import('./respond.js')).respondCommand,
};
