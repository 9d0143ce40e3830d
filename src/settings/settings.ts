import { mostInF32, mostTokens, mostWhole, type NumberRange } from '../support/numberRanges.js';
import { computed, engineTable, modelTable } from './engineTable.js';
import {
    accuracyTable,
    date,
    experimentTable,
    metricTable,
    perplexityTable,
    questionTable,
    referenceTable,
    setNames,
} from './experimentTables.js';
import { inGroup, type ShapingTable } from './Setting.js';

export { engineTable, modelTable } from './engineTable.js';
export * from './experimentTables.js';

// Every setting that is not one command's own, once. `docs/contributing/setting.md` says how to add one.

export const share = { above: 0, below: 1 } as const satisfies NumberRange;
const count = { whole: true, least: 1, most: mostWhole } as const satisfies NumberRange;
const fromZero = { whole: true, least: 0, most: mostWhole } as const satisfies NumberRange;
/** Factors, offsets and strengths: what a device can hold. */
export const factorRange = { above: -mostInF32, below: mostInF32 } as const satisfies NumberRange;

/** Which texts are read. */
export const textTable = inGroup('Input and output', {
    data: {
        alias: 'd',
        many: true,
        path: true,
        required: true,
        describe:
            'texts: udhr, udhr:FROM-TO, mgsm, msvamp, everyday, a folder of LL.txt files or of their files, a JSONL ' +
            'file, or a JSON file of answers',
        shapes: [...computed, 'matrix'],
    },
    languages: {
        alias: 'l',
        list: true,
        defaultWords: 'all languages of the data',
        describe: 'languages to use, such as en,zh',
        shapes: ['counts', 'matrix'],
    },
});

/** Which languages of texts or questions are opened. */
export const languagesTable = {
    languages: textTable.languages,
    called: { ...textTable.languages, describe: 'names of languages in existing results' },
} as const;

export const collectTable = inGroup('Counting', {
    folds: {
        number: { whole: true, least: 2, most: 1000 },
        describe: 'also count this many parts of the texts separately, so that identify can give confidence intervals',
        shapes: ['counts'],
    },
    values: {
        flag: true,
        describe: 'also keep sums and histograms of activations, for interventions by their means',
        shapes: computed,
    },
    transform: {
        choices: ['shuffled', 'romanized', 'random', 'pooled'],
        describe:
            'count texts in which there is less to find: words shuffled, romanized, or random tokens ' +
            'of the frequencies in the language (random) or in all (pooled)',
        shapes: ['counts'],
    },
    transformSeed: {
        number: fromZero,
        default: 1,
        of: { transform: ['shuffled', 'random', 'pooled'] },
        describe: 'seed by which words are shuffled and tokens are drawn',
        shapes: ['counts'],
    },
});

/** How neurons are scored and classified. */
export const identifyTable = inGroup('Neurons', {
    /** The paper's score with its weight λ, or LAPE's entropy alone. */
    method: { choices: ['paper', 'lape'], default: 'paper', describe: 'how to score neurons', shapes: ['analysis'] },
    /** Share of all neurons to select, in (0, 1); the paper's is the default. */
    topRate: { number: share, default: 0.01, describe: 'share of all neurons to select', shapes: ['analysis'] },
    /** Quantile of all probabilities above which one is high, in (0, 1); the paper's is the default. */
    bar: {
        number: share,
        default: 0.95,
        describe: 'quantile above which an activation probability is high',
        shapes: ['analysis'],
    },
    /** Weight of the maximum in the paper's score, or `auto`: the largest that selects no general neuron. */
    lambda: {
        shapes: ['analysis'],
        number: {},
        word: 'auto',
        default: 'auto',
        of: { method: ['paper'] },
        describe: 'weight of the largest probability in the score',
    },
    /** What neurons of routed experts are measured by: the tokens that went through the expert, or all. */
    probability: {
        choices: ['conditional', 'joint'],
        default: 'conditional',
        describe: 'experts: activation probability over the tokens routed to the expert, or over all tokens',
        shapes: ['analysis'],
    },
    /**
     * Least tokens of every language through an expert for its neurons to be assessed. The standard error of a
     * probability from 100 tokens is at most 0.05.
     */
    minRouted: {
        number: fromZero,
        default: 100,
        describe: 'experts: tokens of every language that an expert needs for its neurons to be assessed',
        shapes: ['analysis'],
    },
});

