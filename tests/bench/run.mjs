// npm run bench [-- MODEL.gguf [--rounds N] [--gpu off|auto|cuda|vulkan|metal]
//                              [--no-torch | --only-torch] [--threads N] [--articles N]]
// npm run bench -- --experts: four layers of Qwen3 30B-A3B's shape in Q4_0 (1.5 GB, written to the temporary folder).
// Every figure is a ratio of two sides measured in turn in this one run: median, then quartiles.
// Default model: SmolLM2-135M where scripts/fetch-models.mjs put it, else the embedded one.
// Last, on the embedded model and all that scripts/fetch-models.mjs put there, or the one that is given: collect with
// each kind of matrix products beside PyTorch with forward hooks, in F32 and BF16 (LANGUAGE_NEURONS_PYTHON, else
// python3, with torch, transformers, accelerate and gguf; left out, and said so, where they are not there). On a busy
// machine threads wait for each other: there --threads 1 compares CPU seconds fairly.

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import yargs from 'yargs';
import { Engine } from '../../dist/engine/Engine.js';
import { loadBackends } from '../../dist/engine/native/loadBackends.js';
import { measuredEngines } from '../helpers/measured.mjs';
import { collect, compileInterventions, embeddedModel, neuronsAt, openCorpus } from '../../dist/index.js';
import { shapes, writeSyntheticModel } from '../../scripts/synthetic/model.mjs';
import { benchHooks } from './hooks.mjs';
import { compare, seconds } from './measure.mjs';

const MeasuredEngine = measuredEngines(Engine);
const fetched = process.env.LANGUAGE_NEURONS_MODELS ?? resolve('.cache/models');
const [smollm2, gemma] = ['SmolLM2-135M-Instruct.Q4_1.gguf', 'gemma-3-270m-q4_k_m.gguf'].map((name) =>
    join(fetched, name),
);
const argv = await yargs(process.argv.slice(2))
    .option('rounds', { type: 'number', default: 9 })
    .option('gpu', { type: 'string', default: 'off' })
    .option('experts', { type: 'boolean', default: false })
    .option('torch', { type: 'boolean', default: true })
    .option('only-torch', { type: 'boolean', default: false })
    .option('threads', { type: 'number', describe: 'of each side beside PyTorch' })
    .option('articles', { type: 'number', default: 15, describe: 'of the UDHR, counted beside PyTorch' })
    .parseAsync();
