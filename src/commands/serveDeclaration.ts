import { neuronSetNames } from '../neurons/neuronSets.js';
import { ranges } from '../support/numberRanges.js';
import type { CommandDeclaration } from './CommandDeclaration.js';
import { date, dir, modelOptions } from './optionTables.js';

export const serveDeclaration: CommandDeclaration = {
    usage: 'serve <dir>',
    describe: "serve the model, whole and without each language's neurons, by OpenAI's HTTP interface",
    positionals: { dir },
    options: {
        ...modelOptions,
        without: { describe: 'languages without whose neurons one more model is served, such as zh,ja' },
        amplify: { describe: "languages whose neurons' activations are multiplied in it, and by what, such as de:2" },
        set: { choices: neuronSetNames, default: 'specific+related', describe: 'which neurons of the languages' },
        where: {
            choices: ['prompt', 'response', 'both'],
            default: 'both',
            describe: 'tokens whose activations --without and --amplify change',
        },
        interventions: { path: true, describe: 'YAML or JSON file of named interventions, each a model of its own' },
        host: { default: '127.0.0.1', describe: 'address to listen on; other than this machine asks for a key' },
        port: { number: ranges.freePort, default: 8080, describe: 'port to listen on; 0: any that is free' },
        'api-key': { describe: 'key that clients must send (better: in the variable LANGUAGE_NEURONS_API_KEY)' },
        'allow-origin': {
            describe:
                'origins of web pages that may ask and read answers, such as https://example.org,https://app.example.org',
        },
        parallel: {
            number: ranges.parallel,
            default: 16,
            describe: 'requests computed side by side, each in a window of its own; others wait',
        },
        'max-waiting': { number: ranges.wholeLimit, default: 1024, describe: 'most answers that wait; more get 429' },
        'max-body': { number: ranges.mebibytes, default: 8, describe: 'most MiB of a request' },
        date: { ...date, describe: `${date.describe} (default: today)` },
        force: { flag: true, describe: 'use the neurons in another model than the one analysed' },
    },
    load: async () => (await import('./serve.js')).serveCommand,
};