const namedNeurons = {
    list: true,
    describe: 'neurons by their names: layer:index, layer:expert:index or layer:shared:index, such as 12:345,13:7',
} as const;

/** Which neurons are listed, and in which order. */
export const neuronsTable = inGroup('Neurons', {
    neurons: { ...namedNeurons, describe: 'only the neurons of these names, such as 12:345,13:7:345' },
    language: { describe: 'only neurons that are high in this language' },
    and: { list: true, describe: 'only those that are high in all of these languages too' },
    class: {
        list: true,
        choices: ['specific', 'related', 'general', 'none'],
        defaultWords: 'specific,related; all with `neurons`',
        describe: 'classes of neurons; none: those that are in no class',
    },
    layer: { describe: 'only neurons of a layer, such as 20, or of a range of layers, such as 20..30' },
    sort: {
        choices: ['place', 'score', 'probability', 'count', 'languages', 'stability'],
        default: 'place',
        describe:
            'order: place in the model; lowest score first; or largest probability or count first (in `language`, ' +
            'else in any language), most languages or highest stability first',
    },
    limit: { number: count, defaultWords: 'all', describe: 'only the first N' },
});

/** What dashboards of others are made as. */
export const dashboardsTable = inGroup('Dashboards', {
    form: {
        choices: ['neuronpedia', 'saedashboard'],
        default: 'neuronpedia',
        describe: 'whose files: bodies of upload-batch requests to Neuronpedia, or batches of SAEDashboard',
    },
    modelId: { defaultWords: "the model's name", describe: 'name that the model has there' },
    sourceSet: { default: 'language-neurons', describe: 'name of the set of sources there' },
});

/** Beside the selected neurons, of `examples`. */
export const examplesTable = inGroup('Neurons', {
    /** General neurons, to compare the specific and related ones with. */
    general: { number: fromZero, default: 100, describe: 'general neurons to take beside specific and related ones' },
    seed: { number: fromZero, default: 1, describe: 'seed by which general neurons and examples are drawn' },
});

/** Neurons whose activations are watched: some by their names, or a set of some languages. */
export const watchTable = inGroup('Neurons', {
    neurons: namedNeurons,
    set: { choices: setNames, describe: 'instead of `neurons`: which neurons of some languages' },
    of: { list: true, defaultWords: 'as `languages`', describe: 'languages whose neurons these are, such as zh,ja' },
});

/** How many of the texts are read. */
export const limitTable = inGroup('Input and output', {
    limit: { number: count, defaultWords: 'all', describe: 'only the first N texts of each language' },
});

/** Whose effects are computed. */
export const effectsTable = inGroup('Neurons', {
    neurons: watchTable.neurons,
    set: {
        choices: setNames,
        defaultWords: 'specific+related',
        describe: 'instead of `neurons`: which neurons of some languages',
    },
    languages: { alias: 'l', list: true, defaultWords: 'all', describe: 'languages whose neurons these are' },
});

/** What the logit lens looks at. */
export const lensTable = inGroup('Input and output', {
    tokens: { number: count, default: 200, describe: 'tokens of each language to look at, the first ones' },
});

/** Types of files that llama.cpp's quantizer makes, as llama-quantize names them, large ones first. */
const quantTypes = [
    ...['F32', 'F16', 'BF16', 'Q8_0', 'Q6_K', 'Q5_K_M', 'Q5_K_S', 'Q5_1', 'Q5_0', 'Q4_K_M', 'Q4_K_S', 'Q4_1', 'Q4_0'],
    ...['IQ4_NL', 'IQ4_XS', 'Q3_K_L', 'Q3_K_M', 'Q3_K_S', 'IQ3_M', 'IQ3_S', 'IQ3_XXS', 'Q2_K', 'Q2_K_S', 'IQ2_M'],
    ...['IQ2_S', 'IQ2_XS', 'IQ2_XXS'],
] as const;

/** What is compared with a reference, and what is small enough. */
export const quantsTable = inGroup('Quantized files', {
    make: { list: true, choices: quantTypes, describe: 'files to make of the reference, such as Q8_0,Q4_K_M,Q2_K' },
    imatrix: {
        list: true,
        describe: 'make each of them also with an importance matrix of texts in these languages, such as th',
    },
    evaluation: {
        many: true,
        path: true,
        defaultWords: 'as `data`',
        describe: 'texts on which perplexity and KL divergence are measured',
    },
    maxKl: {
        number: { above: 0, below: mostInF32 },
        default: 0.05,
        describe: 'KL divergence from the reference that is small enough, in nats a token',
    },
});

