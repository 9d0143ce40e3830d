import { numberRules } from '../answers/numberRules.js';
import { cleanKinds, identifyMethods, perplexityMeans, probabilityNames, scoredParts } from '../choices.js';
import { metricNames, neuronSetNames } from '../experiments/DeactivationMatrix.js';
import { ranges } from '../ranges.js';
import type { OptionTable } from './options.js';
import {
    dataOptions,
    engineOptions,
    languages,
    model,
    modelOptions,
    questionOptions,
    runFolder,
} from './optionTables.js';
import type { CommandContext, CommandResult } from './shared.js';

/** A command as `--help` shows it. Its work is loaded when it is asked for: `--help` and refusals are quick. */
export interface CommandDeclaration {
    /** Name and positional arguments in yargs' notation, such as `identify <dir>`. */
    readonly usage: string;
    readonly describe: string;
    readonly positionals?: OptionTable;
    readonly options?: OptionTable;
    /** The command, which takes the checked arguments by their names in camel case. */
    load(): Promise<(args: never, context: CommandContext) => Promise<CommandResult>>;
}

/** Options of every command. */
export const globalOptions: OptionTable = { json: { flag: true, describe: 'print one JSON document on stdout' } };

const dir = { path: true, required: true, describe: 'run folder' };
const force = { flag: true as const };
const fresh = { flag: true as const };
const places = ', such as 2/8, or auto in a Slurm array, auto/8 in other arrays; then merge';
const devices = { describe: 'GPUs to divide the work among, such as 0,1, a process each' };
const seed = { number: ranges.seed, default: 1 };

