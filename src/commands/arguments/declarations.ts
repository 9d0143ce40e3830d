import {
    accuracyTable,
    checkTable,
    collectTable,
    dashboardsTable,
    conversationTable,
    divisionTable,
    effectsTable,
    lensTable,
    engineTable,
    examplesTable,
    experimentTable,
    generateTable,
    identifyTable,
    interventionTable,
    limitTable,
    metricNames,
    metricTable,
    modelTable,
    neuronsTable,
    operationTable,
    outputTable,
    perplexityTable,
    quantsTable,
    questionTable,
    referenceTable,
    reportTable,
    serverTable,
    textTable,
    tuneQuestionTable,
    tuneTable,
    watchTable,
} from '../../settings/settings.js';
import type { CommandDeclaration } from './CommandDeclaration.js';

// What each command takes: rows of the table of settings, and settings of its own.

const dir = { path: true, required: true, describe: 'run folder' } as const;
const { excel, force, fresh, out } = outputTable;
const replaceCounts = { ...force, describe: 'replace counts of another model, other texts or other settings' } as const;
const { interventions, ...shorthandTable } = interventionTable;

export const runDeclaration = {
    usage: 'run [config]',
    describe: 'run collect, identify, deactivate, compare and report; without a file, on the embedded model',
    positionals: { config: { path: true, describe: 'YAML file' } },
    options: {
        excel,
        force: replaceCounts,
        fresh: { ...fresh, describe: 'first remove what the run folder holds, and say what' },
    },
} as const satisfies CommandDeclaration;

export const collectDeclaration = {
    usage: 'collect',
    describe: 'count activations in each language into DIR/activations.safetensors',
    positionals: {},
    options: {
        ...modelTable,
        ...textTable,
        out,
        ...collectTable,
        ...divisionTable,
        ...engineTable,
        force: replaceCounts,
        fresh: { ...fresh, describe: 'first remove the counts already there, and say what' },
    },
} as const satisfies CommandDeclaration;

export const mergeDeclaration = {
    usage: 'merge <shards..>',
    describe: 'merge shards into counts, examples or matrices',
    positionals: {
        shards: { many: true, path: true, required: true, describe: 'shards, or folders that hold them' },
    },
    options: { out, excel, force: replaceCounts },
} as const satisfies CommandDeclaration;

export const identifyDeclaration = {
    usage: 'identify <dir>',
    describe: 'score and classify the neurons of DIR/activations.safetensors',
    positionals: { dir },
    options: identifyTable,
} as const satisfies CommandDeclaration;

export const neuronsDeclaration = {
    usage: 'neurons <dir>',
    describe: 'list neurons with their classes, scores and probabilities, or write them as CSV, JSON or Parquet',
    positionals: { dir },
    options: {
        ...neuronsTable,
        overlap: { group: 'Neurons', flag: true, describe: 'list instead how many neurons each two languages share' },
        out: {
            ...out,
            required: false,
            describe: 'file to write, which ends in .csv, .json or .parquet',
            defaultWords: 'the terminal',
        },
        excel,
    },
} as const satisfies CommandDeclaration;

export const examplesDeclaration = {
    usage: 'examples <dir>',
    describe: 'find the tokens that make neurons active, with what stands around them',
    positionals: { dir },
    options: {
        ...modelTable,
        ...textTable,
        neurons: { ...watchTable.neurons, defaultWords: 'all specific and related ones, and some general ones' },
        ...examplesTable,
        ...divisionTable,
        ...engineTable,
        force: { ...force, describe: 'replace examples of other neurons or texts; use another model than analysed' },
        fresh: { ...fresh, describe: 'first remove the examples already there, and say what' },
    },
} as const satisfies CommandDeclaration;

export const activationsDeclaration = {
    usage: 'activations <dir>',
    describe: 'write the activations of chosen neurons, token by token, as Parquet',
    positionals: { dir },
    options: {
        ...modelTable,
        ...textTable,
        ...limitTable,
        ...watchTable,
        out: {
            ...out,
            required: false,
            describe: 'file to write, which ends in .parquet',
            defaultWords: 'DIR/activations.parquet',
        },
        ...engineTable,
        force,
    },
} as const satisfies CommandDeclaration;