/** Sets of neurons, but for whole experts. */
const plainSets = ['specific', 'specific+related', 'specific+related+general'] as const;

/** What keeps a model in a language, and what that may cost. */
export const tuneTable = {
    ...inGroup('Goal', {
        speak: { list: true, describe: 'languages to keep to where they are asked, such as de' },
        avoid: { list: true, describe: 'languages not to fall into, such as zh' },
        maxKl: {
            number: { above: 0, below: mostInF32 },
            default: 0.1,
            describe: 'most KL divergence from the whole model on texts in other languages, in nats a token',
        },
        maxLoss: {
            number: { least: 0, below: 1 },
            default: 0.05,
            describe: 'most accuracy that may be lost, from 0 to 1, where the prompts have right answers',
        },
    }),
    ...inGroup('Search', {
        sets: {
            list: true,
            choices: plainSets,
            defaultWords: 'specific,specific+related',
            describe: 'neuron sets to try',
        },
        dose: {
            list: true,
            number: share,
            percent: true,
            describe: 'also try these shares of the model, best-ranked neurons of each language first: 0.1%,1%',
        },
        layers: {
            list: true,
            choices: ['all', 'early', 'late'],
            defaultWords: 'all,early,late',
            describe: 'layers to try: all, or their first or second half',
        },
        strengths: {
            list: true,
            number: factorRange,
            defaultWords: '0.5,1',
            describe: 'how much of each operation to try; 1 does all of it',
        },
        controls: { ...experimentTable.controls, describe: 'draws of random neurons to judge beside' },
        seed: { ...experimentTable.seed, describe: 'seed of the first draw' },
    }),
    ...inGroup('Input and output', {
        textLimit: { number: count, default: 6, describe: 'only the first N texts of each language' },
    }),
} as const;

/** What shapes checks of what was found. */
export const checkTable = inGroup('Checks', {
    repeats: { number: { whole: true, least: 2, most: 1000 }, default: 20, describe: 'times that chance is drawn' },
    seed: { number: fromZero, default: 1, describe: 'seed of what is drawn' },
    set: {
        choices: ['specific', 'specific+related', 'specific+related+general'],
        default: 'specific+related',
        describe: "a language's neurons that are changed",
    },
    controls: { ...experimentTable.controls, describe: 'random controls of each kind for each language' },
    sample: { number: count, default: 200, describe: 'specific neurons that are set to 0 one by one' },
    other: { path: true, describe: 'another model, made of this one, such as its chat model' },
    otherLora: { path: true, describe: 'or a LoRA adapter that makes the other model' },
});

/** How answers are drawn. */
export const samplingTable = inGroup('Answers', {
    temperature: {
        number: { least: 0, most: 100 },
        default: 0,
        describe: '0 always takes the likeliest token',
        shapes: ['answers'],
    },
    seed: {
        number: fromZero,
        default: 1,
        describe: 'seed of the sampling at a temperature above 0',
        shapes: ['answers'],
    },
});

/** How answers are generated, by the library and `respond`. */
export const generateTable = inGroup('Answers', {
    /** Most tokens of an answer. */
    maxTokens: {
        number: { whole: true, least: 1, most: mostTokens },
        default: 256,
        describe: 'most tokens of an answer',
        shapes: ['answers'],
    },
    /** `0`: always the likeliest token. */
    ...samplingTable,
    /** Answers to each prompt. */
    answers: { alias: 'n', number: count, default: 1, describe: 'answers to each question', shapes: ['answers'] },
});

/** Beside sampling, of `generate` and `chat`. */
export const conversationTable = inGroup('Answers', {
    maxTokens: {
        number: questionTable.maxTokens.number,
        defaultWords: '512, at most half the window',
        describe: 'most tokens of an answer',
    },
    ...samplingTable,
    date: { ...date, defaultWords: 'today' },
});

/** Interventions, as options. */
export const interventionTable = inGroup('Interventions', {
    without: { describe: 'languages whose neurons are set to 0, such as zh,ja' },
    amplify: { describe: "languages whose neurons' activations are multiplied, and by how much, such as de:2" },
    set: { choices: setNames, default: 'specific+related', describe: 'which neurons of these languages' },
    where: { choices: ['prompt', 'response', 'both'], default: 'both', describe: 'tokens whose activations change' },
    interventions: { path: true, describe: 'YAML or JSON file of named interventions' },
});

