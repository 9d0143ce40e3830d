import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Sample } from '../../src/corpus/Corpus.js';
import type { NativeCounting } from '../../src/engine/native/addon.js';
import type { CountResult } from '../../src/engine/types/engineTypes.js';
import { MeasuredEngine } from '../helpers/MeasuredEngine.js';
import { publicModels } from '../helpers/models.js';
import { counting, mixedBatch, openNative } from '../helpers/native.js';
import { writeUngated, writeWidths } from '../helpers/syntheticModels.js';
import { halvedIntoPrompts, udhrSamples } from '../helpers/texts.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const ways: readonly NativeCounting[] = ['automatic', 'fused', 'repeat', 'transpose'];

for (const { name, path, here } of publicModels) {
    describe.skipIf(!here)(`counts on ${name} equal the eval callback's, integer for integer`, () => {
        const options = { model: path, gpu: 'off', batchSize: 128 } as const;
        let samples: Sample[];
        let reference: CountResult;
        beforeAll(async () => {
            const texts = await udhrSamples(['en', 'zh'], '28-29');
            samples = [...texts, ...halvedIntoPrompts(texts)];
            using callback = await MeasuredEngine.open({ ...options, callbackTensor: 'ffn_gate' });
            reference = await callback.count(samples);
        });

        it.each(ways)('%s, texts and prompts with responses', async (way) => {
            using adapter = await MeasuredEngine.open({ ...options, counting: way });
            const own = await adapter.count(samples);
            expect(own.tokens).toBeGreaterThan(0n);
            expect(own.tokens).toBe(reference.tokens);
            expect(own.decodedTokens).toBeGreaterThan(Number(own.tokens)); // prompts are decoded, not counted
            expect(own.counts).toEqual(reference.counts);
            expect(own.counts.some((layer) => layer.some((count) => count > 0n && count < own.tokens))).toBe(true);
        });
    });
}

describe('layers of every kind, against the eval callback', () => {
    const folder = temporaryFolder();
    const widths = [64, 96, 160, 32];
    beforeAll(() => {
        writeWidths(join(folder, 'widths.gguf'), widths);
        writeUngated(join(folder, 'ungated.gguf'), 3, 128);
    });

    it.each([
        { file: 'widths.gguf', tensor: 'ffn_gate', expected: widths, gated: true },
        { file: 'ungated.gguf', tensor: 'ffn_up_b', expected: [128, 128, 128], gated: false },
    ])('$file', async ({ file, tensor, expected, gated }) => {
        const model = await openNative(join(folder, file));
        const batches = [1, 2, 3].map((seed) => mixedBatch(model.info().vocabulary, seed));
        const reference = await counting(model, { callbackTensor: tensor }, async (context) => {
            for (const batch of batches) await context.decode(batch);
            return context.counts();
        });
        for (const way of ways) {
            await counting(model, { counting: way }, async (context) => {
                expect(context.sites().map(({ width }) => width)).toEqual(expected);
                expect(context.sites().every((layer) => layer.gated === gated)).toBe(true);
                for (const batch of batches) await context.decode(batch);
                const counted = await context.counts();
                expect(counted).toEqual(reference);
                expect(counted.tokens).toBe(BigInt(3 * batches[0]!.counted.reduce((sum, one) => sum + one, 0)));
                await context.reset();
                expect((await context.counts()).counts.every((layer) => layer.every((count) => count === 0n))).toBe(
                    true,
                );
            });
        }
        model.close();
    });

    it('a prompt alone counts nothing', async () => {
        const model = await openNative(join(folder, 'widths.gguf'));
        await counting(model, {}, async (context) => {
            const batch = mixedBatch(model.info().vocabulary, 1);
            await context.decode({ ...batch, counted: batch.counted.fill(0) });
            const { counts, tokens } = await context.counts();
            expect(tokens).toBe(0n);
            expect(counts.every((layer) => layer.every((count) => count === 0n))).toBe(true);
        });
        model.close();
    });
});
