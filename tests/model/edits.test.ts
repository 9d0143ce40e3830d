import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { AffineEdit, NeuronEdit, TextEdit } from '../../src/engine/types/edits.js';
import { Engine } from '../../src/engine/Engine.js';
import type { Samples, TextScore } from '../../src/engine/types/engineTypes.js';
import { MeasuredEngine, type MeasuredOptions } from '../helpers/MeasuredEngine.js';
import { neuronsAt } from '../../src/engine/types/Site.js';
import type { NeuronIndex } from '../../src/neurons/analysis/NeuronAnalysis.js';
import { maskOf } from '../helpers/maskOf.js';
import { everyNth } from '../helpers/neuronSets.js';
import { halvedIntoPrompts, udhrSamples } from '../helpers/texts.js';
import { fillRow } from '../helpers/fillRow.js';
import { embeddedModel } from '../helpers/models.js';
import { writeUngated, writeWidths } from '../helpers/syntheticModels.js';
import { writeUnquantized } from '../helpers/unquantized.js';
import { writeUpcycled } from '../helpers/upcycled.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const folder = temporaryFolder();
const unquantized = join(folder, 'unquantized.gguf');
const mixture = join(folder, 'mixture.gguf');
const experts = 4;
/** Of a text's log-probability between two orders of the same arithmetic in F32, a token. */
const rounding = 1e-4;

beforeAll(async () => {
    await writeUnquantized(embeddedModel, unquantized);
    await writeUpcycled(unquantized, mixture, experts);
});

/** Every third neuron halved, every fifth one raised by 0.3, some of them both. */
function affine(sizes: readonly number[]): { factors: Float32Array[]; offsets: Float32Array[] } {
    return {
        factors: sizes.map((size) => Float32Array.from({ length: size }, (_, j) => (j % 3 === 0 ? 0.5 : 1))),
        offsets: sizes.map((size) => Float32Array.from({ length: size }, (_, j) => (j % 5 === 0 ? 0.3 : 0))),
    };
}

const sizesOf = (engine: Engine): number[] => engine.sites.map(neuronsAt);

async function withEngine<T>(
    options: Partial<MeasuredOptions>,
    work: (engine: MeasuredEngine) => Promise<T>,
): Promise<T> {
    const engine = await MeasuredEngine.open({ model: unquantized, gpu: 'off', ...options });
    try {
        return await work(engine);
    } finally {
        engine.close();
    }
}

const perToken = ({ logProbability, tokens }: TextScore): number => logProbability / tokens;

