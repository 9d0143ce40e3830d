import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { EngineOptions } from '../../src/engine/types/engineTypes.js';
import { Engine } from '../../src/engine/Engine.js';
import { commandHere } from '../helpers/commandHere.js';
import { fillRow } from '../helpers/fillRow.js';
import { loraPairs, writeLora } from '../helpers/loraAdapters.js';
import { embeddedModel } from '../helpers/models.js';
import { writeUnquantized } from '../helpers/unquantized.js';
import { untie } from '../helpers/untied.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const root = temporaryFolder();
const sound = join(root, 'sound.gguf');

const text = 'Rosa hat 12 Stühle. Wie viele Stühle bleiben?';
const samples = [
    { language: 'en', prompt: '', response: 'Two and two are four.' },
    { language: 'de', prompt: '', response: text },
];
let numbers: readonly number[] = [];

const open = (model: string, options: Partial<EngineOptions> = {}): Promise<Engine> =>
    Engine.open({ model, gpu: 'off', windowSize: 128, batchSize: 128, contextSize: 1024, ...options });

/** The sound model with one row of a tensor made up of a number. */
async function damaged(tensor: string, row: number, value: number): Promise<string> {
    const path = join(root, `${tensor}-${row}-${value}.gguf`);
    copyFileSync(sound, path);
    await fillRow(path, tensor, row, value);
    return path;
}

beforeAll(async () => {
    await writeUnquantized(embeddedModel, sound);
    await untie(sound); // else a row of the embedding is one of every token's logits too
    using engine = await open(sound);
    const [english, german] = await Promise.all([engine.tokenize(samples[0]!.response), engine.tokenize(text)]);
    numbers = [...german].filter((token) => !english.includes(token));
});

const generated = async (engine: Engine, prompt: string): Promise<string[]> => {
    const texts: string[] = [];
    for await (const answer of engine.generate([prompt], { maxTokens: 4 })) texts.push(answer.text);
    return texts;
};

