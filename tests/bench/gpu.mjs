// npm run bench:gpu [-- [--gpu auto|cuda|vulkan|metal|off] [--shape 8b|1b] [--type q4_k_m|q8_0|q4_0|f16]
//                      [--layers N --embedding N --width N --vocabulary N] [--rounds N] [--no-torch]]
// Counting, edits and perplexity on the shape of an 8B model with random weights, each as a ratio of two
// sides measured in turn in this one run: median, then quartiles. Beside them, the way it is done with
// PyTorch, transformers and forward hooks, in bf16 on the same shape and device (needs LANGUAGE_NEURONS_PYTHON or
// python3 with torch and transformers; left out, and said so, where they are not there).

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import yargs from 'yargs';
import { backendsOf, Engine } from '../../dist/engine/Engine.js';
import { measuredEngines } from '../helpers/measured.mjs';
import { collect } from '../../dist/index.js';
import { compileInterventions } from '../../dist/interventions/compile.js';
import { shapes, writeSyntheticModel } from '../../scripts/synthetic/model.mjs';
import { compare, seconds, spread } from './measure.mjs';
import { TorchHooks } from './TorchHooks.mjs';

const MeasuredEngine = measuredEngines(Engine);
const argv = await yargs(process.argv.slice(2))
    .option('gpu', { type: 'string', default: 'auto' })
    .option('shape', { choices: Object.keys(shapes), default: '8b' })
    .option('type', { type: 'string', default: 'q4_k_m' })
    .option('rounds', { type: 'number', default: 9 })
    .option('torch', { type: 'boolean', default: true })
    .options(Object.fromEntries(Object.keys(shapes['8b']).map((key) => [key, { type: 'number' }])))
    .parseAsync();
const { gpu, rounds, type } = argv;
const changed = Object.fromEntries(
    Object.keys(shapes[argv.shape])
        .filter((key) => argv[key] !== undefined)
        .map((key) => [key, argv[key]]),
);
const shape = { ...shapes[argv.shape], ...changed };

const models = process.env.LANGUAGE_NEURONS_MODELS ?? resolve('.cache/models');
const model = join(
    models,
    `synthetic-${argv.shape}${Object.entries(changed)
        .map(([key, value]) => `-${key}${value}`)
        .join('')}.${type}.gguf`,
);
if (!existsSync(model)) {
    mkdirSync(models, { recursive: true });
    writeSyntheticModel(model, shape, type);
}

const batch = 512;
const engine = await MeasuredEngine.open({ model, gpu, batchSize: batch, windowSize: batch });
const callback = await MeasuredEngine.open({
    model,
    gpu,
    batchSize: batch,
    windowSize: batch,
    callbackTensor: 'ffn_gate',
});
const { info } = engine;
const backends = backendsOf(engine);
const devices = backends.devices.map(({ name, description }) => `${name}: ${description}`).join('; ');
console.log(
    `${new Date().toISOString().slice(0, 10)}  ${devices}; ${cpus()[0].model} x ${cpus().length}; driver ${driver()}`,
);
console.log(`${backends.variant}, llama.cpp ${backends.release}, node ${process.version}; ${engine.notes.join('; ')}`);
console.log(
    `${info.description} ${type}: ${Object.entries(shape)
        .map(([key, value]) => `${key} ${value}`)
        .join(', ')}; batches of ${batch} tokens; ${rounds} rounds; median (quartiles)`,
);

// Four windows of one batch each, as tokens: what the text says is nothing to a model of random weights.
const windows = Array.from({ length: 4 }, (_, k) => ({
    tokens: Int32Array.from(
        { length: batch - 1 },
        (_, i) => 300 + ((i * 7919 + k * 104_729) % (shape.vocabulary - 300)),
    ),
    promptLength: 0,
    characters: batch,
}));
const texts = windows.map(({ tokens }) => ({
    language: 'en',
    prompt: '',
    response: Array.from(tokens.subarray(0, batch / 4), (token) => `w${token - 259}`).join(' '),
}));
const hundredth = engine.sites.flatMap(({ width }, i) =>
    Array.from({ length: Math.floor(width / 100) }, (_, j) => [i, 100 * j]),
);
const edit = compileInterventions([{ op: 'zero', neurons: hundredth }], engine);