describe('factors and offsets of activations', () => {
    let samples: Samples;
    beforeAll(async () => {
        samples = halvedIntoPrompts(await udhrSamples(['en', 'de', 'zh'], '28-28'));
    });

    it('of 0 and 1 are a mask, bit for bit', async () => {
        await withEngine({}, async (engine) => {
            const off = sizesOf(engine).flatMap((_, site) => [0, 7, 200].map((j): NeuronIndex => [site, j]));
            const mask = maskOf(off, sizesOf(engine));
            const factors = mask.map((site) => Float32Array.from(site, (one) => 1 - one));
            expect(await engine.score(samples, { edit: { factors } })).toEqual(
                await engine.score(samples, { edit: mask }),
            );
        });
    });

    it('give the same scores by one operation of ours as by several of ggml', async () => {
        const scoreBy = (counting: 'fused' | 'repeat', model: string): Promise<number[]> =>
            withEngine({ counting, model }, async (engine) => {
                const edit = affine(sizesOf(engine));
                const alone = await engine.score(samples, { edit });
                const own = await engine.score(samples, { edit: { edits: [undefined, edit], at: () => 1 } });
                return [...alone.texts, ...own.texts].map(perToken);
            });
        for (const model of [unquantized, mixture]) {
            const [fused, stock] = [await scoreBy('fused', model), await scoreBy('repeat', model)];
            for (const [i, score] of fused.entries()) expect(Math.abs(score - stock[i]!)).toBeLessThan(rounding);
            const whole = await withEngine({ model }, async (engine) =>
                (await engine.score(samples)).texts.map(perToken),
            );
            for (const [i, score] of whole.entries()) expect(Math.abs(score - fused[i]!)).toBeGreaterThan(0.01);
        }
    });

    it("on every expert's copy of an FFN do what they do on the FFN", async () => {
        const dense = await withEngine({}, (engine) => engine.score(samples, { edit: affine(sizesOf(engine)) }));
        const routed = await withEngine({ model: mixture }, (engine) => {
            const one = affine(sizesOf(engine).map((size) => size / experts));
            const copied = (sites: readonly Float32Array[]): Float32Array[] =>
                sites.map((site) =>
                    Float32Array.from({ length: experts * site.length }, (_, j) => site[j % site.length]!),
                );
            return engine.score(samples, { edit: { factors: copied(one.factors), offsets: copied(one.offsets) } });
        });
        for (const [i, text] of dense.texts.entries())
            expect(Math.abs(perToken(text) - perToken(routed.texts[i]!))).toBeLessThan(rounding);
    });

    it('an offset of an ungated neuron is what its column of the down projection adds', async () => {
        const path = join(folder, 'ungated.gguf');
        writeUngated(path, 1, 48);
        const tokens = Int32Array.from({ length: 40 }, (_, i) => (7 * i + 3) % 60);
        await withEngine({ model: path, windowSize: 64 }, async (engine) => {
            const edit = (value: number): AffineEdit => ({
                factors: [new Float32Array(48).fill(1)],
                offsets: [Float32Array.from({ length: 48 }, (_, j) => (j === 11 ? value : 0))],
            });
            const logits = async (value: number): Promise<Float32Array> => engine.logits(tokens, { edit: edit(value) });
            const whole = await engine.logits(tokens);
            expect(await logits(0)).toEqual(whole);
            // One layer: what is added to the residual stream does not depend on the token, and grows with the offset.
            const [once, twice] = [await logits(1e-3), await logits(2e-3)];
            for (const [i, logit] of whole.entries()) {
                const change = once[i]! - logit;
                expect(Math.abs(twice[i]! - logit - 2 * change)).toBeLessThan(1e-4);
            }
            expect(once).not.toEqual(whole);
        });
    });

    it('0 times infinity is 0: a deactivated neuron is out whatever it was', async () => {
        const [infinite, zero] = [join(folder, 'infinite.gguf'), join(folder, 'zero.gguf')];
        const neuron = 9;
        for (const [path, value] of [
            [infinite, 1e30],
            [zero, 0],
        ] as const) {
            writeWidths(path, [64]);
            for (const tensor of ['blk.0.ffn_gate.weight', 'blk.0.ffn_up.weight'])
                await fillRow(path, tensor, neuron, value);
        }
        const tokens = Int32Array.from({ length: 24 }, (_, i) => (5 * i + 1) % 60);
        for (const counting of ['fused', 'repeat'] as const) {
            const without = await withEngine({ model: zero, windowSize: 64, counting }, (engine) =>
                engine.logits(tokens),
            );
            await withEngine({ model: infinite, windowSize: 64, counting }, async (engine) => {
                expect((await engine.logits(tokens)).every(Number.isFinite)).toBe(false);
                const edit = maskOf([[0, neuron]], sizesOf(engine));
                expect(await engine.logits(tokens, { edit })).toEqual(without);
            });
        }
    });
});

