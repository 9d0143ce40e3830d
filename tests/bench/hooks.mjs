import { join } from 'node:path';
import { defaultThreads } from '../../dist/engine/defaultThreads.js';
import { collect, Engine, openCorpus } from '../../dist/index.js';
import { compare, spread } from './measure.mjs';
import { TorchHooks } from './TorchHooks.mjs';

const windowSize = 512;

/**
 * `collect` against PyTorch with forward hooks on an F32 copy of the same model, on the same windows of the same texts:
 * each language's is one long text, which both cut into windows of 512 tokens, so that neither pads nor packs badly.
 * @param {string} model GGUF file
 * @param {{rounds: number, folder: string}} options folder: gets what is counted
 * @returns {Promise<string>} the ratio of tokens a second and how many counts differ, or why it is left out
 */
export async function benchHooks(model, { rounds, folder }) {
    const threads = await defaultThreads();
    let hooks;
    try {
        hooks = await TorchHooks.open({ device: 'cpu', dtype: 'float32', threads, gguf: model });
    } catch (cause) {
        return `PyTorch with forward hooks: left out (${cause.message})`;
    }
    const engine = await Engine.open({ model, gpu: 'off', threads, windowSize });
    try {
        const corpus = longTexts(await openCorpus('udhr:1-15', { languages: ['en', 'zh', 'de'] }));
        const windows = [];
        for (const language of corpus.languages) windows.push(await windowsOf(engine, corpus, language));
        const batch = await hooks.take(windows, engine.info.bos >= 0 ? 1 : 0);
        const total = windows.flat().reduce((sum, { length }) => sum + length, 0);
        const speeds = { own: [], torch: [] };
        let activations;
        let place = 0;
        const speed = (list, tokens, seconds) => {
            if (tokens !== total) throw new Error(`${tokens} of ${total} tokens went through`);
            list.push(tokens / seconds);
            return tokens / seconds;
        };
        const { ratio, least, most } = await compare(
            rounds,
            async () => {
                const counted = await collect({ engine, corpus, folder: join(folder, `hooks-${place++}`) });
                activations = counted.activations;
                return speed(speeds.own, counted.decodedTokens, counted.seconds);
            },
            async () => {
                const { tokens, seconds } = await hooks.run();
                return speed(speeds.torch, tokens, seconds);
            },
        );
        const median = (list) => spread(list).median.toFixed(0);
        return [
            `collect / PyTorch with forward hooks, F32, tokens/s: ${ratio.toFixed(2)} ` +
                `(${least.toFixed(2)} to ${most.toFixed(2)})  aim >= 5`,
            `${median(speeds.own)} and ${median(speeds.torch)} tokens/s of ${total} tokens; ` +
                `${threads} threads, ${hooks.versions}, ${batch} windows at a time`,
            differences(activations, await hooks.counts()),
        ].join('\n  ');
    } finally {
        hooks.close();
        engine.close();
    }
}

/** Each language's texts as one. */
function longTexts(corpus) {
    return {
        ...corpus,
        async *samples(language) {
            const texts = [];
            for await (const { response } of corpus.samples(language)) texts.push(response);
            yield { language, prompt: '', response: texts.join(' ') };
        },
    };
}

/** The windows that an engine makes of a language's one text: BOS first where the model has one. */
async function windowsOf(engine, corpus, language) {
    const lead = engine.info.bos >= 0 ? [engine.info.bos] : [];
    const windows = [];
    for await (const { response } of corpus.samples(language)) {
        const tokens = await engine.tokenize(response);
        const room = windowSize - lead.length;
        for (let begin = 0; begin < tokens.length; begin += room) {
            windows.push([...lead, ...tokens.subarray(begin, begin + room)]);
        }
    }
    return windows;
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
    const share = ((100 * distance) / most).toFixed(3);
    return `${differing} of ${all} counts differ, by ${share} % of the tokens on average`;
}
