// npm run bench:generate [-- [MODEL.gguf …] [--rounds N] [--sequences 1,8,32]]
// Tokens a second generated, of prompts of 29 tokens and 96 tokens each, against llama.cpp's own llama-batched-bench
// built from the bundle: with the CPU backend that ours uses, and with the one that llama.cpp's own build makes for
// this very processor (with OpenMP); the aim is set by the faster one. Both sides decode the prompts, then 96 tokens a
// sequence; ours picks the likeliest too, theirs picks none. Measured in turn in this one run: median, then quartiles.
// Then answers under deactivations, one at a time, with the whole model's as drafts and without.
// Models: the embedded one, and those that scripts/fetch-models.mjs put there.

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cpus } from 'node:os';
import { join, resolve } from 'node:path';
import yargs from 'yargs';
import { defaultThreads } from '../../dist/engine/loading/defaultThreads.js';
import { Engine } from '../../dist/engine/Engine.js';
import { measuredEngines } from '../helpers/measured.mjs';
import { embeddedCollectTexts, embeddedModel } from '../../dist/run/embeddedRun.js';
import { openmpBackend, program } from '../../scripts/programs/program.mjs';
import { benchDrafts } from './drafts.mjs';
import { seconds, spread } from './measure.mjs';

const MeasuredEngine = measuredEngines(Engine);
const [promptTokens, newTokens] = [29, 96];
/** Of each side in a round, of which the median is taken: the embedded model is done in 40 ms. */
const repeatsOf = (model) => (model === embeddedModel ? 25 : 1);
const argv = await yargs(process.argv.slice(2))
    .option('rounds', { type: 'number', default: 7 })
    .option('sequences', { type: 'string', default: '1,8,32' })
    .option('drafts', { type: 'boolean', default: true, describe: 'measure drafts too' })
    .option('threads', { type: 'number', default: await defaultThreads() })
    .parseAsync();
const { rounds, threads } = argv;
const fetched = process.env.LANGUAGE_NEURONS_MODELS ?? resolve('.cache/models');
const public_ = ['SmolLM2-135M-Instruct.Q4_1.gguf', 'gemma-3-270m-q4_k_m.gguf'].map((name) => join(fetched, name));
const models = argv._.length > 0 ? argv._.map(String) : [embeddedModel, ...public_.filter((path) => existsSync(path))];
const bench = program('llama-batched-bench');
const openmp = openmpBackend();

/** Tokens a second of llama.cpp's own program, with our backend and with its own build's. */
function theirs(model, sequences) {
    return { sameBackend: theirsWith(undefined, model, sequences), ownBackend: theirsWith(openmp, model, sequences) };
}

function theirsWith(backend, model, sequences) {
    const repeats = repeatsOf(model);
    const output = execFileSync(
        bench,
        [
            '-m',
            model,
            '-c',
            String(256 * sequences),
            '-b',
            '512',
            '-ub',
            '512',
            '-npp',
            String(promptTokens),
            '-ntg',
            String(newTokens),
            '-npl',
            Array(repeats).fill(sequences).join(','),
            '-t',
            String(threads),
            '--output-format',
            'jsonl',
        ],
        {
            env: { ...process.env, ...(backend === undefined ? {} : { LN_BACKEND: backend }) },
            encoding: 'utf8',
            stdio: ['ignore', 'pipe', 'ignore'],
        },
    );
    const lines = output.split('\n').filter((line) => line.startsWith('{'));
    if (lines.length !== repeats) throw new Error(`llama-batched-bench wrote ${lines.length} lines of ${repeats}`);
    return spread(lines.map((line) => (sequences * newTokens) / JSON.parse(line).t)).median;
}

/** Tokens a second of ours; the first token of an answer comes with its prompt. */
async function ours(engine, sequences) {
    const repeats = repeatsOf(engine.path);
    const { vocabulary } = engine.info;
    const prompts = Array.from({ length: sequences }, (_, id) => ({
        id,
        text: Int32Array.from(
            { length: promptTokens - (engine.info.bos >= 0 ? 1 : 0) },
            () => 3 + Math.floor(Math.random() * (vocabulary - 3)),
        ),
    }));
    const speeds = [];
    for (let repeat = 0; repeat < repeats; repeat++) {
        let tokens = 0;
        const took = await seconds(async () => {
            for await (const answer of engine.generate(prompts, { maxTokens: newTokens + 1, ignoreEnd: true }))
                tokens += answer.tokens;
        });
        if (tokens !== sequences * (newTokens + 1)) throw new Error(`${tokens} tokens were generated`);
        speeds.push((sequences * newTokens) / took);
    }
    return spread(speeds).median;
}

console.log(
    `${new Date().toISOString().slice(0, 10)}  ${cpus()[0].model} x ${cpus().length}, ${threads} threads, ` +
        `node ${process.version}; ${rounds} rounds; median (quartiles)`,
);
for (const model of models) {
    for (const sequences of argv.sequences.split(',').map(Number)) {
        const engine = await MeasuredEngine.open({ model, gpu: 'off', threads, contextSize: 256 * sequences });
        const measured = [];
        for (let round = -1; round < rounds; round++) {
            const before = round % 2 === 0 ? theirs(model, sequences) : undefined;
            const own = await ours(engine, sequences);
            const { sameBackend, ownBackend } = before ?? theirs(model, sequences);
            if (round >= 0) measured.push({ own, sameBackend, ownBackend, fastest: Math.max(sameBackend, ownBackend) });
        }
        const speed = (side) => spread(measured.map((round) => round[side])).median.toFixed(0);
        const ratio = (side) => {
            const { median, least, most } = spread(measured.map((round) => round.own / round[side]));
            return `${median.toFixed(3)} (${least.toFixed(3)} to ${most.toFixed(3)})`;
        };
        console.log(
            `${engine.info.description}, ${sequences} sequences: ${speed('own')} tokens/s; llama.cpp with our ` +
                `backend ${speed('sameBackend')}, ratio ${ratio('sameBackend')}; ` +
                `with its own build's ${speed('ownBackend')}; ` +
                `ours / the faster ${ratio('fastest')}  aim >= 0.95`,
        );
        engine.close();
    }
}
for (const model of argv.drafts ? models.filter((path) => !path.includes('SmolLM2')) : []) {
    const embedded = model === embeddedModel;
    console.log(
        `${embedded ? 'embedded model' : model}: ${await benchDrafts(model, {
            rounds: Math.min(rounds, 3),
            threads,
            maxTokens: 64,
            ...(embedded ? { corpus: embeddedCollectTexts } : { corpus: 'udhr:1-20', masked: ['en', 'zh'] }),
        })}`,
    );
}
