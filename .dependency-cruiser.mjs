/**
 * The folders of src and what they do: CONTRIBUTING.md's map. A folder imports from itself and from those before it,
 * which tests/unit/importDirection.test.ts holds.
 */
export const folders = {
    support: 'small helpers of any program',
    files: 'files, journals, locks',
    settings: 'every setting once: bounds, default, description; the checks',
    languages: 'what names a language',
    gguf: 'model files: headers and block types',
    corpus: 'files and datasets → a stream of samples by language',
    answers: 'answers → numbers and languages',
    prebuilt: 'the compiled libraries that are installed',
    engine: 'a model in llama.cpp with the adapter; the only place that knows of llama.cpp',
    questions: 'reasoning tasks → prompts, answers',
    data: 'what `--data` names: texts or questions',
    activations: 'samples → counts, in one file',
    neurons: 'counts → scores, classes, stages, certainty; pure functions',
    effects: 'neurons → tokens whose logits they raise and lower',
    interventions: 'operations on neurons → states of the model, edits of the engine',
    export: 'an edited model as a GGUF file',
    chat: 'conversations, each turn answered by states of its own',
    experiments: 'neurons → states → matrices, dose curves, comparisons',
    examples: 'texts → the tokens that make chosen neurons active',
    lens: 'texts → the language of the likeliest token behind each layer',
    checks: 'what was found → what a sceptic asks of it, answered',
    quants: 'quantized files → what each keeps of every language',
    tune: 'neurons → the intervention that keeps a model in a language, if there is one',
    dashboards: "neurons → files of others' dashboards",
    serve: "an HTTP server that answers OpenAI's clients",
    report: 'results → a page, figures, tables',
    explore: 'a page to look at every neuron: its data, its server',
    run: "the whole way, shards' merging, cleaning",
    commands: 'the command line: a thin layer over the same functions',
};
const names = Object.keys(folders);

/**
 * The parts of the larger folders and what they do, in the order of their imports: a part imports from itself and from
 * those before it; the modules that stand beside the parts import from all of them, and none of the parts from these.
 */
export const parts = {
    engine: {
        types: 'what the engine takes and gives',
        native: "the addon: its contract, finding and loading it, its errors in the user's words",
        files: 'a name, path or address → the files of a model',
        loading: 'settings and free memory → a loaded model, contexts of the right size',
        passes: 'texts → batches → counts, scores, activations',
        scheduler: 'many answers in one batch, step by step',
        answers: 'prompts → answers: of a list, or of requests as they come',
    },
    questions: {
        jinja: 'chat templates rendered',
        sources: 'folders, files and addresses → questions',
        templates: 'questions and conversations → prompts',
    },
    neurons: {
        analysis: 'what an identification finds, its file, its parts',
        scores: 'counts → probabilities, scores, rankings',
        classes: 'scores → classes, stages, how certain they are',
        controls: 'neurons → random ones that are like them',
        tables: 'neurons → names, rows, tables, files',
        sets: 'sets of neurons of an analysis, or of names',
    },
    experiments: {
        results: 'shapes: matrix, dose curves, comparison',
        statistics: 'estimates: intervals, tests, power',
        metric: 'what a metric is: its object, its plan, its journal',
        textMetrics: 'scores of texts: perplexity, bits per byte, divergence',
        answerMetrics: 'answers to questions, judged: accuracy, language',
        registry: 'metrics by name',
        conditions: 'sets and doses → states of the model, with their controls',
        matrices: 'measurements → matrices and curves',
        resultFiles: 'files of results: names, readers, writers, tables',
        comparisons: 'two models, before and after',
        power: 'what a matrix could have told from chance',
        givenAnswers: "a matrix's answers, read back",
    },
    checks: {
        measures: 'what checks measure with: random draws, drops, donors',
    },
    report: {
        facts: 'results → the numbers that are told',
        input: 'what a run folder holds, read for a report',
        figures: 'rows → figures',
        tables: 'rows → tables in HTML, CSV and LaTeX',
        sentences: 'facts → sentences',
        sections: 'results → sections, each a figure with its words and rows',
        page: 'sections → one page of HTML',
    },
    commands: {
        arguments: 'options: declared, parsed, completed',
        words: 'results → lines and tables of a terminal',
        conversation: 'the screen, input and commands of `chat`',
        process: 'what commands run in: a supervised process, the models they open',
    },
};

/** The library's and the command line's: they may import from every folder. */
const entries = ['index', 'files', 'cli'];
/** Of the whole package: every folder may import them, they import from none. */
const shared = ['errors', 'versions'];

const anyOf = (/** @type {readonly string[]} */ some) => `(${some.join('|')})`;

/**
 * @param {string} folder
 * @param {readonly string[]} some its parts, in their order
 * @returns {import('dependency-cruiser').IForbiddenRuleType[]}
 */
function rulesOfParts(folder, some) {
    const within = `^src/${folder}/`;
    return [
        ...some.map((part, place) => ({
            name: `${folder}-${part}-imports-from-those-before-it`,
            severity: /** @type {const} */ ('error'),
            from: { path: `${within}${part}/` },
            to: { path: `${within}(${[...some.slice(place + 1).map((later) => `${later}/`), '[^/]+$'].join('|')})` },
        })),
        {
            name: `every-part-of-${folder}-has-its-place`,
            severity: 'error',
            comment: 'a new folder within it goes into the parts of .dependency-cruiser.mjs',
            from: { path: `${within}[^/]+/`, pathNot: `${within}${anyOf(some)}/` },
            to: {},
        },
    ];
}

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
    forbidden: [
        ...names.slice(0, -1).map((folder, place) => ({
            name: `${folder}-imports-from-those-before-it`,
            severity: 'error',
            from: { path: `^src/${folder}/` },
            to: { path: `^src/${anyOf(names.slice(place + 1))}/` },
        })),
        ...Object.entries(parts).flatMap(([folder, some]) => rulesOfParts(folder, Object.keys(some))),
        {
            name: 'entries-are-imported-by-none',
            severity: 'error',
            from: { path: '^src/' },
            to: { path: `^src/${anyOf(entries)}\\.ts$` },
        },
        {
            name: 'shared-modules-stand-alone',
            severity: 'error',
            from: { path: `^src/${anyOf(shared)}\\.ts$` },
            to: { path: '^src/.+/' },
        },
        {
            name: 'every-folder-has-its-place',
            severity: 'error',
            comment: 'a new folder of src, or a module beside them, goes into the lists of .dependency-cruiser.mjs',
            from: {
                path: '^src/',
                pathNot: [`^src/${anyOf(names)}/`, `^src/${anyOf([...entries, ...shared])}\\.ts$`],
            },
            to: {},
        },
        {
            name: 'src-stays-in-src',
            severity: 'error',
            from: { path: '^src/' },
            to: { path: '^(scripts|tests|native|dist)/' },
        },
        {
            name: 'declarations-are-light',
            severity: 'error',
            comment: '--help, completion and refusals load them',
            from: { path: '^src/commands/arguments/declarations\\.ts$' },
            to: { path: '^src/', pathNot: ['^src/settings/', '^src/commands/arguments/CommandDeclaration\\.ts$'] },
        },
        { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    ],
    options: {
        doNotFollow: { path: ['node_modules', '^scripts/'] },
        tsPreCompilationDeps: true, // imports of types too
        tsConfig: { fileName: 'tsconfig.json' },
    },
};
