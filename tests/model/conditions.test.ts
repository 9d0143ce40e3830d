import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MeasuredEngine } from '../../src/engine/MeasuredEngine.js';
import type { GeneratedAnswer, GenerateOptions, NeuronMask, Prompt } from '../../src/engine/engineTypes.js';
import { maskOf } from '../../src/experiments/conditions.js';
import { randomNeurons } from '../../src/neurons/randomNeurons.js';
import type { NeuronIndex } from '../../src/neurons/NeuronAnalysis.js';
import { embeddedModel } from '../helpers/models.js';

const texts = ['The farmer', 'Everyone has the right', 'Der Lehrer liest', 'La niña', 'The old man and'];
const conditions = 11;

describe('many conditions in one batch', () => {
    let engine: MeasuredEngine;
    /** The whole model, and ten masks that each take a tenth of every layer. */
    let masks: (NeuronMask | undefined)[];
    beforeAll(async () => {
        engine = await MeasuredEngine.open({
            model: embeddedModel,
            gpu: 'off',
            batchSize: 128,
            contextSize: 4096,
            masks: conditions,
        });
        const widths = engine.sites.map(({ width }) => width);
        const tenth = widths.flatMap((width, i) => Array.from({ length: width / 10 }, (_, j): NeuronIndex => [i, j]));
        masks = [
            undefined,
            ...Array.from({ length: conditions - 1 }, (_, k) => maskOf(randomNeurons(tenth, engine.sites, k), widths)),
        ];
    });
    afterAll(() => engine.close());

    async function generated(
        choice: readonly (NeuronMask | undefined)[],
        options: GenerateOptions = {},
    ): Promise<GeneratedAnswer[]> {
        const prompts = texts.flatMap((text, id) => choice.map((_, mask): Prompt => ({ text, id, mask })));
        const found: GeneratedAnswer[] = [];
        for await (const answer of engine.generate(prompts, {
            masks: choice,
            maxTokens: 24,
            ignoreEnd: true,
            ...options,
        }))
            found.push(answer);
        return found.sort((a, b) => a.mask - b.mask || a.prompt - b.prompt);
    }
    const of = (answers: readonly GeneratedAnswer[], mask: number): string[] =>
        answers.filter((one) => one.mask === mask).map(({ text }) => text);

    it('each gets, token for token, what it gets alone in a batch of the same shape', async () => {
        const together = await generated(masks);
        expect(together).toHaveLength(conditions * texts.length);
        for (const [k, mask] of masks.entries()) {
            // The same mask in every place: nothing but the masks differs from the run before.
            const alone = await generated(masks.map(() => mask));
            expect(of(alone, k), `condition ${k}`).toEqual(of(together, k));
        }
        expect(new Set(masks.map((_, k) => of(together, k).join())).size).toBe(conditions);
    });

    it('drawn answers of a condition are drawn with the numbers of the whole model', async () => {
        const drawn = await generated([undefined, undefined, masks[3]], { temperature: 0.8, seed: 5 });
        expect(of(drawn, 1)).toEqual(of(drawn, 0));
        expect(of(drawn, 2)).not.toEqual(of(drawn, 0));
    });

    it('one mask alone goes the plain way and says nearly the same', async () => {
        // Few neurons: with a tenth of them off most choices are close, and 39 of 55 answers were the same.
        const widths = engine.sites.map(({ width }) => width);
        const few = widths.flatMap((width, i) => Array.from({ length: width / 100 }, (_, j): NeuronIndex => [i, j]));
        const choice = [
            undefined,
            ...Array.from({ length: 3 }, (_, k) => maskOf(randomNeurons(few, engine.sites, k), widths)),
        ];
        const together = await generated(choice);
        let same = 0;
        for (const [mask, neurons] of choice.entries()) {
            const alone = await generated([neurons]);
            same += of(alone, 0).filter((text, i) => text === of(together, mask)[i]).length;
        }
        // Batches of other shapes round differently.
        expect(same / (choice.length * texts.length)).toBeGreaterThanOrEqual((texts.length - 1) / texts.length);
    });

    it('more masks than the engine holds, and a condition that is not there, are refused', async () => {
        await expect(generated([...masks, undefined])).rejects.toMatchObject({
            code: 'WRONG_USE',
            message: expect.stringContaining('12 masks'),
        });
        const one = engine.generate([{ text: 'The', id: 0, mask: 2 }], { masks: [undefined, masks[1]] });
        await expect(one.next()).rejects.toMatchObject({ code: 'WRONG_USE' });
        await expect(MeasuredEngine.open({ model: embeddedModel, gpu: 'off', masks: 0 })).rejects.toMatchObject({
            code: 'WRONG_USE',
        });
    });
});

describe('stop texts', () => {
    let engine: MeasuredEngine;
    beforeAll(async () => {
        engine = await MeasuredEngine.open({ model: embeddedModel, gpu: 'off', batchSize: 64 });
    });
    afterAll(() => engine.close());
    const answer = async (stops: readonly string[]): Promise<GeneratedAnswer> => {
        for await (const one of engine.generate([{ text: 'The farmer', id: 0, stops }], {
            maxTokens: 60,
            ignoreEnd: true,
        }))
            return one;
        throw new Error('no answer');
    };

    it('end an answer before them, as soon as they are there', async () => {
        const whole = await answer([]);
        for (const stop of [whole.text.slice(20, 24), whole.text.slice(30, 31), whole.text.slice(10, 30)]) {
            const cut = await answer(['never in it', stop]);
            expect(cut.text).toBe(whole.text.slice(0, whole.text.indexOf(stop)));
            expect(cut.end).toBe('stop');
            expect(cut.tokens).toBeLessThan(whole.tokens);
        }
        expect(await answer(['never in it'])).toEqual(whole);
    });
});
