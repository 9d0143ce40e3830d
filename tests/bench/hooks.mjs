import { basename, join } from 'node:path';
import { defaultThreads } from '../../dist/engine/loading/defaultThreads.js';
import { loadBackends } from '../../dist/engine/native/loadBackends.js';
import { collect, Engine, openCorpus } from '../../dist/index.js';
import { cpuSeconds, inTurn, ratioOf, spread } from './measure.mjs';
import { TorchHooks } from './TorchHooks.mjs';
import { longTexts, windowsOf } from './windows.mjs';

const windowSize = 512;
const dtypes = { F32: 'float32', BF16: 'bfloat16' };
/** Of the fastest products: how many times as fast as PyTorch. */
const aims = { F32: 1.7, BF16: 1 };

/**
 * `collect` with each kind of matrix products that this processor has, beside PyTorch in F32 and BF16 with forward
 * hooks on the dequantized weights, all in turn, on the same windows of the same texts: each language's is one long
 * text, which both cut into windows of 512 tokens, so that neither pads nor packs badly.
 * @param {string} model GGUF file
 * @param {{rounds: number, folder: string, threads?: number, articles: number}} options folder: gets what is counted;
 * articles: of the UDHR in each language; threads: of each side, by default one for each core
 * @returns {Promise<string>} tokens and CPU seconds of each, their ratios and how many counts differ, or why it is left
 * out
 */
export async function benchHooks(model, { rounds, folder, articles, threads: wanted }) {
    const threads = wanted ?? (await defaultThreads());
    const own = ['ggml', ...(await loadBackends('off')).addon.products()];
    const hooks = {};
    const engines = {};
    try {
        for (const [name, dtype] of Object.entries(dtypes)) {
            hooks[name] = await TorchHooks.open({ device: 'cpu', dtype, threads, gguf: model });
        }
        for (const products of own) {
            engines[products] = await Engine.open({ model, gpu: 'off', threads, windowSize, products });
        }
        return await compareAll(model, { threads, engines, hooks, rounds, folder, articles });
    } catch (cause) {
        if (hooks.BF16 !== undefined) throw cause;
        return `PyTorch with forward hooks: left out (${cause.message})`;
    } finally {
        for (const each of [...Object.values(hooks), ...Object.values(engines)]) each.close();
    }
}

async function compareAll(model, { threads, engines, hooks, rounds, folder, articles }) {
    const corpus = longTexts(await openCorpus(`udhr:1-${articles}`, { languages: ['en', 'zh', 'de'] }));
    const windows = [];
    for (const language of corpus.languages) windows.push(await windowsOf(engines.ggml, corpus, language));
    const lead = engines.ggml.info.bos >= 0 ? 1 : 0;
    const batches = [];
    for (const each of Object.values(hooks)) batches.push(await each.take(windows, lead));
    const total = windows.flat().reduce((sum, { length }) => sum + length, 0);
    const activations = {};
    let place = 0;
    const counting = async (name) => {
        const into = { engine: engines[name], corpus, folder: join(folder, `${basename(model)}-${place++}`) };
        let counted;
        const cpu = await cpuSeconds(async () => (counted = await collect(into)));
        activations[name] = counted.activations;
        return { tokens: counted.decodedTokens, seconds: counted.seconds, cpu };
    };
    const names = [...Object.keys(engines), ...Object.keys(hooks)];
    const measured = await inTurn(rounds, [
        ...Object.keys(engines).map((name) => () => counting(name)),
        ...Object.values(hooks).map((each) => () => each.run()),
    ]);
    const wrong = measured.flat().find(({ tokens }) => tokens !== total);
    if (wrong !== undefined) throw new Error(`${wrong.tokens} of ${total} tokens went through`);
    const found = Object.fromEntries(names.map((name, i) => [name, measured[i]]));
    const expected = await hooks.F32.counts();
    return [
        `collect beside PyTorch with forward hooks: ${total} tokens, threads: ${threads}, ${hooks.F32.versions}, ` +
            `${batches.join(' and ')} windows at a time`,
        ...Object.keys(hooks).map((name) => `PyTorch ${name}: ${figures(found[name])}`),
        ...Object.keys(engines).map((name) => {
            const ratios = Object.keys(hooks).map((other) => ratiosOf(found[name], found[other], other));
            return `${name}: ${figures(found[name])}; ${ratios.join('; ')}`;
        }),
        ...Object.keys(engines).map((name) => `${name}: ${differences(activations[name], expected)}`),
    ].join('\n  ');
}

/** Medians of a side's rounds. */
function figures(rounds) {
    const median = (of) => spread(rounds.map(of)).median;
    const speed = median(({ tokens, seconds }) => tokens / seconds).toFixed(0);
    const [wall, cpu] = [median(({ seconds }) => seconds), median((round) => round.cpu)];
    return `${speed} tokens/s, ${wall.toFixed(2)} s, ${cpu.toFixed(2)} CPU s`;
}

/** How many times as fast as PyTorch, by the clock and by the processor's time. */
function ratiosOf(own, theirs, name) {
    const of = (time) => {
        const { ratio, least, most } = ratioOf(theirs.map(time), own.map(time));
        return `${ratio.toFixed(2)} (${least.toFixed(2)} to ${most.toFixed(2)})`;
    };
    const [wall, cpu] = [of(({ seconds }) => seconds), of((round) => round.cpu)];
    return `of PyTorch ${name}'s speed ${wall}, by CPU seconds ${cpu}, aim >= ${aims[name]}`;
}

/** In how many counts both differ, and by how much: rounding turns signs near zero, more is another model. */
function differences({ languages, counts, tokens }, theirs) {
    let [all, differing, distance, most] = [0, 0, 0, 0];
    for (const [layer, ours] of counts.entries()) {
        for (const [place, count] of ours.entries()) {
            const k = place % languages.length;
            const difference = Math.abs(Number(count) - theirs[k][layer][(place - k) / languages.length]);
            all++;
            if (difference > 0) differing++;
            distance += difference;
            most += Number(tokens[k]);
        }
    }
    const share = ((100 * distance) / most).toPrecision(2);
    return `${differing} of ${all} counts differ from PyTorch F32's, by ${share} % of the tokens on average`;
}