describe('numbers of a model that are not finite', () => {
    const places: readonly (readonly [tensor: string, row: () => number, value: number, layer: number])[] = [
        ['token_embd.weight', () => numbers[0]!, NaN, 0],
        ['token_embd.weight', () => numbers[1]!, Infinity, 0],
        ['blk.0.attn_norm.weight', () => 0, NaN, 0],
        ['blk.1.attn_v.weight', () => 3, NaN, 1],
        ['blk.2.ffn_norm.weight', () => 0, -Infinity, 2],
        ['blk.3.ffn_gate.weight', () => 5, NaN, 3],
        ['blk.3.ffn_up.weight', () => 5, NaN, 4],
        ['blk.4.ffn_down.weight', () => 5, Infinity, 5],
    ];

    it.each(places)('end counting, scoring and generating: %s', async (tensor, row, value, layer) => {
        const path = await damaged(tensor, row(), value);
        using engine = await open(path);
        const which = tensor.startsWith('token_embd') ? 'text 2 \\(de\\), "Rosa hat' : 'text 1 \\(en\\), "Two and';
        await expect(engine.count(samples)).rejects.toMatchObject({
            code: 'NATIVE',
            message: expect.stringMatching(`an activation of layer ${layer} is not finite .* for ${which}`) as string,
        });
        await expect(engine.score(samples)).rejects.toMatchObject({
            code: 'NATIVE',
            message: expect.stringMatching(`a log-probability is not finite .* for ${which}`) as string,
        });
        await expect(generated(engine, text)).rejects.toThrow(/a logit is not finite .* for the prompt "Rosa hat/);
        // What comes after them does not suffer from it, where nothing of it is damaged.
        if (!tensor.startsWith('token_embd')) return;
        using whole = await open(sound);
        const first = samples.slice(0, 1);
        expect((await engine.count(first)).counts).toEqual((await whole.count(first)).counts);
        expect((await engine.score(first)).logProbability).toBe((await whole.score(first)).logProbability);
        expect(await generated(engine, first[0]!.response)).toEqual(await generated(whole, first[0]!.response));
    });

    it('of the last product and the output head are no matter for counts', async () => {
        for (const tensor of ['blk.5.ffn_down.weight', 'output.weight']) {
            using engine = await open(await damaged(tensor, 5, NaN));
            await expect(engine.count(samples)).resolves.toBeDefined();
            await expect(engine.score(samples)).rejects.toThrow(/log-probability is not finite/);
            await expect(generated(engine, text)).rejects.toThrow(/logit is not finite/);
        }
    });

    it('of an adapter end all by the name of its file too', async () => {
        const path = join(root, 'damaged-lora.gguf');
        const pairs = await loraPairs(sound, /^blk\.2\.ffn_gate\.weight$/);
        pairs[0]!.b[0] = NaN;
        writeLora(path, pairs);
        using engine = await open(sound, { loras: [{ path }] });
        for (const work of [() => engine.count(samples), () => engine.score(samples), () => generated(engine, text)])
            await expect(work()).rejects.toThrow(/sound\.gguf with \/.*damaged-lora\.gguf: .* is not finite/);
    });

    it('of tokens that are not counted end nothing', async () => {
        using engine = await open(await damaged('token_embd.weight', numbers[0]!, NaN));
        const prompt = [{ language: 'de', prompt: `${text} `, response: '' }, samples[0]!];
        await expect(engine.count(prompt)).resolves.toBeDefined();
    });

    it('are let through where that is asked for', async () => {
        using engine = await open(await damaged('token_embd.weight', numbers[0]!, NaN), { allowNonfinite: true });
        expect((await engine.count(samples)).tokens).toBeGreaterThan(0n);
        expect((await engine.score(samples)).logProbability).toBeNaN();
        expect(await generated(engine, text)).toHaveLength(1);
    });

    it.each(['fused', 'repeat', 'transpose'] as const)('are found by the way of counting %s', async (counting) => {
        using engine = await open(await damaged('blk.3.ffn_gate.weight', 5, NaN), { counting } as object);
        await expect(engine.count(samples)).rejects.toThrow(/activation of layer 3 is not finite/);
    });

    it('end a request, and not those beside it', async () => {
        using engine = await open(await damaged('token_embd.weight', numbers[0]!, NaN), { contextSize: 2048 });
        using whole = await open(sound, { contextSize: 2048 });
        const batching = await engine.batching({ parallel: 4, requestSize: 128 });
        const alone = await whole.batching({ parallel: 4, requestSize: 128 });
        const [bad, good] = await Promise.all([engine.tokenize(text), engine.tokenize(samples[0]!.response)]);
        const ask = (prompt: Int32Array, maxTokens = 12): ReturnType<typeof batching.ask> =>
            batching.ask({
                prompt,
                maxTokens,
                logProbabilities: { prompt: maxTokens === 0, answer: true, likeliest: 1 },
            });
        const expected = (await alone.ask({ prompt: good, maxTokens: 12 })).tokens;
        for (const round of [1, 2, 3]) {
            const answers = await Promise.allSettled([ask(bad), ask(good), ask(bad, 0), ask(good)]);
            const states = answers.map(({ status }) => status);
            expect(states, `round ${round}`).toEqual(['rejected', 'fulfilled', 'rejected', 'fulfilled']);
            for (const answer of answers)
                if (answer.status === 'fulfilled') expect(answer.value.tokens).toEqual(expected);
        }
        await Promise.all([batching.close(), alone.close()]);
    });

    it('of one edit end its requests, and not those of the whole model beside them', async () => {
        using engine = await open(sound, { contextSize: 2048 });
        const factors = engine.sites.map(({ width }) => new Float32Array(width).fill(3e38));
        const batching = await engine.batching({ parallel: 4, requestSize: 128, edits: [undefined, { factors }] });
        const prompt = await engine.tokenize(text);
        const ask = (edit: number): ReturnType<typeof batching.ask> => batching.ask({ prompt, maxTokens: 12, edit });
        const expected = (await ask(0)).tokens;
        for (const round of [1, 2, 3]) {
            const answers = await Promise.allSettled([ask(1), ask(0), ask(1), ask(0)]);
            const states = answers.map(({ status }) => status);
            expect(states, `round ${round}`).toEqual(['rejected', 'fulfilled', 'rejected', 'fulfilled']);
            for (const answer of answers)
                if (answer.status === 'fulfilled') expect(answer.value.tokens).toEqual(expected);
        }
        await batching.close();
    });

    it('end a command with one line, unless --allow-nonfinite is given', async () => {
        const path = await damaged('token_embd.weight', numbers[0]!, NaN);
        const data = join(root, 'texts');
        mkdirSync(data);
        for (const { language, response } of samples) writeFileSync(join(data, `${language}.txt`), `${response}\n`);
        const args = ['collect', '--model', path, '--data', data, '--gpu', 'off', '--out'];
        const refused = await commandHere(...args, join(root, 'run'));
        expect(refused.code).toBe(1);
        expect(refused.stderr.trim().split('\n').at(-1)).toMatch(
            /an activation of layer 0 is not finite .* for text 1 \(de\), "Rosa hat/,
        );
        expect(await commandHere(...args, join(root, 'all'), '--allow-nonfinite')).toMatchObject({ code: 0 });
    });
});
