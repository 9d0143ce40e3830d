import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Sample } from '../../src/corpus/Corpus.js';
import { MeasuredEngine } from '../../src/engine/MeasuredEngine.js';
import { embeddedModel } from '../helpers/models.js';
import { udhrSamples } from '../helpers/texts.js';
import { type GgufTensor, writeGguf } from '../helpers/writeGguf.js';

const folder = mkdtempSync(join(tmpdir(), 'language-neurons-'));
const lora = join(folder, 'lora.gguf');
const rank = 2;
let samples: Sample[];

beforeAll(async () => {
    const engine = await MeasuredEngine.open({ model: embeddedModel, gpu: 'off' });
    const { embedding } = engine.info;
    const tensors = engine.sites.flatMap(({ width }, layer): GgufTensor[] => [
        { name: `blk.${layer}.ffn_gate.weight.lora_a`, shape: [embedding, rank], data: wave(embedding * rank) },
        { name: `blk.${layer}.ffn_gate.weight.lora_b`, shape: [rank, width], data: wave(rank * width) },
    ]);
    engine.close();
    writeGguf(
        lora,
        {
            'general.type': { string: 'adapter' },
            'general.architecture': { string: 'llama' },
            'adapter.type': { string: 'lora' },
            'adapter.lora.alpha': { f32: rank },
        },
        tensors,
    );
    samples = await udhrSamples(['en', 'th'], '29-29');
});
afterAll(() => rmSync(folder, { recursive: true }));

function wave(length: number): Float32Array {
    return Float32Array.from({ length }, (_, i) => Math.sin(1 + i) / 10);
}

it('a LoRA adapter on the gate is counted as the eval callback counts it', async () => {
    const [adapter, callback, base] = [
        await MeasuredEngine.open({ model: embeddedModel, gpu: 'off', loras: [{ path: lora }] }),
        await MeasuredEngine.open({
            model: embeddedModel,
            gpu: 'off',
            loras: [{ path: lora }],
            callbackTensor: 'ffn_gate',
        }),
        await MeasuredEngine.open({ model: embeddedModel, gpu: 'off' }),
    ];
    try {
        const counted = await adapter.count(samples);
        expect(counted.counts).toEqual((await callback.count(samples)).counts);
        expect(counted.counts).not.toEqual((await base.count(samples)).counts);
        expect(adapter.fingerprint).not.toBe(base.fingerprint);
    } finally {
        for (const engine of [adapter, callback, base]) engine.close();
    }
});

it('its scale is part of the model', async () => {
    const scores = [];
    for (const loras of [[], [{ path: lora, scale: 0 }], [{ path: lora, scale: 0.5 }], [{ path: lora, scale: 1 }]]) {
        const engine = await MeasuredEngine.open({ model: embeddedModel, gpu: 'off', loras });
        scores.push((await engine.score(samples)).logProbability);
        engine.close();
    }
    expect(scores[1]).toBe(scores[0]);
    expect(new Set(scores).size).toBe(3);
});