const { rounds, gpu, experts, torch, onlyTorch, threads, articles } = argv;
const folder = mkdtempSync(join(tmpdir(), 'language-neurons-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const synthetic = join(folder, 'experts.gguf');
if (experts) writeSyntheticModel(synthetic, { ...shapes['30b-a3b'], layers: 4, vocabulary: 512 }, 'q4_0');
const model = experts ? synthetic : (argv._[0] ?? (existsSync(smollm2) ? smollm2 : embeddedModel));
// A plain prefill computes the last layer's FFN for one token of a batch alone: of four layers that is a part to speak
// of, so the unprobed side computes a head of 512 words for all.
const head = experts ? 'every' : true;
const aim = experts ? '<= 1.05' : '<= 1.03';

const backends = await loadBackends(gpu);
console.log(
    `${new Date().toISOString().slice(0, 10)}  ${cpus()[0].model} x ${cpus().length}, ${backends.variant}, ` +
        `llama.cpp ${backends.release}, node ${process.version}`,
);
if (onlyTorch) {
    await besideTorch();
    process.exit();
}

async function besideTorch() {
    const known = [embeddedModel, smollm2, gemma].filter((path) => existsSync(path));
    const beside = argv._.length > 0 ? argv._.map(String) : known;
    for (const path of beside) {
        console.log(`${basename(path)}: ${await benchHooks(path, { rounds, folder, threads, articles })}`);
    }
}

const engine = await MeasuredEngine.open({ model, gpu });
// Whole windows of one batch each: the plainest prefill there is.
const full = await MeasuredEngine.open({ model, gpu, windowSize: engine.batchSize });
const valued = await MeasuredEngine.open({ model, gpu, windowSize: engine.batchSize, values: true });
const watching = await MeasuredEngine.open({ model, gpu, windowSize: engine.batchSize });
const callback = await MeasuredEngine.open({ model, gpu, windowSize: engine.batchSize, callbackTensor: '*' });

const corpus = await openCorpus('udhr:1-12', { languages: ['en', 'zh', 'de'] });
const texts = [];
for (const language of corpus.languages) for await (const sample of corpus.samples(language)) texts.push(sample);
const tape = [{ language: '', prompt: '', response: texts.map(({ response }) => response).join(' ') }];
// Tokens are bytes there.
const few = [{ language: '', prompt: '', response: tape[0].response.slice(0, experts ? 1500 : 6000) }];
const neurons = full.sites.flatMap((site, i) =>
    Array.from({ length: Math.floor(neuronsAt(site) / 100) }, (_, j) => [i, 100 * j]),
);
const watched = spreadNeurons(full.sites, 5000);
const edit = compileInterventions([{ op: 'zero', neurons }], full);

const { info } = engine;
console.log(
    `${info.name}, ${info.description}; batches of ${engine.batchSize} tokens; ${rounds} rounds; median (quartiles)`,
);

async function line(label, aim, side, against) {
    const { ratio, least, most } = await compare(rounds, side, against);
    console.log(`${label.padEnd(66)} ${ratio.toFixed(3)} (${least.toFixed(3)} to ${most.toFixed(3)})  aim ${aim}`);
}

/** So many neurons, spread evenly over the sites and in each. */
function spreadNeurons(sites, wanted) {
    const all = sites.flatMap((site, i) => Array.from({ length: neuronsAt(site) }, (_, j) => [i, j]));
    const taken = Math.min(wanted, all.length);
    return Array.from({ length: taken }, (_, k) => all[Math.floor((k * all.length) / taken)]);
}

// The engine of its own keeps the others' contexts as they are.
async function watchAll() {
    for await (const text of watching.watch(few, { neurons: watched })) if (text.tokens.length === 0) throw text;
}

const time = (work) => () => seconds(work);
// Counting alone leaves out what it does not need, the last down projection and the head: of four layers a part to
// speak of too, so that both sides do the same but for the counting.
const probed = experts ? () => full.prefill(few, { head, count: true }) : () => full.count(few);
await line(
    'probed prefill / unprobed, time',
    aim,
    time(probed),
    time(() => full.prefill(few, { head })),
);
await line(
    'probed prefill / eval callback, time',
    '< 1',
    time(() => full.count(few)),
    time(() => callback.count(few)),
);
await line(
    'probed prefill with values / unprobed, time',
    '<= 1.06',
    time(experts ? () => valued.prefill(few, { head, count: true, values: true }) : () => valued.count(few)),
    time(() => full.prefill(few, { head })),
);
await line(
    `prefill with ${watched.length} neurons watched / unprobed, time`,
    '<= 1.10',
    time(watchAll),
    time(() => full.prefill(few, { head })),
);
await line(
    'masked prefill / unmasked, time',
    aim,
    time(() => full.prefill(few, { edit, head })),
    time(() => full.prefill(few, { head })),
);

let run = 0;
if (!experts)
    await line(
        'collect / plain prefill of the same text in full batches, tokens/s',
        '>= 0.95',
        async () => {
            const { decodedTokens, seconds } = await collect({ engine, corpus, folder: join(folder, String(run++)) });
            return decodedTokens / seconds;
        },
        async () => {
            let tokens = 0;
            const took = await seconds(async () => (tokens = await full.prefill(tape)));
            return tokens / took;
        },
    );
for (const each of [engine, full, valued, watching, callback]) each.close();

if (torch && !experts) await besideTorch();
