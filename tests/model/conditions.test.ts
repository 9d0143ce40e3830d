import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MeasuredEngine } from '../helpers/MeasuredEngine.js';
import type { NeuronMask } from '../../src/engine/types/edits.js';
import type { GeneratedAnswer, GenerateOptions, Prompt } from '../../src/engine/types/engineTypes.js';
import { randomNeurons } from '../../src/neurons/controls/randomNeurons.js';
import type { NeuronIndex } from '../../src/neurons/analysis/NeuronAnalysis.js';
import { maskOf } from '../helpers/maskOf.js';
import { embeddedModel } from '../helpers/models.js';

const texts = ['The farmer', 'Everyone has the right', 'Der Lehrer liest', 'La niña', 'The old man and'];
const conditions = 11;

describe('many conditions in one batch', () => {
    let engine: MeasuredEngine;
    /** The whole model, and ten edits that each take a tenth of every layer. */
    let edits: (NeuronMask | undefined)[];
    beforeAll(async () => {
        engine = await MeasuredEngine.open({
            model: embeddedModel,
            gpu: 'off',
            batchSize: 128,
            contextSize: 4096,
        });
        const widths = engine.sites.map(({ width }) => width);
        const tenth = widths.flatMap((width, i) => Array.from({ length: width / 10 }, (_, j): NeuronIndex => [i, j]));
        edits = [
            undefined,
            ...Array.from({ length: conditions - 1 }, (_, k) => maskOf(randomNeurons(tenth, engine.sites, k), widths)),
        ];
    });
    afterAll(() => engine.close());

    async function generated(
        choice: readonly (NeuronMask | undefined)[],
        options: GenerateOptions = {},
    ): Promise<GeneratedAnswer[]> {
        const prompts = texts.flatMap((text, id) => choice.map((_, edit): Prompt => ({ text, id, edit })));
        const found: GeneratedAnswer[] = [];
        for await (const answer of engine.generate(prompts, {
            edits: choice,
            maxTokens: 24,
            ignoreEnd: true,
            ...options,
        }))
            found.push(answer);
        return found.sort((a, b) => a.edit - b.edit || a.prompt - b.prompt);
    }
    const of = (answers: readonly GeneratedAnswer[], edit: number): string[] =>
        answers.filter((one) => one.edit === edit).map(({ text }) => text);

    it('each gets, token for token, what it gets alone in a batch of the same shape', async () => {
        const together = await generated(edits);
        expect(together).toHaveLength(conditions * texts.length);
        for (const [k, edit] of edits.entries()) {
            // The same edit in every place: nothing but the edits differs from the run before.
            const alone = await generated(edits.map(() => edit));
            expect(of(alone, k), `condition ${k}`).toEqual(of(together, k));
        }
        expect(new Set(edits.map((_, k) => of(together, k).join())).size).toBe(conditions);
    });

    it('drawn answers of a condition are drawn with the numbers of the whole model', async () => {
        const drawn = await generated([undefined, undefined, edits[3]], { temperature: 0.8, seed: 5 });
        expect(of(drawn, 1)).toEqual(of(drawn, 0));
        expect(of(drawn, 2)).not.toEqual(of(drawn, 0));
    });

    it('one edit alone goes the plain way and says nearly the same', async () => {
        // Few neurons: with a tenth of them off most choices are close, and 39 of 55 answers were the same.
        const widths = engine.sites.map(({ width }) => width);
        const few = widths.flatMap((width, i) => Array.from({ length: width / 100 }, (_, j): NeuronIndex => [i, j]));
        const choice = [
            undefined,
            ...Array.from({ length: 3 }, (_, k) => maskOf(randomNeurons(few, engine.sites, k), widths)),
        ];
        const together = await generated(choice);
        let same = 0;
        for (const [edit, neurons] of choice.entries()) {
            const alone = await generated([neurons]);
            same += of(alone, 0).filter((text, i) => text === of(together, edit)[i]).length;
        }
        // Batches of other shapes round differently.
        expect(same / (choice.length * texts.length)).toBeGreaterThanOrEqual((texts.length - 1) / texts.length);
    });

    it('a condition that is not there is refused', async () => {
        const one = engine.generate([{ text: 'The', id: 0, edit: 2 }], { edits: [undefined, edits[1]] });
        await expect(one.next()).rejects.toMatchObject({ code: 'WRONG_USE' });
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
