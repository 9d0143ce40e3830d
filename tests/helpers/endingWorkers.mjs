// Workers that end while a native operation is under way. Prints the operations of which each worker ended and the
// process lived on. Arguments: a GGUF model, then names of operations; none: all. With --here before them, the process
// itself ends during the one operation.
import { once } from 'node:events';
import { setImmediate } from 'node:timers';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { twoThreads } from './threads.mjs';

const dist = (path) => import(new URL(`../../dist/${path}`, import.meta.url).href);
const text = 'Rosa hat 12 Stühle. Rosa gibt 6 davon weg. Wie viele Stühle bleiben? '.repeat(4);
const samples = () => Array.from({ length: 4 }, () => ({ prompt: text, response: text }));
const plain = { count: true, edit: false, edits: false, add: false, head: 'logits' };
const tokens = Int32Array.from({ length: 64 }, (_, i) => 10 + i);
const batch = {
    tokens,
    positions: Int32Array.from(tokens, (_, i) => i),
    sequences: new Int32Array(64),
    counted: new Uint8Array(64).fill(1),
    targets: new Int32Array(64).fill(-1),
    edits: new Int32Array(64),
    finished: Int32Array.of(0),
    trimmed: new Int32Array(0),
    moved: new Int32Array(0),
    shared: new Int32Array(0),
};
const scored = { ...batch, targets: tokens };
const modelOptions = (path) => ({
    path,
    devices: [],
    gpuLayers: 0,
    split: 'layer',
    mainGpu: 0,
    cpuExperts: 0,
    loras: [],
});
const contextOptions = {
    contextSize: 256,
    batchSize: 64,
    sequences: 4,
    streams: false,
    threads: twoThreads,
    counting: 'automatic',
    countOnly: false,
    edits: 1,
    offsets: false,
    values: false,
    callbackTensor: '',
};

/** Ways to begin an operation over and over, by name; each is made with what it needs. */
const ofEngine = {
    count: (engine) => engine.count(samples()),
    score: (engine) => engine.score(samples()),
    logits: (engine) => engine.logits(text),
    tokenize: (engine) => engine.tokenize(text.repeat(50)),
    'failing tokenize': (engine) => engine.logits(new Int32Array([1 << 30])).catch(() => undefined),
    async generate(engine) {
        for await (const answer of engine.generate([text, text], { maxTokens: 8 })) void answer;
    },
};
const ofModel = {
    'load model': ({ addon, path }) => addon.loadModel(modelOptions(path)),
    'fail to load': ({ addon }) => addon.loadModel(modelOptions('/no/such.gguf')).catch(() => undefined),
    'measure memory': ({ addon, path }) => addon.measureMemory(modelOptions(path), contextOptions),
    'create context': async ({ model }) => (await model.createContext(contextOptions)).close(),
    detokenize: ({ model }) => model.detokenize([tokens, tokens]),
    pieces: ({ model }) => model.pieces(false),
    'calls without a promise': async ({ addon, model }) => {
        await new Promise(setImmediate); // else no timer comes to its turn
        for (let i = 0; i < 500; ++i) [addon.devices(), model.info(), model.endTokens()].at(0);
    },
};
const ofContext = {
    setMode: ({ context }) => context.setMode(plain),
    setEdit: ({ context }) => context.setEdit(0, { factors: [], offsets: [] }),
    decode: ({ context }) => context.decode(batch),
    'native logits': ({ context }) => context.logits(batch),
    counts: ({ context }) => context.counts(),
    reset: ({ context }) => context.reset(),
    graphSplits: ({ context }) => context.graphSplits(plain),
    memory: ({ context }) => context.memory(),
    compare: ({ context, other }) => context.compare(scored, other),
    targetLogits: ({ context }) => context.targetLogits(scored),
    compareWith: ({ context, logits }) => context.compareWith(scored, logits),
};
const delays = [3]; // in ms, from when the worker is ready
const names = [ofEngine, ofModel, ofContext].flatMap(Object.keys);

async function prepare(name, path) {
    if (name in ofEngine) {
        const { Engine } = await dist('engine/Engine.js'); // a quarter of what the whole library takes to load
        const engine = await Engine.open({ model: path, gpu: 'off', batchSize: 256 });
        return () => ofEngine[name](engine);
    }
    const { loadBackends } = await dist('engine/native/loadBackends.js');
    const { addon } = await loadBackends('off');
    const model = await addon.loadModel(modelOptions(path));
    if (name in ofModel) return () => ofModel[name]({ addon, model, path });
    const context = await model.createContext(contextOptions);
    const other = await model.createContext(contextOptions);
    for (const one of [context, other]) await one.setMode(plain);
    const logits = await other.targetLogits(scored);
    return () => ofContext[name]({ context, other, logits });
}

async function inWorker({ name, path, way, delay }) {
    const begin = await prepare(name, path);
    parentPort.postMessage('ready');
    if (way === 'exit') setTimeout(() => process.exit(), delay);
    // What a task settles is seen at once: between two there is always one under way.
    for (;;) await begin();
}

async function inMain(path, wanted) {
    for (const name of wanted.length > 0 ? wanted : names) {
        for (const way of ['terminate', 'exit']) {
            for (const delay of delays) {
                const worker = new Worker(new URL(import.meta.url), { workerData: { name, path, way, delay } });
                const ended = once(worker, 'exit');
                await once(worker, 'message');
                if (way === 'terminate') setTimeout(() => void worker.terminate(), delay);
                await ended;
            }
        }
        console.log(name);
    }
}

if (!isMainThread) await inWorker(workerData);
else if (process.argv[2] === '--here') {
    const begin = await prepare(process.argv[4], process.argv[3]);
    setTimeout(() => process.exit(), 3);
    for (;;) await begin();
} else await inMain(process.argv[2], process.argv.slice(3));