/** What `intervene` does to neurons, beside `experimentTable`. */
export const operationTable = inGroup('Experiment', {
    op: {
        required: true,
        list: true,
        describe: 'operations on activations, such as zero,scale:0.5,add:1,replace:0; each gives a matrix',
    },
    strength: {
        number: factorRange,
        default: 1,
        describe: 'how much of the operation to do; 1 does all of it',
    },
    where: interventionTable.where,
    dose: {
        list: true,
        number: share,
        percent: true,
        describe: 'give curves instead: change these shares of the model, best-ranked neurons first: 0.1%,1%',
    },
});

/** What a search for an intervention asks, and by what it raises the neurons of languages to speak. */
export const tuneQuestionTable = {
    op: {
        ...operationTable.op,
        required: false,
        group: 'Search',
        defaultWords: 'scale:2,scale:4, after collect --values also diffmean',
        describe: 'operations to try on the neurons of the languages to speak; those to avoid are set to 0',
    },
    template: { ...questionTable.template, default: 'chat' },
    date: questionTable.date,
    limit: questionTable.limit,
    maxTokens: { ...questionTable.maxTokens, default: 128 },
    contextSize: questionTable.contextSize,
} as const;

/** How work is divided. */
export const divisionTable = inGroup('Division of work', {
    shard: {
        describe: 'do only one part, such as 2/8 (auto in a Slurm array, auto/8 in other arrays); then use merge',
    },
    devices: {
        list: true,
        number: { whole: true, least: 0, most: 9999 },
        describe: 'GPUs to divide the work among, such as 0,1; each gets a process',
    },
});

/** Where results go. */
export const outputTable = inGroup('Input and output', {
    out: { alias: 'o', path: true, required: true, describe: 'run folder' },
    excel: { flag: true, describe: 'begin CSV files with a byte-order mark, so that Excel reads them as UTF-8' },
    force: { flag: true, describe: 'use the neurons in another model than the one analysed' },
    fresh: { flag: true, describe: 'first remove what is there, and say what' },
});

/** How CSV files are written. */
export const csvTable = { excel: outputTable.excel } as const;

/** Of a report. */
export const reportTable = inGroup('Input and output', {
    title: { defaultWords: "the model's name", describe: 'title of the report' },
    site: {
        defaultWords: 'the folder site in the run folder, if it is there',
        describe: "address or folder of the explorer's static site, for links to each neuron",
    },
    ...csvTable,
});

/** Of a server. */
export const serverTable = inGroup('Server', {
    host: { default: '127.0.0.1', describe: 'address to listen on; any other than this machine needs a key' },
    port: {
        number: { whole: true, least: 0, most: 65_535 },
        default: 8080,
        describe: 'port to listen on; 0 takes any free one',
    },
    apiKey: { describe: 'key that clients must send (better: in the variable LANGUAGE_NEURONS_API_KEY)' },
    allowOrigin: {
        list: true,
        describe: 'origins of web pages that may send requests, such as https://example.org,https://app.example.org',
    },
    parallel: {
        number: { whole: true, least: 1, most: 64 }, // sequences of a batch
        default: 16,
        describe: 'requests computed at once, each in a window of its own; others wait',
    },
    ownInterventions: {
        number: { whole: true, least: 0, most: 64 },
        default: 4,
        describe: 'different interventions that requests may bring at one time; others wait; 0 allows none',
    },
    prefixCaching: {
        flag: true,
        describe: 'go on from the KV cells of earlier requests that begin alike; answers may round differently',
    },
    maxWaiting: { number: count, default: 1024, describe: 'most answers that wait; further requests get 429' },
    maxBody: { number: { whole: true, least: 1, most: 1024 }, default: 8, describe: 'most MiB of one request' },
});

/** What the identity of results is made of: docs/identity.md has a line for every row. */
export const shapingTables = {
    modelTable,
    engineTable,
    textTable,
    collectTable,
    identifyTable,
    metricTable,
    experimentTable,
    perplexityTable,
    referenceTable,
    questionTable,
    accuracyTable,
    generateTable,
} as const satisfies Readonly<Record<string, ShapingTable>>;