export const commands: readonly CommandDeclaration[] = [
    {
        usage: 'run [config]',
        describe: 'everything below, in order; without a configuration, on the embedded model',
        positionals: { config: { path: true, describe: 'YAML file' } },
        options: {
            force: {
                ...force,
                describe: 'put new counts in the place of those of another model, other texts or settings',
            },
            fresh: { ...fresh, describe: 'remove what the run folder holds first, and say what' },
        },
        load: async () => (await import('./run.js')).runCommand,
    },
    {
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
            shard: { describe: `count only a part${places}` },
            devices,
            force: {
                ...force,
                describe: 'put the counts in the place of those of another model, other texts or settings',
            },
            fresh: { ...fresh, describe: 'remove the counts that are there first, and say what' },
        },
        load: async () => (await import('./collect.js')).collectCommand,
    },
    {
        usage: 'merge <shards..>',
        describe: 'make of all shards the counts or matrices that they are parts of',
        positionals: {
            shards: { many: true, path: true, required: true, describe: 'folders that hold shards, or their files' },
        },
        options: {
            out: runFolder,
            force: {
                ...force,
                describe: 'put the counts in the place of those of another model, other texts or settings',
            },
        },
        load: async () => (await import('./merge.js')).mergeCommand,
    },
    {
        usage: 'identify <dir>',
        describe: 'score and classify the neurons of DIR/activations.safetensors',
        positionals: { dir },
        options: {
            method: { choices: identifyMethods, default: 'paper', describe: 'how neurons are scored' },
            'top-rate': { number: ranges.topRate, default: 0.01, describe: 'share of neurons to select' },
            lambda: {
                number: ranges.lambda,
                word: 'auto',
                default: 'auto',
                describe: 'weight of the largest probability in the score, or auto',
            },
            bar: { number: ranges.bar, default: 0.95, describe: 'quantile above which a probability is high' },
            probability: {
                choices: probabilityNames,
                default: 'conditional',
                describe: "experts: of the tokens that went through the neuron's expert, or of all",
            },
            'min-routed': {
                number: ranges.minRouted,
                default: 100,
                describe: 'experts: tokens of every language that one must have seen for its neurons to be assessed',
            },
        },
        load: async () => (await import('./identify.js')).identifyCommand,
    },
    {
        usage: 'deactivate <dir>',
        describe: 'evaluate every language with the neurons of every language deactivated',
        positionals: { dir },
        options: {
            ...modelOptions,
            ...dataOptions,
            ...questionOptions,
            metric: {
                choices: metricNames,
                default: 'ppl',
                describe: 'perplexity of the texts, or accuracy of answers to the questions, in --data',
            },
            sets: { describe: `neuron sets, of ${neuronSetNames.join(', ')}; default: all that the model has` },
            controls: { number: ranges.controls, default: 3, describe: 'random controls of each cell' },
            seed: { ...seed, describe: 'of the first random control' },
            mean: {
                choices: perplexityMeans,
                default: 'tokens',
                describe: "ppl: of all tokens, or the mean of the texts' perplexities",
            },
            over: { choices: scoredParts, default: 'response', describe: 'ppl: the part of each text that is scored' },
            number: {
                choices: numberRules,
                default: 'last',
                describe: 'accuracy: how the number of an answer is found',
            },
            'whole-limit': {
                number: ranges.wholeLimit,
                describe: 'accuracy: questions of each language for the whole model, where more than --limit',
            },
            shard: { describe: `measure only a part${places}` },
            devices,
            force: { ...force, describe: 'deactivate the neurons in another model than the one analysed' },
            fresh: { ...fresh, describe: 'remove what was measured of this metric first, and say what' },
        },
        load: async () => (await import('./deactivate.js')).deactivateCommand,
    },
    {
        usage: 'export <dir>',
        describe:
            'write the model with neurons of some languages switched off or scaled in its weights, as a GGUF file',
        positionals: { dir },
        options: {
            model,
            without: { describe: 'languages whose neurons are switched off, such as zh,de' },
            scale: {
                alias: 'amplify',
                many: true,
                describe: "what a language's neurons are multiplied by, such as zh:0.5 or de:2",
            },
            set: { choices: neuronSetNames, default: 'specific+related', describe: 'which neurons of a language' },
            out: { alias: 'o', path: true, required: true, describe: 'GGUF file that is not there yet' },
            force: { ...force, describe: 'edit another model than the one analysed' },
        },
        load: async () => (await import('./export.js')).exportCommand,
    },
    {
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
        },
        load: async () => (await import('./compare.js')).compareCommand,
    },
    {
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
    },
    {
        usage: 'import <folder>',
        describe: 'counts published by others (.pt files) into OUT/activations.safetensors',
        positionals: { folder: { path: true, required: true } },
        options: {
            languages: { ...languages, describe: 'comma-separated, such as en,zh (default: all that are there)' },
            out: runFolder,
            force: { ...force, describe: 'put the counts in the place of others' },
        },
        load: async () => (await import('./import.js')).importCommand,
    },
    {
        usage: 'report <dir>',
        describe: 'write DIR/report.html with its figures and tables',
        positionals: { dir },
        options: { title: {} },
        load: async () => (await import('./report.js')).reportCommand,
    },
    {
        usage: 'clean <dir>',
        describe: 'remove what a run folder keeps, and say what; nothing else removes finished work',
        positionals: { dir },
        options: { only: { choices: cleanKinds, describe: 'one kind of result alone (default: all)' } },
        load: async () => (await import('./clean.js')).cleanCommand,
    },
    {
        usage: 'inspect <model>',
        describe: 'layers, FFN width, activation, devices, memory',
        positionals: { model: { path: true, required: true, describe: 'GGUF file, or hf:user/repo:quant' } },
        options: engineOptions,
        load: async () => (await import('./inspect.js')).inspectCommand,
    },
    {
        usage: 'rpc-server',
        describe: "lend this machine's devices to --rpc of another, on a trusted network",
        options: {
            host: {
                default: '127.0.0.1',
                describe: 'IPv4 address to listen on; whoever reaches it can use this machine',
            },
            port: { number: ranges.port, default: 50_052, describe: 'port to listen on' },
            gpu: engineOptions.gpu!,
            threads: engineOptions.threads!,
        },
        load: async () => (await import('./rpcServer.js')).rpcServerCommand,
    },
];
