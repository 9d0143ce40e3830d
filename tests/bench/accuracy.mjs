// npm run bench:accuracy [-- MODEL.gguf … [--articles N] [--neurons N] [--threads N]]
// What each kind of matrix products changes, beside PyTorch in F32 on the dequantized weights: signs of activations
// that differ, sets found, perplexity. A table in Markdown for docs/scale.md, on the same windows of the same texts.
// Default models: those that scripts/fetch-models.mjs put there. Python: see TorchHooks.mjs.

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import yargs from 'yargs';
import { loadBackends } from '../../dist/engine/native/loadBackends.js';
import { collect, Engine, identify, openCorpus } from '../../dist/index.js';
import { cpuSeconds } from './measure.mjs';
import { TorchHooks } from './TorchHooks.mjs';
import { longTexts, windowsOf } from './windows.mjs';

const argv = await yargs(process.argv.slice(2))
    .option('articles', { type: 'number', default: 10, describe: 'of the UDHR in each language' })
    .option('neurons', { type: 'number', default: 3000, describe: 'whose signs are compared, evenly spread' })
    .option('threads', { type: 'number', default: 2 })
    .parseAsync();
const languages = ['en', 'zh', 'de', 'fr', 'ru'];
const windowSize = 512;
const folder = mkdtempSync(join(tmpdir(), 'language-neurons-accuracy-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const kinds = ['ggml', ...(await loadBackends('off')).addon.products()];
const sides = [...kinds.map((products) => [products, { products }]), ['exact', { exact: true }]];
const corpus = longTexts(await openCorpus(`udhr:1-${argv.articles}`, { languages }));
const samples = [];
for (const language of languages) for await (const sample of corpus.samples(language)) samples.push(sample);

const fetched = process.env.LANGUAGE_NEURONS_MODELS ?? resolve('.cache/models');
const known = ['SmolLM2-135M-Instruct.Q4_1.gguf', 'gemma-3-270m-q4_k_m.gguf'].map((name) => join(fetched, name));
const models = argv._.length > 0 ? argv._.map(String) : known.filter((path) => existsSync(path));
for (const model of models) await compareAll(model);

async function compareAll(model) {
    const { threads } = argv;
    const hooks = await TorchHooks.open({ device: 'cpu', dtype: 'float32', threads, gguf: model });
    let reference;
    const rows = [];
    for (const [name, options] of sides) {
        const engine = await Engine.open({ model, gpu: 'off', threads, windowSize, ...options });
        try {
            reference ??= await referenceOf(engine, hooks);
            rows.push([name, ...(await compared(engine, name, reference))]);
        } finally {
            engine.close();
        }
    }
    const { found, perplexity, scored, neurons, versions } = reference;
    rows.push(['PyTorch F32', '–', `${found.size} of ${found.size}`, perplexity.toFixed(4), '–']);
    console.log(`\n${basename(model)}: ${scored} tokens scored, ${neurons.length} neurons watched; ${versions}`);
    for (const row of [['products', 'signs that differ', 'set found', 'perplexity', 'CPU s to count'], ...rows])
        console.log(`| ${row.join(' | ')} |`);
}

/** What PyTorch counts, finds and predicts. */
async function referenceOf(engine, hooks) {
    const windows = [];
    for (const language of languages) windows.push(await windowsOf(engine, corpus, language));
    const lead = engine.info.bos >= 0 ? 1 : 0;
    await hooks.take(windows, lead, 1);
    const all = engine.sites.flatMap(({ width }, i) => Array.from({ length: width }, (_, j) => [i, j]));
    const neurons = all.filter((_, n) => n % Math.ceil(all.length / argv.neurons) === 0);
    await hooks.run();
    const counts = await hooks.counts();
    const { signs, logProbability, scored } = await hooks.compare(neurons);
    hooks.close();
    const lengths = windows.map((each) => each.reduce((sum, { length }) => sum + length - lead, 0));
    const activations = {
        languages,
        counts: engine.sites.map(({ width }, i) =>
            BigInt64Array.from({ length: width * languages.length }, (_, at) =>
                BigInt(counts[at % languages.length][i][Math.floor(at / languages.length)]),
            ),
        ),
    };
    const perplexity = Math.exp(-logProbability / scored);
    return { neurons, signs, lengths, activations, perplexity, scored, versions: hooks.versions };
}

async function compared(engine, name, reference) {
    const { neurons, signs, lengths } = reference;
    let counted;
    const into = { engine, corpus, folder: join(folder, `${engine.info.name}-${name}`) };
    const cpu = await cpuSeconds(async () => (counted = await collect(into)));
    const { activations } = counted;
    reference.found ??= foundIn({ ...activations, ...reference.activations });
    const own = foundIn(activations);
    const same = [...own].filter((neuron) => reference.found.has(neuron)).length;
    let [differing, all] = [0, 0];
    const places = languages.map(() => 0); // bits read
    for await (const { language, values } of engine.watch(samples, { neurons })) {
        const k = languages.indexOf(language);
        for (const value of values) {
            const at = places[k]++;
            const sign = (signs[k][at >> 3] >> (7 - (at & 7))) & 1;
            if (sign !== Number(value > 0)) differing++;
            all++;
        }
    }
    if (places.some((bits, k) => bits !== lengths[k] * neurons.length)) throw new Error('other tokens were watched');
    const { logProbability, tokens } = await engine.score(samples);
    if (Number(tokens) !== reference.scored) throw new Error(`${tokens} of ${reference.scored} tokens were scored`);
    return [
        (differing / all).toExponential(1),
        `${own.size}, ${same} of its ${reference.found.size}`,
        Math.exp(-logProbability / Number(tokens)).toFixed(4),
        cpu.toFixed(1),
    ];
}

/** Neurons with the languages that they are specific or related to. */
function foundIn(activations) {
    const { specific, related } = identify(activations).neurons;
    return new Set(
        [specific, related].flatMap((byLanguage) =>
            Object.entries(byLanguage).flatMap(([language, list]) => list.map((neuron) => `${language} ${neuron}`)),
        ),
    );
}
