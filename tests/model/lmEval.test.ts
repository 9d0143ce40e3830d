import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MeasuredEngine } from '../helpers/MeasuredEngine.js';
import { embeddedModel } from '../helpers/models.js';
import { type RunningServer, startServer } from '../helpers/served.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';
import { writeUnquantized } from '../helpers/unquantized.js';

/** A Python with lm-evaluation-harness: `python3 -m venv V && V/bin/pip install 'lm_eval[api]'`. */
const cached = '.cache/lm-eval/bin/python';
const python = process.env['LANGUAGE_NEURONS_LM_EVAL'] ?? (existsSync(cached) ? resolve(cached) : 'python3');
const here = spawnSync(python, ['-c', 'import lm_eval, aiohttp, datasets']).status === 0;
const skipped = here ? '' : ' (skipped: no Python with lm_eval[api]; LANGUAGE_NEURONS_LM_EVAL names one)';
const tasks = fileURLToPath(new URL('../lm-eval', import.meta.url));
const harness = resolve('tests/helpers/lm_eval_own.py');

// Without quantization, rounding does not depend on what is computed beside a token.
const folder = temporaryFolder();
let engine: MeasuredEngine;
let server: RunningServer;

/** What lm-evaluation-harness wrote of a question: its requests, and what the server answered. */
interface Sample {
    readonly arguments: Readonly<Record<string, { readonly arg_0: string; readonly arg_1: unknown }>>;
    readonly resps: readonly (readonly (string | readonly [string, string])[])[];
}

/** Runs it with the server as it is documented, without a tokenizer of its own. */
async function evaluate(model: string): Promise<Record<'choice' | 'generate', Sample[]>> {
    const out = join(folder, model);
    const child = spawn(
        python,
        [
            ...[harness, '--model', 'local-completions', '--tasks', 'neurons_choice,neurons_generate'],
            ...['--model_args', `model=${model},base_url=${server.url}/completions,num_concurrent=4,max_length=256`],
            ...['--include_path', tasks, '--output_path', out, '--log_samples'],
        ],
        {
            cwd: tasks,
            env: {
                ...process.env,
                HF_HOME: join(folder, 'hf'),
                HF_HUB_OFFLINE: '1',
                HF_DATASETS_OFFLINE: '1',
                PYTHONDONTWRITEBYTECODE: '1', // what was compiled at its installation is used
            },
            stdio: ['ignore', 'ignore', 'pipe'],
        },
    );
    let words = '';
    child.stderr.setEncoding('utf8').on('data', (part: string) => (words += part));
    const code = await new Promise((ended) => child.on('close', ended));
    if (code !== 0) throw new Error(words.slice(-4000));
    const files = readdirSync(out, { recursive: true, encoding: 'utf8' });
    const samplesOf = (task: string): Sample[] => {
        const file = files.find((name) => name.includes(`samples_neurons_${task}`))!;
        const lines = readFileSync(join(out, file), 'utf8').trim().split('\n');
        return lines.map((line) => JSON.parse(line) as Sample);
    };
    return { choice: samplesOf('choice'), generate: samplesOf('generate') };
}

/** Whether each token of a continuation is the likeliest one. */
async function isGreedy(context: string, continuation: string, place: number): Promise<boolean> {
    const [begin, whole] = [await engine.tokenize(context), await engine.tokenize(context + continuation)];
    const logits = await engine.logits(whole, { edit: server.models[place]!.edit });
    const { vocabulary, bos } = engine.info;
    const lead = bos >= 0 ? 1 : 0;
    return whole.subarray(begin.length).every((token, i) => {
        const row = (begin.length + i + lead - 1) * vocabulary;
        return logits.subarray(row, row + vocabulary).every((logit) => logit <= logits[row + token]!);
    });
}

describe.skipIf(!here)(`lm-evaluation-harness${skipped}`, () => {
    beforeAll(async () => {
        const path = join(folder, 'model.gguf');
        await writeUnquantized(embeddedModel, path);
        engine = await MeasuredEngine.open({ model: path, gpu: 'off', f32Cache: true });
    });
    afterAll(() => {
        engine.close();
    });

    it.each(['whole', 'without-some'])('gets log-likelihoods and answers of %s', async (model) => {
        server = await startServer(engine);
        let samples;
        try {
            samples = await evaluate(model);
        } finally {
            await server.end();
        }
        const place = server.models.findIndex(({ name }) => name === model);
        const { edit } = server.models[place]!;

        expect(samples.choice).toHaveLength(5);
        const greedy: boolean[] = [];
        for (const sample of samples.choice) {
            const pairs = Object.values(sample.arguments);
            const texts = pairs.map(({ arg_0: prompt, arg_1: response }) => ({
                language: '',
                prompt,
                response: response as string,
            }));
            const scores = await engine.score(texts, { edit });
            for (const [i, { prompt, response }] of texts.entries()) {
                const [[logLikelihood, isLikeliest]] = sample.resps[i] as [[string, string]];
                expect(Math.abs(Number(logLikelihood) - scores.texts[i]!.logProbability)).toBeLessThan(1e-4);
                greedy.push(await isGreedy(prompt, response, place));
                expect(isLikeliest).toBe(greedy.at(-1) === true ? 'True' : 'False');
            }
        }
        expect(greedy).toHaveLength(15);

        expect(samples.generate).toHaveLength(6);
        const prompts = samples.generate.map(({ arguments: { gen_args_0: asked } }, id) => ({
            id,
            text: asked!.arg_0,
            stops: ['.'],
        }));
        const texts: string[] = [];
        for await (const { prompt, text } of engine.generate(prompts, { edits: [edit], maxTokens: 32 }))
            texts[prompt] = text;
        expect(samples.generate.map(({ resps }) => resps[0]![0])).toEqual(texts);
        expect(new Set(texts).size).toBeGreaterThan(3);
    });
});