describe('edits of some tokens of a text', () => {
    const where = (prompt: number, response: number, edit: AffineEdit): TextEdit => ({
        edits: [undefined, edit],
        at: (position, promptLength) => (position < promptLength ? prompt : response),
    });

    it('change scores by where they are, and everywhere are the same as one edit for all', async () => {
        const samples = halvedIntoPrompts(await udhrSamples(['en', 'th'], '28-29'));
        await withEngine({}, async (engine) => {
            const edit = affine(sizesOf(engine));
            const score = async (condition: TextEdit): Promise<number> =>
                (await engine.score(samples, { edit: condition })).logProbability;
            const whole = await score(undefined);
            const all = await score(edit);
            const [neither, prompt, response, both] = [
                await score(where(0, 0, edit)),
                await score(where(1, 0, edit)),
                await score(where(0, 1, edit)),
                await score(where(1, 1, edit)),
            ];
            expect(Math.abs(neither - whole) / Math.abs(whole)).toBeLessThan(rounding);
            expect(Math.abs(both - all) / Math.abs(all)).toBeLessThan(rounding);
            for (const one of [prompt, response]) {
                expect(Math.abs(one - whole)).toBeGreaterThan(1);
                expect(Math.abs(one - all)).toBeGreaterThan(1);
            }
        });
    });

    it('text by text: each text has its own, as if it were scored alone, its prompt being its own too', async () => {
        const [sample] = halvedIntoPrompts(await udhrSamples(['en'], '28-28'));
        const samples = [sample!, sample!, sample!, { ...sample!, prompt: '' }]; // the first three begin alike
        await withEngine({}, async (engine) => {
            const off = maskOf(everyNth(engine.sites, 9), sizesOf(engine));
            const edits: NeuronEdit[] = [undefined, affine(sizesOf(engine)), off];
            const own = [2, 0, 1, 1];
            const edit = { edits, at: (_: number, _length: number, text: number) => own[text]! };
            const together = await engine.score(samples, { edit });
            for (const [text, sample] of samples.entries()) {
                const alone = await engine.score([sample], { edit: edits[own[text]!] });
                expect(Math.abs(perToken(together.texts[text]!) - perToken(alone.texts[0]!))).toBeLessThan(rounding);
            }
            const [without, whole, changed] = together.texts.map(perToken);
            for (const one of [without, changed]) expect(Math.abs(one! - whole!)).toBeGreaterThan(0.01);
            const alike = await engine.score(samples.slice(0, 3)); // one edit for all: the prompt is computed once
            expect(alike.decodedTokens).toBeLessThan((await engine.score(samples.slice(0, 3), { edit })).decodedTokens);
        });
    });

    it("an edit of the response alone leaves an answer's first token, and one of the prompt changes it", async () => {
        await withEngine({ contextSize: 2048 }, async (engine) => {
            const strong: AffineEdit = {
                factors: sizesOf(engine).map((size) =>
                    Float32Array.from({ length: size }, (_, j) => (j % 2 === 0 ? -1 : 1)),
                ),
            };
            const asked = ['The farmer', 'Der Lehrer'].flatMap((text, id) =>
                [0, 1].map((edit) => ({ text, id, edit })),
            );
            const answersOf = async (edits: readonly TextEdit[]): Promise<string[]> => {
                const answers = new Map<string, string>();
                for await (const { prompt, edit, text } of engine.generate(asked, { edits, maxTokens: 12 }))
                    answers.set(`${prompt} ${edit}`, text);
                return [...answers].sort().map(([, text]) => text);
            };
            const firstOf = async (edit: TextEdit): Promise<string[]> => {
                const firsts: string[] = [];
                for await (const { prompt, text } of engine.generate(['The farmer', 'Der Lehrer'], {
                    edits: [edit],
                    maxTokens: 1,
                }))
                    firsts[prompt] = text;
                return firsts;
            };
            expect(await firstOf(where(0, 1, strong))).toEqual(await firstOf(undefined));
            expect(await firstOf(where(1, 0, strong))).toEqual(await firstOf(strong));
            const [a, b, c] = [where(0, 1, strong), where(1, 0, strong), where(1, 1, strong)];
            const [together, alone] = [await answersOf([a, b]), [await answersOf([a, a]), await answersOf([b, b])]];
            expect([together[0], together[2]]).toEqual([alone[0]![0], alone[0]![2]]);
            expect([together[1], together[3]]).toEqual([alone[1]![1], alone[1]![3]]);
            expect(await answersOf([a, c])).not.toEqual(together);
        });
    });

    it('a token that asks for an edit that is not there is refused', async () => {
        await withEngine({}, async (engine) => {
            const lost: TextEdit = { edits: [undefined], at: () => 1 };
            const samples = await udhrSamples(['en'], '28-28');
            await expect(engine.score(samples, { edit: lost })).rejects.toMatchObject({ code: 'WRONG_USE' });
        });
    });
});
