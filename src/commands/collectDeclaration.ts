import { ranges } from '../support/numberRanges.js';
import type { CommandDeclaration } from './CommandDeclaration.js';
import { dataOptions, devices, force, fresh, modelOptions, runFolder, shardPlaces } from './optionTables.js';

export const collectDeclaration: CommandDeclaration = {
    usage: 'collect',
    describe: 'count activations in each language into DIR/activations.safetensors',
    options: {
        ...modelOptions,
        ...dataOptions,
        out: runFolder,
        folds: {
            number: ranges.folds,
            describe: 'keep this many parts of the texts apart, so that identify can say how sure it is',
        },
        values: {
            flag: true,
            describe: "keep sums and histograms of each neuron's activations too, for interventions by their means",
        },
        shard: { describe: `count only a part${shardPlaces}` },
        devices,
        force: {
            ...force,
            describe: 'put the counts in the place of those of another model, other texts or settings',
        },
        fresh: { ...fresh, describe: 'remove the counts that are there first, and say what' },
    },
    load: async () => (await import('./collect.js')).collectCommand,
};
