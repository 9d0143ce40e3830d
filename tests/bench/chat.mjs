// npm run bench:chat [-- [MODEL.gguf …] [--turns N] [--rounds N]]
// Seconds until the first token of each turn of a conversation, as `chat` has it: what a state has read stays in the KV
// cache (`prefixCaching`), against reading the whole conversation each turn. Both sides in turn in this one run, each
// from an empty cache; the ratio of whole conversations and of their last turns: median, then quartiles.
// Models: the embedded one, and those that scripts/fetch-models.mjs put there.

import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import yargs from 'yargs';
import { Engine } from '../../dist/engine/Engine.js';
import { embeddedModel } from '../../dist/run/embeddedRun.js';
import { inTurn, spread } from './measure.mjs';

const argv = await yargs(process.argv.slice(2))
    .option('rounds', { type: 'number', default: 5 })
    .option('turns', { type: 'number', default: 8 })
    .parseAsync();
const fetched = process.env.LANGUAGE_NEURONS_MODELS ?? resolve('.cache/models');
const public_ = ['SmolLM2-135M-Instruct.Q4_1.gguf', 'qwen2.5-coder-0.5b-instruct-q4_k_m.gguf'];
const there = public_.map((name) => join(fetched, name)).filter((path) => existsSync(path));
const models = argv._.length > 0 ? argv._.map(String) : [embeddedModel, ...there];
/** What is said each turn, and tokens of an answer. */
const message = 'Rosa has 12 chairs and gives 6 of them away. How many are left, and how do you know? ';
const maxTokens = 32;

/** @returns seconds to the first token of each turn */
async function converse(engine, prefixCaching) {
    let text = '';
    const seconds = [];
    await engine.score([{ language: 'en', prompt: '', response: message }]); // empties the cache
    for (let turn = 0; turn < argv.turns; turn++) {
        text += message;
        const began = performance.now();
        let first;
        const onGrowth = () => (first ??= performance.now() - began);
        for await (const answer of engine.generate([{ id: turn, text }], { maxTokens, prefixCaching, onGrowth })) {
            seconds.push((first ?? performance.now() - began) / 1000);
            text += `${answer.text} `;
        }
    }
    return seconds;
}

const sum = (list) => list.reduce((total, one) => total + one, 0);
const show = ({ median, least, most }, digits) =>
    `${median.toFixed(digits)} (${least.toFixed(digits)}-${most.toFixed(digits)})`;
for (const model of models) {
    const engine = await Engine.open({ model, gpu: 'off' });
    const [anew, kept] = await inTurn(argv.rounds, [() => converse(engine, false), () => converse(engine, true)]);
    const lastOf = (side) => side.map((seconds) => seconds.at(-1));
    const ratios = (of) => spread(anew.map((seconds, round) => of(seconds) / of(kept[round])));
    console.log(basename(model));
    console.log(
        `  turn ${argv.turns}: ${show(spread(lastOf(anew)), 3)} s anew, ${show(spread(lastOf(kept)), 3)} s kept`,
    );
    console.log(
        `  anew / kept: ${show(
            ratios((seconds) => seconds.at(-1)),
            1,
        )}; all turns: ${show(ratios(sum), 1)}`,
    );
    engine.close();
}
