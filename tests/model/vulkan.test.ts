import { describe, expect, it } from 'vitest';
import { Engine } from '../../src/engine/Engine.js';
import { maskOf } from '../../src/experiments/conditions.js';
import { embeddedModel } from '../helpers/models.js';
import { flippedShare, udhrSamples } from '../helpers/texts.js';
import { vulkan } from '../helpers/vulkan.js';

const backend = await vulkan();
const reason = typeof backend === 'string' ? ` (skipped: ${backend})` : '';

/**
 * Most signs that may differ between the software device and the CPU: its matrix products round to F16
 * where the CPU keeps F32. Measured: 1.1e-3 on the embedded model.
 */
const differingDevices = 3e-3;

describe.skipIf(typeof backend === 'string')(`counting on a Vulkan device${reason}`, () => {
    // The software device is slow; a few short texts are enough to cross every kernel.
    const options = { model: embeddedModel, gpu: 'vulkan', batchSize: 128 } as const;

    it.each(['automatic', 'repeat', 'transpose'] as const)('%s equals the eval callback on the same device, integer for integer', async (counting) => {
        const samples = await udhrSamples(['en', 'zh'], '29-29');
        const [adapter, callback] = [await Engine.open({ ...options, counting }), await Engine.open({ ...options, callbackTensor: 'ffn_gate' })];
        try {
            expect(adapter.layers.every((layer) => layer.counting !== 'fused')).toBe(true);
            const [own, reference] = [await adapter.count(samples), await callback.count(samples)];
            expect(own.counts).toEqual(reference.counts);
            expect(own.counts.some((layer) => layer.some((count) => count > 0n && count < own.tokens))).toBe(true);
        } finally {
            adapter.close();
            callback.close();
        }
    });

    it('agrees with the CPU but for signs near zero, and adds no split to the graph', async () => {
        const samples = await udhrSamples(['en', 'zh'], '29-29');
        const [device, host] = [await Engine.open(options), await Engine.open({ ...options, gpu: 'off' })];
        try {
            const [there, here] = [await device.count(samples), await host.count(samples)];
            expect(there.tokens).toBe(here.tokens);
            const share = flippedShare(there.counts, here.counts, here.tokens);
            console.log(`Vulkan against CPU: ${share.toExponential(1)} of the signs differ`);
            expect(share).toBeLessThan(differingDevices);

            const plain = { count: false, mask: false, masks: false, score: false, logits: true, unread: false };
            const splits = await device.graphSplits(plain);
            expect(await device.graphSplits({ ...plain, count: true })).toBe(splits);
            expect(await device.graphSplits({ ...plain, mask: true })).toBe(splits);
            expect(await device.graphSplits({ ...plain, masks: true })).toBe(splits);
            expect(await device.graphSplits({ ...plain, score: true })).toBe(splits);
        } finally {
            device.close();
            host.close();
        }
    });

    // Moving the compute buffers on a mode change makes lavapipe 22.3 use the old ones after they are freed.
    it('counts, scores and masks in turn on one engine, each time the same', async () => {
        const samples = await udhrSamples(['en'], '29-29');
        const engine = await Engine.open(options);
        try {
            const widths = engine.layers.map(({ width }) => width);
            const mask = maskOf(widths.map((_, i) => [i, 0] as const), widths);
            const round = async () => [await engine.count(samples), await engine.score(samples), await engine.score(samples, { mask })];
            const first = await round();
            expect(await round()).toEqual(first);
            await engine.graphSplits({ count: true, mask: true, masks: false, score: true, logits: true, unread: false });
            expect(await round()).toEqual(first);
        } finally {
            engine.close();
        }
    });

    it('scores and masks as the CPU does', async () => {
        const samples = await udhrSamples(['en'], '29-29');
        const [device, host] = [await Engine.open(options), await Engine.open({ ...options, gpu: 'off' })];
        try {
            const mask = maskOf(device.layers.flatMap(({ width }, i) => Array.from({ length: width / 4 }, (_, j) => [i, 4 * j] as const)), device.layers.map(({ width }) => width));
            for (const choice of [{}, { mask }]) {
                const [there, here] = [await device.score(samples, choice), await host.score(samples, choice)];
                expect(there.tokens).toBe(here.tokens);
                expect(Math.abs(there.logProbability / here.logProbability - 1)).toBeLessThan(1e-3);
            }
        } finally {
            device.close();
            host.close();
        }
    });
});
