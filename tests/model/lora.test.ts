import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import type { Sample } from '../../src/corpus/Corpus.js';
import { MeasuredEngine } from '../helpers/MeasuredEngine.js';
import { loraPairs, writeLora } from '../helpers/loraAdapters.js';
import { embeddedModel } from '../helpers/models.js';
import { udhrSamples } from '../helpers/texts.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const folder = temporaryFolder();
const lora = join(folder, 'lora.gguf');
let samples: Sample[];

beforeAll(async () => {
    writeLora(lora, await loraPairs(embeddedModel, /ffn_gate\.weight$/));
    samples = await udhrSamples(['en', 'th'], '29-29');
});

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
