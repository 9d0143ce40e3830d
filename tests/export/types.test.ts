import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { Engine } from '../../src/engine/Engine.js';
import { neuronsAt } from '../../src/engine/types/Site.js';
import { exportModel } from '../../src/export/exportModel.js';
import { blockTypes } from '../../src/gguf/blockTypes.js';
import { readGguf } from '../../src/gguf/GgufFile.js';
import { GgmlBlocks, noGgml } from '../helpers/ggmlBlocks.js';
import { LlamaLibraries } from '../helpers/LlamaLibraries.js';
import { maskOf } from '../helpers/maskOf.js';
import { everyNth } from '../helpers/neuronSets.js';
import { writeTyped } from '../helpers/typedModel.js';
import { twoThreads } from '../helpers/threads.mjs';
import { someSource } from '../helpers/analysed.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const folder = temporaryFolder();

const tokens = Int32Array.from({ length: 24 }, (_, i) => (i * 37 + 11) % 64);
const types = Object.entries(blockTypes).map(([number, type]) => ({ number: Number(number), type, name: type.name }));
const title = 'a model of each block type, edited, under the unpatched llama.cpp';

describe.skipIf(noGgml !== undefined)(`${title}${noGgml === undefined ? '' : ` (skipped: ${noGgml})`}`, () => {
    let ggml: GgmlBlocks;
    let libraries: LlamaLibraries;
    beforeAll(async () => {
        ggml = new GgmlBlocks();
        libraries = await LlamaLibraries.build(folder);
    });

    it.each(types)('has the logits of our mask, bit for bit, and zeros for rows: $name', async ({ number, type }) => {
        const [model, out] = [join(folder, 'model.gguf'), join(folder, `${type.name}.gguf`)];
        writeTyped(model, number, type, ggml);
        const { sites, masked, whole, neurons } = await (async () => {
            using engine = await Engine.open({ model, gpu: 'off', threads: twoThreads });
            const { sites } = engine;
            const neurons = everyNth(sites, 5);
            const edit = maskOf(neurons, sites.map(neuronsAt));
            const [masked, whole] = [await engine.logits(tokens, { edit }), await engine.logits(tokens)];
            return { sites, masked, whole, neurons };
        })();
        const edits = [{ neurons, scale: 0, label: 'every fifth' }];
        await exportModel({ model, analysis: { widths: sites.map(neuronsAt), sites, source: someSource }, edits, out });

        const bytesOf = (logits: Float32Array): Buffer =>
            Buffer.from(logits.buffer, logits.byteOffset, logits.byteLength);
        const edited = libraries.logits('theirs', out, [...tokens]);
        expect(edited.equals(bytesOf(masked))).toBe(true);
        expect(masked.every(Number.isFinite)).toBe(true);
        const most = Math.max(...whole.map(Math.abs));
        expect(Math.max(...whole.map((logit, i) => Math.abs(logit - masked[i]!))) / most).toBeGreaterThan(1e-2);

        const { tensors } = await readGguf(out);
        const { offset, shape } = tensors.get('blk.1.ffn_gate.weight')!;
        const [width, rows] = shape as [number, number];
        const bytes = ((width * rows) / type.weights) * type.bytes;
        const weights = ggml.weights(number, readFileSync(out).subarray(offset, offset + bytes));
        const zeros = Array.from({ length: rows }, (_, row) =>
            weights.subarray(row * width, (row + 1) * width).every((weight) => weight === 0),
        );
        expect(zeros.flatMap((zero, row) => (zero ? [row] : []))).toEqual(
            neurons.filter(([site]) => site === 1).map(([, neuron]) => neuron),
        );
        rmSync(out);
    });
});