async function line(label, aim, side, against) {
    const { ratio, least, most } = await compare(rounds, side, against);
    console.log(`${label.padEnd(76)} ${ratio.toFixed(3)} (${least.toFixed(3)} to ${most.toFixed(3)})  aim ${aim}`);
}
const time = (work) => () => seconds(work);
const speed = (work) => async () => (windows.length * batch) / (await seconds(work));

await line(
    'probed prefill / unprobed, time',
    '<= 1.05',
    time(() => engine.count(windows)),
    time(() => engine.prefill(windows)),
);
await line(
    'prefill by eval callback / probed, time',
    '>= 5',
    time(() => callback.count(windows)),
    time(() => engine.count(windows)),
);
await line(
    'masked prefill / unmasked, time',
    '<= 1.05',
    time(() => engine.prefill(windows, { edit })),
    time(() => engine.prefill(windows)),
);
await line(
    "perplexity / prefill with every token's logits, never read, tokens/s",
    '>= 0.9',
    speed(() => engine.score(windows)),
    speed(() => engine.prefill(windows, { head: 'every' })),
);
// Without the softmax on the host, which would come on top.
await line(
    'perplexity on the device / logits taken to the host, tokens/s',
    'none',
    speed(() => engine.score(windows)),
    speed(async () => {
        for (const { tokens } of windows) await engine.logits(tokens);
    }),
);

const folder = mkdtempSync(join(tmpdir(), 'language-neurons-bench-'));
const corpus = {
    name: 'bench',
    sources: [{ name: 'bench' }],
    languages: ['en'],
    async *samples() {
        for (let i = 0; i < 4; i++) yield* texts;
    },
};
const speeds = [];
for (let round = -1; round < rounds; round++) {
    const { decodedTokens, seconds: took } = await collect({ engine, corpus, folder: join(folder, String(round)) });
    if (round >= 0) speeds.push(decodedTokens / took);
}
rmSync(folder, { recursive: true });
const own = spread(speeds);
console.log(`collect: ${own.median.toFixed(0)} tokens/s (${own.least.toFixed(0)} to ${own.most.toFixed(0)})`);
for (const each of [engine, callback]) each.close();

if (argv.torch) {
    const outcome = await torchSpeed().catch(({ message }) => `left out (${message})`);
    console.log(`PyTorch with forward hooks, bf16: ${outcome}`);
}

/** The shape with random weights in bf16, on the windows that were counted. */
async function torchSpeed() {
    const device = backends.variant === 'cuda' ? 'cuda' : 'cpu';
    const hooks = await TorchHooks.open({ shape, dtype: 'bfloat16', device });
    try {
        const at = await hooks.take([windows.map(({ tokens }) => [1, ...tokens])], 1);
        const measured = [];
        for (let round = 0; round < rounds; round++) {
            const { tokens, seconds: took } = await hooks.run();
            measured.push(tokens / took);
        }
        const { median, least, most } = spread(measured);
        return (
            `${median.toFixed(0)} tokens/s (${least.toFixed(0)} to ${most.toFixed(0)}), ${device}, ` +
            `${at} windows at a time; ${hooks.versions}; collect / PyTorch ${(own.median / median).toFixed(2)}`
        );
    } finally {
        hooks.close();
    }
}

function driver() {
    const { stdout, status } = spawnSync('nvidia-smi', ['--query-gpu=driver_version', '--format=csv,noheader'], {
        encoding: 'utf8',
    });
    return status === 0 ? stdout.trim().split('\n')[0] : 'unknown';
}
