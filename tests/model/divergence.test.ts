import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Sample } from '../../src/corpus/Corpus.js';
import type { EditsByToken, NeuronEdit } from '../../src/engine/types/edits.js';
import type { ScoreResult } from '../../src/engine/types/engineTypes.js';
import { Engine } from '../../src/engine/Engine.js';
import { KeptLogits } from '../../src/engine/passes/KeptLogits.js';
import { embeddedModel } from '../helpers/models.js';
import { udhrSamples } from '../helpers/texts.js';
import { writeWidths } from '../helpers/syntheticModels.js';
import { writeUnquantized } from '../helpers/unquantized.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

interface Compared {
    readonly divergence: number;
    readonly agreed: number;
    readonly logProbability: number;
    readonly tokens: number;
}

/** The same from all logits of two passes: KL = Σ p (log p − log q), each logarithm by its own sum, in float64. */
async function fromLogits(engine: Engine, reference: Engine, text: string, edit?: NeuronEdit): Promise<Compared> {
    const tokens = [...(await engine.tokenize(text))];
    const targets = engine.info.bos >= 0 ? tokens : tokens.slice(1);
    const [p, q] = [await reference.logits(text), await engine.logits(text, edit && { edit })];
    const width = engine.info.vocabulary;
    let [divergence, agreed, logProbability] = [0, 0, 0];
    for (const [row, target] of targets.entries()) {
        const rows = [p, q].map((all) => Array.from(all.subarray(row * width, (row + 1) * width)));
        const [logP, logQ] = rows.map((logits) => {
            const logSum = Math.log(logits.reduce((sum, x) => sum + Math.exp(x), 0));
            return logits.map((x) => x - logSum);
        }) as [number[], number[]];
        divergence += logP.reduce((sum, x, i) => sum + Math.exp(x) * (x - logQ[i]!), 0);
        logProbability += logQ[target]!;
        agreed += rows[0]!.indexOf(Math.max(...rows[0]!)) === rows[1]!.indexOf(Math.max(...rows[1]!)) ? 1 : 0;
    }
    return { divergence, agreed, logProbability, tokens: targets.length };
}

