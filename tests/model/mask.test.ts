import { copyFileSync, openSync, closeSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { gguf } from '@huggingface/gguf';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Engine } from '../../src/engine/Engine.js';
import { perplexity } from '../../src/experiments/textMetrics/perplexity.js';
import type { NeuronIndex } from '../../src/neurons/analysis/NeuronAnalysis.js';
import { maskOf } from '../helpers/maskOf.js';
import { embeddedModel } from '../helpers/models.js';
import { udhrSamples } from '../helpers/texts.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const folder = temporaryFolder();
// The embedded model is Q8_0: blocks of 32 weights, an F16 scale before them. A zero scale makes zeros.
const [blockWeights, blockBytes] = [32, 34];

/** A copy of the embedded model in which the neurons' gate rows are zero. */
async function zeroed(neurons: readonly NeuronIndex[], path: string): Promise<void> {
    const { tensorInfos, tensorDataOffset } = await gguf(embeddedModel, { allowLocalFile: true });
    copyFileSync(embeddedModel, path);
    const file = openSync(path, 'r+');
    for (const [layer, neuron] of neurons) {
        const gate = tensorInfos.find(({ name }) => name === `blk.${layer}.ffn_gate.weight`)!;
        expect(gate.dtype).toBe(8); // Q8_0
        const rowBytes = (Number(gate.shape[0]) / blockWeights) * blockBytes;
        writeSync(
            file,
            Buffer.alloc(rowBytes),
            0,
            rowBytes,
            Number(tensorDataOffset) + Number(gate.offset) + neuron * rowBytes,
        );
    }
    closeSync(file);
}

describe('the edit', () => {
    let engine: Engine;
    let widths: number[];
    beforeAll(async () => {
        engine = await Engine.open({ model: embeddedModel, gpu: 'off' });
        widths = engine.sites.map(({ width }) => width);
    });
    afterAll(() => {
        engine.close();
    });

    it.each(['en', 'ja', 'th'])('gives the perplexity in %s of a model whose gate rows are zero', async (language) => {
        // every ninth neuron of every layer
        const neurons = widths.flatMap((width, layer) =>
            Array.from({ length: Math.floor(width / 9) }, (_, j): NeuronIndex => [layer, 9 * j + layer]),
        );
        const copy = join(folder, 'zeroed.gguf');
        await zeroed(neurons, copy);
        expect(readFileSync(copy).equals(readFileSync(embeddedModel))).toBe(false);
        const samples = await udhrSamples([language], '28-30');
        const whole = perplexity(await engine.score(samples));
        const masked = perplexity(await engine.score(samples, { edit: maskOf(neurons, widths) }));
        const other = await Engine.open({ model: copy, gpu: 'off' });
        const cut = perplexity(await other.score(samples));
        other.close();
        expect(masked).toBe(cut); // both write exactly 0
        expect(Math.abs(masked / whole - 1)).toBeGreaterThan(0.02); // 0.068 in th
    });

    it('of one neuron changes the score; without it the score is the same again', async () => {
        const samples = await udhrSamples(['en'], '29-29');
        const before = await engine.score(samples);
        const counts = await engine.count(samples);
        const layer = counts.counts[2]!;
        // The most active one: some that are hardly ever active write nothing, their down column being 0.
        const active = layer.reduce((most, count, neuron) => (count > layer[most]! ? neuron : most), 0);
        const masked = await engine.score(samples, { edit: maskOf([[2, active]], widths) });
        expect(masked.logProbability).not.toBe(before.logProbability);
        expect(await engine.score(samples)).toEqual(before);
        expect(await engine.score(samples, { edit: maskOf([], widths) })).toEqual(before);
    });

    it('switches between batches without a stale graph', async () => {
        const samples = await udhrSamples(['en'], '29-29');
        const sets: NeuronIndex[][] = [
            [[0, 1]],
            [
                [3, 7],
                [1, 2],
            ],
            [],
        ];
        const edits = sets.map((neurons) => maskOf(neurons, widths));
        const first = [];
        for (const edit of edits) first.push(await engine.score(samples, { edit }));
        for (const [i, edit] of edits.entries()) expect(await engine.score(samples, { edit })).toEqual(first[i]);
        expect(new Set(first.map(({ logProbability }) => logProbability)).size).toBe(edits.length);
    });

    it('scores are those of the logits', async () => {
        const text = 'The farmer eats bread in the garden.';
        const { logProbability, tokens } = await engine.score([{ language: 'en', prompt: '', response: text }]);
        const ids = [engine.info.bos, ...(await engine.tokenize(text))];
        expect(tokens).toBe(ids.length - 1);
        const logits = await engine.logits(text);
        let sum = 0;
        for (let i = 0; i + 1 < ids.length; i++) {
            const row = logits.subarray(i * engine.info.vocabulary, (i + 1) * engine.info.vocabulary);
            const most = row.reduce((a, b) => Math.max(a, b), -Infinity);
            sum += row[ids[i + 1]!]! - most - Math.log(row.reduce((total, x) => total + Math.exp(x - most), 0));
        }
        // 7e-9; the sum's parts are F32, which by itself leaves 3e-8 of each.
        expect(Math.abs(logProbability - sum)).toBeLessThan(3e-8 * Math.abs(sum));
    });
});