export const effectsDeclaration = {
    usage: 'effects <dir>',
    describe: 'find the tokens that neurons raise and lower, into DIR/effects.json',
    positionals: { dir },
    options: { model: modelTable.model, ...effectsTable, threads: engineTable.threads },
} as const satisfies CommandDeclaration;

export const lensDeclaration = {
    usage: 'lens <dir>',
    describe: 'find in which language the likeliest token would be behind each layer, into DIR/lens.json',
    positionals: { dir },
    options: {
        ...modelTable,
        ...textTable,
        ...lensTable,
        ...engineTable,
        force: { ...force, describe: 'replace the result of other texts; use another model than the one analysed' },
    },
} as const satisfies CommandDeclaration;

export const checkDeclaration = {
    usage: 'check <dir> [names..]',
    describe: 'answer what a sceptic would ask of the findings in DIR, into DIR/checks',
    positionals: {
        dir,
        names: { many: true, describe: 'checks to do', defaultWords: 'all that need neither a model nor texts' },
    },
    options: {
        list: { group: 'Checks', flag: true, describe: 'list instead all checks, with what they need and take' },
        ...checkTable,
        ...modelTable,
        model: { ...modelTable.model, required: false },
        ...textTable,
        data: { ...textTable.data, required: false },
        ...engineTable,
        force,
    },
} as const satisfies CommandDeclaration;

/** Of every command that measures what happens to languages when neurons change. */
const measuring = {
    ...metricTable,
    ...experimentTable,
    ...perplexityTable,
    ...referenceTable,
    ...questionTable,
    ...accuracyTable,
    ...divisionTable,
    ...engineTable,
    excel,
    force,
    fresh: { ...fresh, describe: 'first remove earlier measurements of this metric, and say what' },
    plan: {
        group: 'Experiment',
        flag: true,
        describe: 'measure nothing; print how much work it would be, and how small a change it could show',
    },
} as const;

export const deactivateDeclaration = {
    usage: 'deactivate <dir>',
    describe: "evaluate every language with each language's neurons deactivated",
    positionals: { dir },
    options: { ...modelTable, ...textTable, ...measuring },
} as const satisfies CommandDeclaration;

export const interveneDeclaration = {
    usage: 'intervene <dir>',
    describe: "evaluate every language with each language's neurons scaled, replaced or otherwise changed",
    positionals: { dir },
    options: {
        ...modelTable,
        ...textTable,
        ...operationTable,
        ...measuring,
    },
} as const satisfies CommandDeclaration;

export const compareDeclaration = {
    usage: 'compare <before> <after> [more..]',
    describe: 'show what changed between analyses: before and after alignment, or a series',
    positionals: {
        before: { path: true, required: true, describe: 'run folder, or a neurons.json' },
        after: { path: true, required: true, describe: 'another one' },
        more: { path: true, many: true, describe: 'further ones' },
    },
    options: {
        trained: { list: true, describe: 'languages that the alignment was trained on, such as zh,de' },
        out: {
            alias: 'o',
            path: true,
            defaultWords: 'that of the last analysis',
            describe: 'folder for comparison.json and the report',
        },
        excel,
    },
} as const satisfies CommandDeclaration;

export const evaluateDeclaration = {
    usage: 'evaluate',
    describe: 'measure models on texts or questions and set them beside each other, without looking for neurons',
    positionals: {},
    options: {
        model: {
            ...modelTable.model,
            many: true,
            describe: `${modelTable.model.describe}; several are compared with the first`,
        },
        lora: { ...modelTable.lora, describe: `${modelTable.lora.describe}; of the last model` },
        ...textTable,
        out: { ...out, describe: 'folder for the table and for what is finished' },
        ...metricTable,
        ...perplexityTable,
        reference: { ...referenceTable.reference, defaultWords: 'the first model' },
        ...questionTable,
        number: accuracyTable.number,
        judge: accuracyTable.judge,
        ...engineTable,
        excel,
    },
} as const satisfies CommandDeclaration;