describe('scores beside a reference', () => {
    const folder = temporaryFolder();
    const alike = { gpu: 'off', batchSize: 512, windowSize: 400 } as const;
    let [engine, unquantized]: Engine[] = [];
    let samples: Sample[];
    let edit: NeuronEdit;
    beforeAll(async () => {
        engine = await Engine.open({ model: embeddedModel, ...alike });
        const model = await writeUnquantized(embeddedModel, join(folder, 'unquantized.gguf'));
        unquantized = await Engine.open({ model, ...alike });
        samples = (await udhrSamples(['en', 'de'], '25-28')).map((sample) => ({
            ...sample,
            response: sample.response.slice(0, 250),
        }));
        edit = engine.sites.map(({ width }) => Uint8Array.from({ length: width }, (_, i) => (i % 7 === 0 ? 0 : 1)));
    });
    afterAll(() => {
        engine!.close();
        unquantized!.close();
    });

    it('are 0 exactly beside the model itself', async () => {
        const { texts, ...all } = await engine!.score(samples, { reference: engine! });
        expect(all.divergence).toBe(0);
        expect(all.agreed).toBe(all.tokens);
        expect(all.tokens).toBeGreaterThan(500);
        expect(texts.map(({ divergence }) => divergence)).toEqual(samples.map(() => 0));
        const plain = await engine!.score(samples);
        expect(plain).not.toHaveProperty('divergence');
        expect(all.logProbability / plain.logProbability).toBeCloseTo(1, 7); // its softmax is in F32
        const twin = await Engine.open({ model: embeddedModel, ...alike });
        expect((await engine!.score(samples, { reference: twin })).divergence).toBe(0);
        twin.close();
    });

    it('are those of all logits, with an edit and beside another file, text by text', async () => {
        const texts = samples.filter((_, i) => i % 3 === 0);
        for (const [reference, edited] of [
            [engine!, edit],
            [unquantized!, undefined],
            [unquantized!, edit],
        ] as const) {
            const together = await engine!.score(texts, { reference, edit: edited });
            for (const [i, sample] of texts.entries()) {
                const expected = await fromLogits(engine!, reference, sample.response, edited);
                const one = await engine!.score([sample], { reference, edit: edited });
                expect(one.tokens).toBe(expected.tokens);
                expect(one.agreed).toBe(expected.agreed);
                expect(expected.divergence / expected.tokens).toBeGreaterThan(1e-5);
                expect(one.divergence! / expected.divergence).toBeCloseTo(1, 9);
                expect(one.logProbability / expected.logProbability).toBeCloseTo(1, 9);
                // In one batch with others its activations are rounded otherwise.
                expect(together.texts[i]!.tokens).toBe(one.tokens);
                expect(together.texts[i]!.divergence! / one.divergence!).toBeCloseTo(1, 2);
            }
        }
    });

    it('do not depend on the batch, up to rounding', async () => {
        const [whole, ...others] = await Promise.all(
            [512, 96].map(async (batchSize) => {
                const model = unquantized!.path;
                using one = await Engine.open({ model, gpu: 'off', batchSize, windowSize: 200 });
                return await one.score(samples, { reference: one, edit });
            }),
        );
        for (const other of others) {
            expect(other.tokens).toBe(whole!.tokens);
            expect(other.divergence! / whole!.divergence!).toBeCloseTo(1, 4);
        }
        // A reference with smaller batches: both go through the same ones.
        using small = await Engine.open({ model: unquantized!.path, gpu: 'off', batchSize: 96, windowSize: 400 });
        const [beside, alone] = [
            await unquantized!.score(samples, { reference: small, edit }),
            await unquantized!.score(samples, { reference: unquantized!, edit }),
        ];
        expect(beside.divergence! / alone.divergence!).toBeCloseTo(1, 4);
    });

    describe('under several edits', () => {
        /** Tokens that a reference decodes while work is done. */
        async function decodedBy(reference: Engine, work: () => Promise<unknown>): Promise<number> {
            const { native } = reference.passes.context;
            const alone = vi.spyOn(native, 'targetLogits');
            const beside = vi.spyOn(engine!.passes.context.native, 'compare');
            for (const spy of [alone, beside]) spy.mockClear();
            await work();
            const batches = [...alone.mock.calls, ...beside.mock.calls].map(([batch]) => batch);
            for (const spy of [alone, beside]) spy.mockRestore();
            return batches.reduce((sum, { tokens }) => sum + tokens.length, 0);
        }

        /** Another mask. */
        const third = (): NeuronEdit =>
            engine!.sites.map(({ width }) => Uint8Array.from({ length: width }, (_, i) => (i % 3 === 0 ? 1 : 0)));

        it('are the same where the reference is kept, which then decodes the texts once', async () => {
            const reference = unquantized!;
            const edits = [edit, third()];
            const expected: ScoreResult[] = [];
            for (const one of edits) expected.push(await engine!.score(samples, { reference, edit: one }));
            const kept = new KeptLogits();
            const found: unknown[] = [];
            const decoded = await decodedBy(reference, async () => {
                for (const one of edits) found.push(await engine!.score(samples, { reference, edit: one, kept }));
            });
            expect(found).toEqual(expected);
            expect(decoded).toBe(expected[0]!.decodedTokens);
            // another reference, and more than the space holds, are decoded anew
            const itself = await engine!.score(samples, { reference: engine!, edit });
            expect(await engine!.score(samples, { reference: engine!, edit, kept })).toEqual(itself);
            const small = new KeptLogits(1000 * engine!.info.vocabulary);
            const again = await decodedBy(reference, async () => {
                for (const [i, one] of edits.entries())
                    expect(await engine!.score(samples, { reference, edit: one, kept: small })).toEqual(expected[i]);
            });
            expect(again).toBe(2 * expected[0]!.decodedTokens);
        });

        it('are the same where an edit packs the texts otherwise from some batch on', async () => {
            const reference = unquantized!;
            const some = samples.slice(0, 6);
            const prompt = samples[0]!.response.slice(0, 60); // short: a shared one fits a window with its text
            const shared = some.map(({ language, response }) => ({
                language,
                prompt,
                response: response.slice(0, 60),
            }));
            const texts = [...some, ...shared];
            // Prompts of one edit go through once, those of several edits one by one.
            const byText: EditsByToken = { edits: [edit, third()], at: (_position, _length, text) => text % 2 };
            const expected = await engine!.score(texts, { reference, edit: byText });
            const plain = await engine!.score(texts, { reference, edit });
            expect(expected.decodedTokens).toBeGreaterThan(plain.decodedTokens);
            const kept = new KeptLogits();
            expect(await engine!.score(texts, { reference, edit, kept })).toEqual(plain);
            expect(await engine!.score(texts, { reference, edit: byText, kept })).toEqual(expected);
            expect(await engine!.score(shared, { reference, edit, kept })).toEqual(
                await engine!.score(shared, { reference, edit }),
            );
        });

        it('go on after a pass that was stopped', async () => {
            const reference = unquantized!;
            const kept = new KeptLogits();
            const stop = new AbortController();
            const stopped = engine!.score(samples, {
                ...{ reference, edit, kept, signal: stop.signal },
                onBatch: () => stop.abort(),
            });
            await expect(stopped).rejects.toMatchObject({ code: 'ABORTED' });
            const expected = await engine!.score(samples, { reference, edit });
            expect(await engine!.score(samples, { reference, edit, kept })).toEqual(expected);
        });
    });

    it('refuse another vocabulary and smaller windows by name', async () => {
        const path = join(folder, 'other.gguf');
        writeWidths(path, [64, 96]);
        using other = await Engine.open({ model: path, gpu: 'off' });
        await expect(engine!.score(samples, { reference: other })).rejects.toMatchObject({
            code: 'MISMATCH',
            message: expect.stringMatching(/base\.gguf: its vocabulary is not that of the reference .*other\.gguf/),
        });
        using narrow = await Engine.open({ model: embeddedModel, gpu: 'off', windowSize: 100 });
        await expect(engine!.score(samples, { reference: narrow })).rejects.toMatchObject({
            code: 'WRONG_USE',
            message: expect.stringContaining('windowSize'),
        });
        // Neither stops the engine.
        expect((await engine!.score(samples.slice(0, 1))).tokens).toBeGreaterThan(0);
    });

    it('stop when they are told to, and end with the engine', async () => {
        const stop = new AbortController();
        const onBatch = (): void => stop.abort();
        await expect(
            engine!.score([...samples, ...samples], { reference: engine!, edit, signal: stop.signal, onBatch }),
        ).rejects.toMatchObject({ code: 'ABORTED' });
        expect((await engine!.score(samples, { reference: engine! })).divergence).toBe(0);
        const own = await Engine.open({ model: embeddedModel, ...alike });
        await own.score(samples.slice(0, 1), { reference: own });
        expect(await own.stepDown()).toBe(true); // its second context too
        expect((await own.score(samples.slice(0, 1), { reference: own })).divergence).toBe(0);
        const last = own.score(samples, { reference: own });
        own.close();
        await expect(last).rejects.toMatchObject({ code: 'CLOSED' });
    });
});
