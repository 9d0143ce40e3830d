import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Engine } from '../../src/engine/Engine.js';
import type { GeneratedAnswer, GenerateOptions, Prompt } from '../../src/engine/types/engineTypes.js';
import { maskOf } from '../helpers/maskOf.js';
import { embeddedModel } from '../helpers/models.js';

const prompts = [
    'The farmer',
    'Everyone has the right',
    'Der Lehrer liest',
    'La niña',
    'Every child in the school',
    'The old man and',
];

describe('generation', () => {
    let engine: Engine;
    beforeAll(async () => {
        engine = await Engine.open({ model: embeddedModel, gpu: 'off', batchSize: 64, contextSize: 2048 });
    });
    afterAll(() => engine.close());

    async function answers(list: readonly string[], options: GenerateOptions): Promise<GeneratedAnswer[]> {
        const found: GeneratedAnswer[] = [];
        for await (const answer of engine.generate(list, options)) found.push(answer);
        return found.sort((a, b) => a.prompt - b.prompt || a.answer - b.answer);
    }
    const texts = async (list: readonly string[], options: GenerateOptions): Promise<string[]> =>
        (await answers(list, options)).map(({ text }) => text);

    // Batches of other shapes round differently, and a last bit may decide between two tokens.
    const same = (a: readonly string[], b: readonly string[]): number => a.filter((text, i) => text === b[i]).length;

    it('an answer that is cut off ends on a whole character', async () => {
        const grown: string[] = [];
        for (let maxTokens = 1; maxTokens <= 24; maxTokens++) grown.push(...(await texts(['老师和'], { maxTokens })));
        expect(grown.filter((text) => text.includes('\ufffd'))).toEqual([]);
        const halves = grown.filter((text, i) => i > 0 && text === grown[i - 1]).length;
        expect(halves).toBeGreaterThan(3); // tokens that ended nothing: the case is there
        for (const [i, text] of grown.entries()) expect(grown.at(-1)!.startsWith(text), `${i}`).toBe(true);
    });

    it('greedy, the first token is the likeliest one behind the prompt', async () => {
        for (const prompt of prompts) {
            const logits = await engine.logits(prompt);
            const last = logits.subarray(-engine.info.vocabulary);
            const likeliest = last.indexOf(Math.max(...last));
            const [{ text, tokens, end }] = (await answers([prompt], { maxTokens: 1 })) as [GeneratedAnswer];
            // Text and back, as the tokens themselves do not come out.
            if (tokens === 1) expect((await engine.tokenize(prompt + text)).at(-1)).toBe(likeliest);
            expect(end).toBe(tokens === 1 ? 'length' : 'stop');
        }
    });

    it('greedy, prompts together get what each gets alone', async () => {
        const together = await texts(prompts, { maxTokens: 24 });
        expect(together.every((text) => text.length > 0)).toBe(true);
        const alone: string[] = [];
        for (const prompt of prompts) alone.push(...(await texts([prompt], { maxTokens: 24 })));
        expect(same(together, alone)).toBeGreaterThanOrEqual(prompts.length - 1);
        expect(new Set(together).size).toBe(prompts.length);
    });

    it('a draft changes the time, not the answer', async () => {
        const plain = await answers(prompts.slice(0, 1), { maxTokens: 40 });
        for await (const { text, drafted, accepted } of engine.generate(
            [{ text: prompts[0]!, id: 0, draft: plain[0]!.text }],
            { maxTokens: 40 },
        )) {
            expect(text).toBe(plain[0]!.text);
            expect(accepted).toBeGreaterThan(0.8 * drafted);
            expect(drafted).toBeGreaterThan(20);
        }
        for await (const { text, drafted, accepted } of engine.generate(
            [{ text: prompts[0]!, id: 0, draft: 'Nobody would ever say this here' }],
            { maxTokens: 40 },
        )) {
            expect(text).toBe(plain[0]!.text);
            expect(accepted).toBeLessThan(0.5 * drafted);
        }
    });

    it('prompts of tokens are those of their text; more than there are streams for, they all end', async () => {
        const tokens = await engine.tokenize(prompts[0]!);
        expect((await collected([{ text: tokens, id: 0 }], 24))[0]!.text).toBe(
            (await collected([{ text: prompts[0]!, id: 0 }], 24))[0]!.text,
        );
        // 2048 cells: eight streams of 256, and one prompt that needs one of 512.
        const many = Array.from(
            { length: 30 },
            (_, i) => `${'Every child in the school reads. '.repeat(i % 7)}${prompts[i % prompts.length]!}`,
        );
        const long = 'The old man and the sea. '.repeat(30);
        const found = await collected(
            [...many, long, ...many].map((text, id) => ({ text, id })),
            24,
        );
        expect(found).toHaveLength(2 * many.length + 1);
        for (let i = 0; i < many.length; i++) expect(found[i]!.text.length).toBeGreaterThan(0);
        expect(
            same(
                found.slice(0, 30).map(({ text }) => text),
                found.slice(31).map(({ text }) => text),
            ),
        ).toBeGreaterThanOrEqual(27);
    });

    async function collected(asked: readonly Prompt[], maxTokens: number): Promise<GeneratedAnswer[]> {
        const found: GeneratedAnswer[] = [];
        for await (const answer of engine.generate(asked, { maxTokens })) found.push(answer);
        return found.sort((a, b) => a.prompt - b.prompt);
    }

    it('drawn answers depend on the seed and nothing else', async () => {
        const options = { answers: 4, maxTokens: 16, temperature: 1, seed: 7 };
        const first = await texts(prompts, options);
        expect(first).toHaveLength(4 * prompts.length);
        expect(await texts(prompts, options)).toEqual(first);
        // All 24 were the same.
        expect(same((await texts([...prompts, 'One more'], options)).slice(0, first.length), first)).toBeGreaterThan(
            0.8 * first.length,
        );
        expect(await texts(prompts, { ...options, seed: 8 })).not.toEqual(first);
        expect(new Set(first).size).toBeGreaterThan(2 * prompts.length);
    });

    it('draws with the probabilities of the model', async () => {
        const [prompt, draws] = ['The farmer', 1920];
        const last = (await engine.logits(prompt)).subarray(-engine.info.vocabulary);
        const temperature = 0.7;
        const most = Math.max(...last);
        const weights = Array.from(last, (logit) => Math.exp((logit - most) / temperature));
        const sum = weights.reduce((a, b) => a + b, 0);
        const drawn = new Map<string, number>();
        for (const { text } of await answers(Array<string>(draws / 16).fill(prompt), {
            answers: 16,
            maxTokens: 1,
            temperature,
            seed: 3,
        }))
            drawn.set(text, (drawn.get(text) ?? 0) + 1);
        // The commonest tokens, each within five standard deviations of its share.
        const top = [...weights.keys()].sort((a, b) => weights[b]! - weights[a]!).slice(0, 3);
        const common = [...drawn].sort(([, a], [, b]) => b - a).slice(0, 3);
        for (const [i, token] of top.entries()) {
            const p = weights[token]! / sum;
            expect(Math.abs(common[i]![1] / draws - p)).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / draws) + 1e-3);
        }
    });

    it('goes another way without some neurons, and the same way after', async () => {
        const whole = await texts(prompts, { maxTokens: 20 });
        const widths = engine.sites.map(({ width }) => width);
        const edit = maskOf(
            widths.flatMap((width, layer) => Array.from({ length: width / 2 }, (_, j) => [layer, 2 * j] as const)),
            widths,
        );
        expect(await texts(prompts, { maxTokens: 20, edits: [edit] })).not.toEqual(whole);
        expect(await texts(prompts, { maxTokens: 20 })).toEqual(whole);
    });

    it('refuses a second pass, stops when asked, and leaves the engine usable', async () => {
        const expected = await texts(prompts, { maxTokens: 8 });
        const stop = new AbortController();
        const running = engine.generate(prompts, { maxTokens: 60, answers: 2, temperature: 1, signal: stop.signal });
        await running.next();
        await expect(engine.count([{ language: 'en', prompt: '', response: 'x' }])).rejects.toMatchObject({
            code: 'BUSY',
        });
        stop.abort();
        await expect(
            (async () => {
                for await (const _ of running);
            })(),
        ).rejects.toMatchObject({ code: 'ABORTED' });
        expect(await texts(prompts, { maxTokens: 8 })).toEqual(expected);
        for await (const _ of engine.generate(prompts, { maxTokens: 8 })) break; // left early
        expect(await texts(prompts, { maxTokens: 8 })).toEqual(expected);
    });

    it('refuses what makes no sense', async () => {
        for (const options of [
            { maxTokens: 0 },
            { answers: 0 },
            { temperature: -1 },
            { temperature: NaN },
            { maxTokens: 5000 },
        ]) {
            await expect(texts(prompts, options)).rejects.toMatchObject({ code: 'WRONG_USE' });
        }
        expect(await texts(prompts.slice(0, 1), { maxTokens: 1 })).toHaveLength(1);
    });
});