export const quantsDeclaration = {
    usage: 'quants <reference> [files..]',
    describe: 'show which quantization hurts which language, against a reference',
    positionals: {
        reference: { path: true, required: true, describe: modelTable.model.describe },
        files: { path: true, many: true, describe: 'quantized files of the same model' },
    },
    options: {
        ...quantsTable,
        ...textTable,
        out: { ...out, describe: 'folder for quants.json, the page and all files' },
        folds: {
            ...collectTable.folds,
            group: 'Neurons',
            default: 4,
            describe:
                'count this many parts of the texts separately, for confidence intervals of what becomes of neurons',
        },
        ...identifyTable,
        ...engineTable,
        excel,
        force: { ...force, describe: 'replace counts of other texts or other settings' },
    },
} as const satisfies CommandDeclaration;

export const tuneDeclaration = {
    usage: 'tune <dir>',
    describe: 'search for the intervention that keeps the model in a language, and judge it on held-out prompts',
    positionals: { dir },
    options: {
        ...modelTable,
        ...tuneTable,
        data: {
            ...textTable.data,
            many: false,
            required: false,
            default: 'everyday',
            describe: 'prompts: everyday, mgsm, msvamp, or a folder of questions or prompts',
        },
        texts: {
            group: 'Input and output',
            many: true,
            path: true,
            defaultWords: 'udhr',
            describe: 'texts in other languages, which the intervention should change little; as `data` of collect',
        },
        ...tuneQuestionTable,
        ...engineTable,
        force,
    },
} as const satisfies CommandDeclaration;

export const generateDeclaration = {
    usage: 'generate <dir> <prompt>',
    describe: "show the model's answers with and without interventions, side by side",
    positionals: { dir, prompt: { required: true, describe: 'text to continue' } },
    options: {
        ...modelTable,
        ...shorthandTable,
        interventions: { ...interventions, describe: `${interventions.describe}; each gets a column` },
        chat: {
            group: 'Answers',
            flag: true,
            describe: "send the prompt as a user's message, by the model's chat template",
        },
        ...conversationTable,
        maxTokens: { ...conversationTable.maxTokens, default: 128 },
        ...engineTable,
        force,
    },
} as const satisfies CommandDeclaration;

export const chatDeclaration = {
    usage: 'chat <dir>',
    describe: 'talk to the model, and change its neurons between turns',
    positionals: { dir },
    options: {
        ...modelTable,
        ...shorthandTable,
        interventions: { ...interventions, describe: `${interventions.describe}, for /use` },
        use: { group: 'Answers', describe: 'intervention of the file to start with' },
        both: { group: 'Answers', flag: true, describe: 'also show the answer of the unchanged model' },
        system: { group: 'Answers', describe: 'system message' },
        ...conversationTable,
        ...engineTable,
        force,
    },
} as const satisfies CommandDeclaration;

export const serveDeclaration = {
    usage: 'serve <dir>',
    describe: "serve the model, with and without each language's neurons, through an OpenAI-compatible HTTP API",
    positionals: { dir },
    options: {
        ...modelTable,
        ...shorthandTable,
        without: {
            ...shorthandTable.without,
            describe: 'serve one more model, without the neurons of these languages, such as zh,ja',
        },
        amplify: {
            ...shorthandTable.amplify,
            describe: 'in that model, multiply activations of these languages, and by how much: de:2',
        },
        interventions: { ...interventions, describe: `${interventions.describe}; each is served as a model` },
        ...serverTable,
        date: { ...conversationTable.date, group: 'Server' },
        ...engineTable,
        force,
    },
} as const satisfies CommandDeclaration;

export const exportDeclaration = {
    usage: 'export <dir>',
    describe: 'write a GGUF file of the model with neurons of some languages switched off or scaled, or their vector',
    positionals: { dir },
    options: {
        model: modelTable.model,
        without: shorthandTable.without,
        amplify: shorthandTable.amplify,
        vector: {
            group: 'Interventions',
            describe:
                "instead of a model, llama.cpp's control vector of these languages' neurons, such as de or de,en:-1",
        },
        set: shorthandTable.set,
        interventions: {
            ...interventions,
            describe: 'instead: YAML or JSON file of one named intervention that scales activations',
        },
        out: { ...out, describe: 'GGUF file to write; it must not exist' },
        force: { ...force, describe: 'take another model than the one analysed' },
    },
} as const satisfies CommandDeclaration;

