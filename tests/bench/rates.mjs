// npm run bench:rates [-- [MODEL.gguf …] [--shapes 1b,8b] [--type q4_0] [--seconds N]
//                        [--gpu off|auto|cuda|vulkan|metal]]
// Tokens a second of what an experiment is made of, for scripts/projection/project.mjs: counting, scoring, and
// generation at 1, 8 and 32 sequences. Median of as many rounds as fit, at least three.
// Models: those given, else the embedded one and those that scripts/fetch-models.mjs put there; shapes are written with
// random weights to the temporary folder.

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import yargs from 'yargs';
import { backendsOf, Engine } from '../../dist/engine/Engine.js';
import { measuredEngines } from '../helpers/measured.mjs';
import { embeddedModel } from '../../dist/index.js';
import { shapes, writeSyntheticModel } from '../../scripts/synthetic/model.mjs';
import { seconds, spread } from './measure.mjs';

const MeasuredEngine = measuredEngines(Engine);
const argv = await yargs(process.argv.slice(2))
    .option('shapes', { type: 'string', default: '' })
    .option('type', { type: 'string', default: 'q4_0' })
    .option('seconds', { type: 'number', default: 5, describe: 'of each figure' })
    .option('sequences', { type: 'string', default: '1,8,32' })
    .option('window', { type: 'number', default: 512 })
    .option('prompt', { type: 'number', default: 29, describe: 'tokens of a prompt' })
    .option('answer', { type: 'number', default: 64, describe: 'tokens of an answer' })
    .option('gpu', { type: 'string', default: 'off' })
    .parseAsync();
/** Cells of an answer's own stream of the KV cache: llama.cpp takes no fewer. */
const streamCells = 256;

/** The median of a figure over as many rounds as fit, after one that warms up. */
async function figure(measure) {
    await measure();
    const found = [];
    for (let left = argv.seconds; found.length < 3 || left > 0;) {
        left -= await seconds(async () => found.push(await measure()));
    }
    return spread(found).median;
}

async function rates(model) {
    const { window, prompt, answer } = argv;
    const sequences = argv.sequences.split(',').map(Number);
    const engine = await MeasuredEngine.open({
        model,
        gpu: argv.gpu,
        windowSize: window,
        contextSize: streamCells * Math.max(...sequences),
    });
    const { info } = engine;
    const backends = backendsOf(engine);
    const lead = info.bos >= 0 ? 1 : 0;
    const random = (length) => Int32Array.from({ length }, () => 3 + Math.floor(Math.random() * (info.vocabulary - 3)));
    const texts = [{ tokens: random(window - lead), promptLength: 0, characters: window }];
    /** Seconds in which each of some prompts gets an answer of so many tokens. */
    const answering = (count, tokens) =>
        seconds(async () => {
            const prompts = Array.from({ length: count }, (_, id) => ({ id, text: random(prompt - lead) }));
            for await (const _ of engine.generate(prompts, { maxTokens: tokens, ignoreEnd: true })) continue;
        });
    const found = {
        count: await figure(async () => window / (await seconds(() => engine.count(texts)))),
        score: await figure(async () => window / (await seconds(() => engine.score(texts)))),
    };
    for (const count of sequences) {
        // Less the time of the prompts and the token that comes with them.
        found[`generate ${count}`] = await figure(
            async () => (count * (answer - 1)) / ((await answering(count, answer)) - (await answering(count, 1))),
        );
    }
    engine.close();
    const figures = Object.entries(found).map(([name, rate]) => `${name} ${rate.toFixed(rate < 100 ? 1 : 0)}`);
    console.log(`${basename(model)} (${info.description}, ${backends.variant}): ${figures.join(', ')} tokens/s`);
}

console.log(
    `${new Date().toISOString().slice(0, 10)}  ${cpus()[0].model} x ${cpus().length}, node ${process.version}; ` +
        `windows of ${argv.window}, prompts of ${argv.prompt} and answers of ${argv.answer} tokens`,
);
const fetched = process.env.LANGUAGE_NEURONS_MODELS ?? resolve('.cache/models');
const named = argv.shapes.split(',').filter((name) => name !== '');
const public_ = ['SmolLM2-135M-Instruct.Q4_1.gguf', 'gemma-3-270m-q4_k_m.gguf'].map((name) => join(fetched, name));
const known = [embeddedModel, ...public_.filter((path) => existsSync(path))];
const models = argv._.length > 0 || named.length > 0 ? argv._.map(String) : known;
for (const model of models) await rates(model);
const folder = mkdtempSync(join(tmpdir(), 'language-neurons-rates-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
for (const name of named) {
    const path = join(folder, `synthetic-${name}.${argv.type}.gguf`);
    writeSyntheticModel(path, shapes[name], argv.type);
    await rates(path);
    rmSync(path);
}
