// npm run bench:deactivate [-- [--rounds N] [--gpu off|auto|cuda|vulkan|metal] [--shape 1b|8b] [--type q4_0|...]]
// 1. Eleven conditions (the whole model and ten edits) answering together against one after another, on a
//    synthetic model of 1B parameters, Q4_0.
// 2. Perplexity against a prefill that computes every token's logits and never reads them, on the public
//    model with the largest vocabulary that scripts/fetch-models.mjs brings.
// Both sides are measured in turn in this one run: median, then quartiles.

import { existsSync, mkdirSync } from 'node:fs';
import { cpus } from 'node:os';
import { join, resolve } from 'node:path';
import yargs from 'yargs';
import { backendsOf, Engine } from '../../dist/engine/Engine.js';
import { measuredEngines } from '../helpers/measured.mjs';
import { openCorpus } from '../../dist/data/openCorpus.js';
import { compileInterventions } from '../../dist/interventions/compile.js';
import { randomNeurons } from '../../dist/neurons/controls/randomNeurons.js';
import { shapes, writeSyntheticModel } from '../../scripts/synthetic/model.mjs';
import { compare, seconds } from './measure.mjs';

const MeasuredEngine = measuredEngines(Engine);
const { rounds, gpu, shape, type } = await yargs(process.argv.slice(2))
    .option('rounds', { type: 'number', default: 5 })
    .option('gpu', { type: 'string', default: 'off' })
    .option('shape', { choices: Object.keys(shapes), default: '1b' })
    .option('type', { type: 'string', default: 'q4_0' })
    .parseAsync();
const models = process.env.LANGUAGE_NEURONS_MODELS ?? resolve('.cache/models');

async function line(label, aim, side, against) {
    const { ratio, least, most } = await compare(rounds, side, against);
    console.log(`${label.padEnd(72)} ${ratio.toFixed(3)} (${least.toFixed(3)} to ${most.toFixed(3)})  aim ${aim}`);
}

function heading(engine) {
    const { info } = engine;
    const backends = backendsOf(engine);
    console.log(
        `${new Date().toISOString().slice(0, 10)}  ${cpus()[0].model} x ${cpus().length}, ` +
            `${backends.variant}, llama.cpp ${backends.release}, node ${process.version}`,
    );
    console.log(
        `${info.name}, ${info.description}, vocabulary ${info.vocabulary}; ${rounds} rounds; median (quartiles)`,
    );
}

const synthetic = join(models, `synthetic-${shape}.${type}.gguf`);
if (!existsSync(synthetic)) {
    mkdirSync(models, { recursive: true });
    writeSyntheticModel(synthetic, shapes[shape], type);
}
const conditions = 11;
const engine = await MeasuredEngine.open({ model: synthetic, gpu, contextSize: 4096 });
heading(engine);
const few = engine.sites.flatMap(({ width }, i) => Array.from({ length: Math.floor(width / 100) }, (_, j) => [i, j]));
const without = (neurons) => compileInterventions([{ op: 'zero', neurons }], engine);
const edits = [
    undefined,
    ...Array.from({ length: conditions - 1 }, (_, k) => without(randomNeurons(few, engine.sites, k))),
];
const questions = [
    'A farmer has 12 hens and each lays 3 eggs.',
    'How much is 6 times 7?',
    'Ann buys 5 pens at 2 dollars.',
    'A train goes 80 miles an hour.',
];

/** Seconds in which the conditions answer the questions; every answer has 48 tokens. */
async function answering(asked, groups) {
    let tokens = 0;
    const took = await seconds(async () => {
        for (const group of groups) {
            const prompts = asked.flatMap((text, id) => group.map((_, edit) => ({ text, id, edit })));
            for await (const answer of engine.generate(prompts, { edits: group, maxTokens: 48, ignoreEnd: true }))
                tokens += answer.tokens;
        }
    });
    if (tokens !== asked.length * conditions * 48) throw new Error(`${tokens} tokens were generated`);
    return took;
}
const oneByOne = edits.map((edit) => [edit]);
await line(
    'one question: 11 conditions one after another / together, time',
    gpu === 'off' ? '>= 2' : '>= 6',
    () => answering(questions.slice(0, 1), oneByOne),
    () => answering(questions.slice(0, 1), [edits]),
);
await line(
    'four questions at once, likewise',
    'none',
    () => answering(questions, oneByOne),
    () => answering(questions, [edits]),
);
engine.close();

const gemma = join(models, 'gemma-3-270m-q4_k_m.gguf');
if (existsSync(gemma)) {
    const scoring = await MeasuredEngine.open({ model: gemma, gpu });
    heading(scoring);
    const corpus = await openCorpus('udhr:1-6', { languages: ['en', 'zh'] });
    const samples = [];
    for (const language of corpus.languages) for await (const sample of corpus.samples(language)) samples.push(sample);
    const speed = (work) => async () => {
        let tokens = 0;
        const took = await seconds(async () => (tokens = await work()));
        return tokens / took;
    };
    await line(
        "perplexity / prefill with every token's logits, never read, tokens/s",
        '>= 0.9',
        speed(async () => (await scoring.score(samples)).decodedTokens),
        speed(() => scoring.prefill(samples, { head: 'every' })),
    );
    scoring.close();
} else {
    console.log('perplexity: skipped, run node scripts/fetch-models.mjs first');
}
