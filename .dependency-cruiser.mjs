// The direction of imports in src, held by tests/unit/importDirection.test.ts: a folder imports from itself and from
// those before it in this list.
const folders = [
    'support', // small helpers of any program
    'files',
    'languages', // what names a language
    'gguf', // model files
    'corpus',
    'answers',
    'prebuilt', // compiled libraries that are installed
    'engine',
    'questions',
    'data', // what --data names: texts or questions
    'activations',
    'neurons',
    'interventions',
    'export',
    'chat', // conversations under interventions
    'experiments',
    'serve', // an HTTP server
    'report',
    'run',
    'commands',
];

/** The library's and the command line's: they may import from every folder. */
const entries = ['index', 'cli'];
/** Of the whole package: every folder may import them, they import from none. */
const shared = ['errors', 'versions'];

const anyOf = (/** @type {readonly string[]} */ names) => `(${names.join('|')})`;

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
    forbidden: [
        ...folders.slice(0, -1).map((folder, place) => ({
            name: `${folder}-imports-from-those-before-it`,
            severity: 'error',
            from: { path: `^src/${folder}/` },
            to: { path: `^src/${anyOf(folders.slice(place + 1))}/` },
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
                pathNot: [`^src/${anyOf(folders)}/`, `^src/${anyOf([...entries, ...shared])}\\.ts$`],
            },
            to: {},
        },
        {
            name: 'src-stays-in-src',
            severity: 'error',
            from: { path: '^src/' },
            to: { path: '^(scripts|tests|native|dist)/' },
        },
        { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    ],
    options: {
        doNotFollow: { path: ['node_modules', '^scripts/'] },
        tsPreCompilationDeps: true, // imports of types too
        tsConfig: { fileName: 'tsconfig.json' },
    },
};
