// Reads mutated inputs as the commands do, one after another, and says how each ended. Started by Reader.ts; a native
// abort takes this process along, as it takes the command line's child.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const load = (path) => import(new URL(`../../../dist/${path}`, import.meta.url).href);
const library = { ...(await load('index.js')), ...(await load('files.js')) };
const { readPart } = await load('activations/collectedPart.js');
const { LanguageNeuronsError } = library;

const small = { gpu: 'off', threads: 1, batchSize: 64, windowSize: 64 };
const sentence = { language: 'en', prompt: '', response: 'The farmer eats bread.' };
const tokens = { tokens: Int32Array.of(1, 2, 3, 4), promptLength: 0, characters: 4 };

/** Opens a model, counts a sentence, and writes a chat where the model says how. */
async function countOnce(options, sample) {
    const engine = await library.Engine.open({ ...small, ...options });
    try {
        const { counts, tokens: counted } = await engine.count([sample]);
        if (counts.some((layer) => layer.some((count) => count < 0n || count > counted)))
            throw new Error('counts out of range');
        if (engine.info.chatTemplate !== '')
            (await library.openTemplate('chat', engine)).write({ language: 'en', text: '1 + 1?' });
    } finally {
        engine.close();
    }
}

async function readCorpus(path) {
    const corpus = await library.openCorpus(path);
    for (const language of corpus.languages) {
        for await (const sample of corpus.samples(language)) {
            if (typeof sample.response !== 'string' || typeof sample.prompt !== 'string')
                throw new Error('a sample without text');
        }
    }
}

async function readQuestions(folder) {
    const questions = await library.openQuestions(folder);
    for (const language of questions.languages) {
        for (const { answer } of await questions.inLanguage(language))
            if (typeof answer !== 'number') throw new Error('an answer that is no number');
    }
}

function checkNumbers(matrix) {
    for (const set of Object.values(matrix.sets)) {
        for (const row of [set.baseline, ...set.values])
            if (row.some((value) => typeof value !== 'number' || Number.isNaN(value)))
                throw new Error('a cell that is no number');
    }
}

/** Engines and inputs of the experiments whose journals are mutated, opened when first needed. */
let opened;
async function experiment(home) {
    opened ??= library.Engine.open({ ...small, model: join(home, 'layer.gguf'), batchSize: 128, contextSize: 1024 });
    return {
        engine: await opened,
        analysis: await library.readNeurons(join(home, 'run/neurons.json')),
        sets: ['specific'],
        controls: 1,
    };
}
async function measure(home, folder, metric) {
    const matrix = await library.deactivate({ ...(await experiment(home)), metric, folder });
    checkNumbers(matrix);
    for (const read of await library.readMatrices(folder)) checkNumbers(read);
}

const readers = {
    // What the campaign must notice; for the test of the campaign itself.
    'self-test: dies': () => process.abort(),
    'self-test: throws': () => Promise.reject(new TypeError('not ours')),
    'self-test: pollutes': () => void (Object.prototype.polluted = 1),
    'self-test: hangs': () => {
        for (;;);
    },
    'self-test: eats': async () => {
        // slowly, so that it is seen long before it harms
        for (const kept = []; ; await new Promise((done) => setTimeout(done, 20))) kept.push(Buffer.alloc(1 << 24, 1));
    },
    gguf: ({ path }) => countOnce({ model: path }, sentence),
    'gguf-tokens': ({ path }) => countOnce({ model: path }, tokens),
    lora: ({ path }) => countOnce({ model: library.embeddedModel, loras: [{ path, scale: 1 }] }, sentence),
    torch: ({ path }) => library.importCounts(dirname(path)),
    activations: async ({ path }) => {
        const activations = await library.readActivations(path);
        for (const { counts, tokens: most } of [activations, ...(activations.folds ?? [])]) {
            const l = activations.languages.length;
            if (
                most.length !== l ||
                counts.some((layer) => layer.some((count, j) => count < 0n || count > most[j % l]))
            )
                throw new Error('counts out of range');
        }
        library.identify(activations);
    },
    part: ({ path }) => readPart(path, 'k'),
    corpus: ({ path }) => readCorpus(path),
    questions: ({ path }) => readQuestions(dirname(path)),
    neurons: ({ path }) => library.readNeurons(path),
    matrix: async ({ path }) => (await library.readMatrices(dirname(path))).forEach(checkNumbers),
    effects: ({ path }) => library.readEffectsIfAny(dirname(path)),
    lens: ({ path }) => library.readLensIfAny(dirname(path)),
    comparison: ({ path }) => library.readComparison(dirname(path)),
    config: ({ path }) => library.readRunConfig(path),
    perplexity: async ({ path, home }) =>
        measure(home, dirname(path), library.perplexityMetric(await library.openCorpus(join(home, 'evaluate')))),
    accuracy: async ({ path, home }) => {
        const questions = await library.openQuestions(join(home, 'questions'));
        const { engine } = await experiment(home);
        return measure(
            home,
            dirname(path),
            library.accuracyMetric({
                questions,
                template: await library.openTemplate('chat', engine),
                limit: 1,
                maxTokens: 4,
            }),
        );
    },
    respond: async ({ path, home }) => {
        const [questions, { engine }] = [await library.openQuestions(join(home, 'questions')), await experiment(home)];
        await library.respond({
            engine,
            questions,
            template: await library.openTemplate('chat', engine),
            path: join(dirname(path), 'answers.json'),
            limit: 1,
            answers: 2,
            maxTokens: 4,
        });
        await readCorpus(join(dirname(path), 'answers.json'));
    },
};

/** Peak of resident memory since it was last forgotten, in bytes. */
function peakBytes() {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) * 1024;
}

const globals = JSON.stringify(Object.getOwnPropertyNames(globalThis));
const prototypes = [Object, Array, String, Number, Function, Map, RegExp, Promise].map(({ prototype }) => prototype);
const own = () => JSON.stringify(prototypes.map((prototype) => Reflect.ownKeys(prototype).map(String)));
const untouched = own();
/** What an input left behind in the language itself. */
function pollution() {
    for (const key in {}) return `Object.prototype.${key}`;
    if (own() !== untouched) return 'a built-in prototype';
    return globals === JSON.stringify(Object.getOwnPropertyNames(globalThis)) ? undefined : 'the global object';
}

process.on(
    'message',
    (request) =>
        void (async () => {
            writeFileSync('/proc/self/clear_refs', '5');
            const begin = performance.now();
            let [outcome, message] = ['sound', ''];
            try {
                await readers[request.reader](request);
            } catch (cause) {
                const ours = cause instanceof LanguageNeuronsError;
                [outcome, message] = ours
                    ? [cause.code, cause.message]
                    : ['FAULT', cause instanceof Error ? cause.stack : String(cause)];
            }
            process.send({
                outcome,
                message: message.slice(0, 2000),
                milliseconds: performance.now() - begin,
                peakBytes: peakBytes(),
                polluted: pollution(),
            });
        })(),
);
process.on('disconnect', () => process.exit());
process.send('ready');
