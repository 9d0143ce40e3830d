// npm run bench:cells [-- [--rounds N] [MODEL.gguf ...]]
// CPU seconds of cells of perplexity (the whole model and three edits, in two languages), as `deactivate` scores them:
// by ggml's kernels alone against the default, of equal results, and against products in BF16 and in 8-bit integers
// where the processor has them. Without models: the embedded one, and those that scripts/fetch-models.mjs brings. All
// sides are measured in turn in this one run: median, then quartiles.

import { existsSync } from 'node:fs';
import { cpus } from 'node:os';
import { join, resolve } from 'node:path';
import yargs from 'yargs';
import { openCorpus } from '../../dist/data/openCorpus.js';
import { backendsOf, Engine } from '../../dist/engine/Engine.js';
import { compileInterventions } from '../../dist/interventions/compile.js';
import { randomNeurons } from '../../dist/neurons/controls/randomNeurons.js';
import { embeddedModel } from '../../dist/engine/files/embeddedModel.js';
import { measuredEngines } from '../helpers/measured.mjs';
import { cpuSeconds, inTurn, ratioOf } from './measure.mjs';

const MeasuredEngine = measuredEngines(Engine);
const models = process.env.LANGUAGE_NEURONS_MODELS ?? resolve('.cache/models');
const fetched = ['SmolLM2-135M-Instruct.Q4_1.gguf', 'gemma-3-270m-q4_k_m.gguf'].map((name) => join(models, name));
const { rounds, _: given } = await yargs(process.argv.slice(2))
    .option('rounds', { type: 'number', default: 5 })
    .parseAsync();
const corpus = await openCorpus('udhr:1-6', { languages: ['en', 'zh'] });
const texts = [];
for (const language of corpus.languages) {
    const samples = [];
    for await (const sample of corpus.samples(language)) samples.push(sample);
    texts.push(samples);
}

/** The cells' CPU seconds, tokens, and the sum of their log-probabilities. */
async function scoreCells(engine) {
    const tenth = engine.sites.flatMap(({ width }, i) =>
        Array.from({ length: Math.floor(width / 10) }, (_, j) => [i, j]),
    );
    const without = (seed) =>
        compileInterventions([{ op: 'zero', neurons: randomNeurons(tenth, engine.sites, seed) }], engine);
    const edits = [undefined, without(1), without(2), without(3)];
    let [logProbability, tokens] = [0, 0];
    const took = await cpuSeconds(async () => {
        for (const edit of edits) {
            for (const samples of texts) {
                const score = await engine.score(samples, { edit });
                logProbability += score.logProbability;
                tokens += score.decodedTokens;
            }
        }
    });
    return { took, tokens, logProbability };
}

async function measure(model) {
    const engines = [await MeasuredEngine.open({ model, gpu: 'off', ggmlAlone: true })];
    engines.push(await MeasuredEngine.open({ model, gpu: 'off' }));
    const { addon, variant, release } = backendsOf(engines[0]);
    const names = ["ggml's kernels alone", 'the default'];
    for (const products of addon.products().filter((kind) => kind !== 'f32')) {
        engines.push(await MeasuredEngine.open({ model, gpu: 'off', products }));
        names.push(`products: ${products}`);
    }
    const sides = await inTurn(
        rounds,
        engines.map((engine) => () => scoreCells(engine)),
    );
    const [alone, ours] = sides;
    if (ours[0].logProbability !== alone[0].logProbability) throw new Error('the kernels give different results');
    const { name, description } = engines[0].info;
    console.log(
        `${new Date().toISOString().slice(0, 10)}  ${cpus()[0].model} x ${cpus().length}, ${variant}, llama.cpp ` +
            `${release}, node ${process.version}\n${name}, ${description}: 8 cells, ${alone[0].tokens} tokens, ` +
            `${rounds} rounds`,
    );
    const secondsOf = (side) => side.map(({ took }) => took);
    for (const [i, side] of sides.entries()) {
        const { ratio, least, most } = ratioOf(secondsOf(alone), secondsOf(side));
        const best = Math.min(...secondsOf(side)).toFixed(2);
        console.log(
            `  ${names[i].padEnd(22)} ${best.padStart(7)} CPU s at best; ${ratio.toFixed(2)} times as fast as the ` +
                `first (${least.toFixed(2)} to ${most.toFixed(2)})`,
        );
    }
    for (const engine of engines) engine.close();
}

for (const model of given.length > 0 ? given.map(String) : [embeddedModel, ...fetched]) {
    if (existsSync(model)) await measure(resolve(model));
    else console.log(`${model}: skipped, it is not there`);
}