export const respondDeclaration = {
    usage: 'respond',
    describe: 'generate answers to questions into a JSON file that collect reads',
    positionals: {},
    options: {
        ...modelTable,
        data: {
            group: 'Input and output',
            alias: 'd',
            path: true,
            required: true,
            describe:
                'questions: mgsm, msvamp, everyday, or a folder of mgsm_LL.tsv, test_Language.json or ' +
                'prompts_LL.jsonl files',
        },
        languages: textTable.languages,
        ...questionTable,
        ...generateTable,
        ...engineTable,
        out: { ...out, describe: 'JSON file to write' },
        fresh: { ...fresh, describe: 'first remove the answers already there, and say what' },
    },
} as const satisfies CommandDeclaration;

export const importDeclaration = {
    usage: 'import <folder>',
    describe: 'turn counts published by others (.pt files) into OUT/activations.safetensors',
    positionals: { folder: { path: true, required: true, describe: 'folder of .pt files' } },
    options: {
        languages: { ...textTable.languages, defaultWords: 'all languages found' },
        out,
        force: { ...force, describe: 'replace other counts' },
    },
} as const satisfies CommandDeclaration;

export const reportDeclaration = {
    usage: 'report <dir>',
    describe: 'write DIR/report.html with figures and tables',
    positionals: { dir },
    options: reportTable,
} as const satisfies CommandDeclaration;

export const exploreDeclaration = {
    usage: 'explore <dir>',
    describe: 'show the neurons of a run folder on a page in the browser',
    positionals: { dir },
    options: {
        title: { defaultWords: "the model's name", describe: 'heading of the page' },
        port: { ...serverTable.port, default: 0 },
        export: { path: true, describe: 'folder to write the page into as static files, instead of serving it' },
        model: {
            ...modelTable.model,
            required: false,
            defaultWords: 'none',
            describe: 'GGUF file of the run, or hf:user/repo:quant, for the pages that ask the model',
        },
        lora: modelTable.lora,
        data: {
            ...textTable.data,
            required: false,
            defaultWords: 'udhr:25-30',
            describe: 'with a model: texts on which the page measures what removing a neuron does',
        },
        ...engineTable,
        force,
    },
} as const satisfies CommandDeclaration;

export const dashboardsDeclaration = {
    usage: 'dashboards <dir>',
    describe: 'write the neurons of examples in the form of Neuronpedia or SAEDashboard',
    positionals: { dir },
    options: { out: { ...out, describe: 'folder to write the files into' }, ...dashboardsTable },
} as const satisfies CommandDeclaration;

export const cleanDeclaration = {
    usage: 'clean <dir>',
    describe: 'remove the results in a run folder, and say what was removed',
    positionals: { dir },
    options: {
        only: {
            choices: ['counts', 'examples', 'checks', 'quants', 'tune', ...metricNames, 'report'],
            defaultWords: 'all',
            describe: 'kind of results to remove',
        },
    },
} as const satisfies CommandDeclaration;

export const inspectDeclaration = {
    usage: 'inspect <model>',
    describe: 'show layers, FFN width, activation, devices and memory',
    positionals: { model: { path: true, required: true, describe: modelTable.model.describe } },
    options: { lora: modelTable.lora, ...engineTable },
} as const satisfies CommandDeclaration;

export const dataDeclaration = {
    usage: 'data <task>',
    describe: 'list texts and questions at hand and how to bring more, and how many tokens they give a model',
    positionals: { task: { required: true, choices: ['list'], describe: 'what to do' } },
    options: {
        data: { ...textTable.data, required: false, defaultWords: 'all that needs no network' },
        languages: { ...textTable.languages, defaultWords: "all; with data its own, with a model the paper's ten" },
        all: { flag: true, describe: 'list every language, also where texts are in hundreds of languages' },
        model: {
            ...modelTable.model,
            required: false,
            defaultWords: 'none',
            describe: `${modelTable.model.describe}, whose tokens are counted`,
        },
    },
} as const satisfies CommandDeclaration;

export const rpcServerDeclaration = {
    usage: 'rpc-server',
    describe: "lend this machine's devices to another machine's `rpc`, on a trusted network",
    positionals: {},
    options: {
        host: {
            default: '127.0.0.1',
            describe: 'IPv4 address to listen on; anyone who reaches it can use this machine',
        },
        port: { number: { ...serverTable.port.number, least: 1 }, default: 50_052, describe: 'port to listen on' },
        gpu: engineTable.gpu,
        threads: engineTable.threads,
    },
} as const satisfies CommandDeclaration;
