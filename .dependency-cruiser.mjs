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

/** The library's and the command line's: they may import from every folder. */
const entries = ['index', 'files', 'cli'];
/** Of the whole package: every folder may import them, they import from none. */
const shared = ['errors', 'versions'];

const anyOf = (/** @type {readonly string[]} */ some) => `(${some.join('|')})`;

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
    forbidden: [
        ...names.slice(0, -1).map((folder, place) => ({
            name: `${folder}-imports-from-those-before-it`,
            severity: 'error',
            from: { path: `^src/${folder}/` },
            to: { path: `^src/${anyOf(names.slice(place + 1))}/` },
        })),
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
            from: { path: '^src/commands/declarations\\.ts$' },
            to: { path: '^src/', pathNot: ['^src/settings/', '^src/commands/CommandDeclaration\\.ts$'] },
        },
        { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    ],
    options: {
        doNotFollow: { path: ['node_modules', '^scripts/'] },
        tsPreCompilationDeps: true, // imports of types too
        tsConfig: { fileName: 'tsconfig.json' },
    },
};
