import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readActivations } from '../../src/activations/activationsFile.js';
import { type ActivationValues, readValues } from '../../src/activations/ActivationValues.js';
import { exportVector } from '../../src/export/exportVector.js';
import { readGguf } from '../../src/gguf/GgufFile.js';
import type { NeuronAnalysis } from '../../src/neurons/analysis/NeuronAnalysis.js';
import { readNeurons } from '../../src/neurons/analysis/neuronsFile.js';
import { neuronsOf } from '../../src/neurons/sets/neuronsOf.js';
import { commandHere } from '../helpers/commandHere.js';
import { writeDownBiases } from '../helpers/downBiases.js';
import { noGgml } from '../helpers/ggmlBlocks.js';
import { LlamaLibraries } from '../helpers/LlamaLibraries.js';
import { embeddedModel } from '../helpers/models.js';
import { writeUpcycled } from '../helpers/upcycled.js';
import { writeUnquantized } from '../helpers/unquantized.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);
const [model, run] = [at('f32.gguf'), at('run')];
let analysis: NeuronAnalysis;
let values: ActivationValues;
beforeAll(async () => {
    await writeUnquantized(embeddedModel, model);
    const texts = ['--data', 'udhr:1-4', '--languages', 'en,de,zh'];
    for (const args of [
        ['collect', '--model', model, ...texts, '--values', '--gpu', 'off', '--out', run],
        ['identify', run],
    ]) {
        const { code, stderr } = await commandHere(...args);
        expect(code, stderr).toBe(0);
    }
    analysis = await readNeurons(join(run, 'neurons.json'));
    values = await readValues(run);
});

/** The directions of a file by layer. */
async function directionsOf(path: string): Promise<Map<number, Float32Array>> {
    const { tensors } = await readGguf(path);
    const file = readFileSync(path);
    return new Map(
        [...tensors.values()].map(({ name, offset, shape, typeName }) => {
            expect([typeName, shape]).toEqual(['F32', [128]]);
            const bytes = file.subarray(offset, offset + 4 * shape[0]!);
            return [Number(/^direction\.(\d+)$/.exec(name)![1]), new Float32Array(Uint8Array.from(bytes).buffer)];
        }),
    );
}

/** What neurons add at their means, layer 0's in layer 1: read here from the F32 model and the counts, in float64. */
async function ownSums(parts: readonly (readonly [language: string, factor: number])[]): Promise<Float64Array[]> {
    const { tensors } = await readGguf(model);
    const file = readFileSync(model);
    const { languages, tokens, values: kept } = await readActivations(run, { values: true });
    const sums = analysis.widths.map(() => new Float64Array(128));
    for (const [language, factor] of parts) {
        const k = languages.indexOf(language);
        for (const [layer, index] of neuronsOf(analysis, language, 'specific+related')) {
            const mean = Number(kept!.sums[layer]![index * languages.length + k]!) / 2 ** 20 / Number(tokens[k]!);
            const { offset, shape } = tensors.get(`blk.${layer}.ffn_down.weight`)!;
            for (let row = 0; row < 128; row++)
                sums[Math.max(1, layer)]![row]! +=
                    factor * mean * file.readFloatLE(offset + 4 * (row * shape[0]! + index));
        }
    }
    return sums;
}

describe('export --vector', () => {
    it("writes the sum of neurons' columns at their means, layer by layer", async () => {
        const out = at('de.gguf');
        const { code, stdout, stderr } = await commandHere(
            'export',
            run,
            '-m',
            model,
            '--vector',
            'de,en:-0.5',
            '-o',
            out,
        );
        expect(code, stderr).toBe(0);
        const neurons = ['de', 'en'].flatMap((language) => neuronsOf(analysis, language, 'specific+related'));
        const distinct = [...new Map(neurons.map((place) => [place.join(), place])).values()];
        const late = distinct.filter(([layer]) => layer === 0).length;
        expect(distinct.length).toBeGreaterThan(10);
        expect(stdout).toContain(`${distinct.length} neurons as what is added behind layers 1 to 5`);
        expect(stdout).toContain(`${late} of them are of layer 0`);
        const expected = await ownSums([
            ['de', 1],
            ['en', -0.5],
        ]);
        const found = await directionsOf(out);
        expect([...found.keys()]).toEqual([1, 2, 3, 4, 5]);
        for (const [layer, direction] of found) {
            const length = Math.hypot(...expected[layer]!);
            const apart = Math.hypot(...direction.map((value, i) => value - expected[layer]![i]!));
            expect(apart, `layer ${layer}`).toBeLessThanOrEqual(1e-6 * length);
        }
        const { metadata } = await readGguf(out);
        expect(metadata).toMatchObject({
            'general.architecture': 'controlvector',
            'controlvector.model_hint': 'llama',
            'controlvector.layer_count': 5,
            'language-neurons.vector.parts': ['de specific+related × 1', 'en specific+related × -0.5'],
        });
    });

    it.skipIf(noGgml !== undefined)(
        'is loaded by the unpatched libllama, which adds it behind the layers',
        async () => {
            const [out, biased] = [at('zh.gguf'), at('biased.gguf')];
            const neurons = neuronsOf(analysis, 'zh', 'specific+related');
            const parts = [{ neurons, language: 'zh', factor: 1, label: 'zh' }];
            await exportVector({ model, analysis, values, parts, out });
            const sums = await ownSums([['zh', 1]]);
            const libraries = await LlamaLibraries.build(folder);
            const tokens = Array.from({ length: 40 }, (_, i) => (i === 0 ? 1 : 3 + ((i * 37) % 1000)));
            for (const scale of [1, -2]) {
                const biases = new Map(
                    [...sums.entries()]
                        .filter(([layer]) => layer > 0)
                        .map(([layer, sum]) => [layer, sum.map((v) => v * scale)]),
                );
                await writeDownBiases(model, biased, biases);
                const ours = numbers(libraries.logits('ours', biased, tokens, { exact: true }));
                const theirs = numbers(
                    libraries.logits('theirs', model, tokens, { vector: [out, scale], exact: true }),
                );
                const whole = numbers(libraries.logits('theirs', model, tokens, { exact: true }));
                expect(theirs.length).toBe(ours.length);
                const [effect, apart] = [distance(theirs, whole), distance(theirs, ours)];
                expect(effect).toBeGreaterThan(0.1);
                console.log(
                    `× ${scale}: logits ${effect.toFixed(2)} off the whole model's, ${apart.toExponential(1)} off ours`,
                );
                expect(apart).toBeLessThan(1e-4 * effect);
            }
        },
    );

    it('refuses what it cannot compute, and other uses', async () => {
        const out = at('refused.gguf');
        const { code, stderr } = await commandHere(
            'export',
            run,
            '-m',
            model,
            '--vector',
            'de',
            '--without',
            'zh',
            '-o',
            out,
        );
        expect([code, stderr]).toEqual([2, expect.stringContaining('--amplify and --interventions out')]);
        const parts = [{ neurons: [], language: 'de', factor: 1, label: 'one' }];
        await expect(exportVector({ model, analysis, values, parts, out })).rejects.toMatchObject({ code: 'EMPTY' });
        const [experts, mixed] = [await writeUpcycled(embeddedModel, at('experts.gguf'), 4), at('mixed')];
        const counting = ['--data', 'udhr:1-1', '--languages', 'en,de', '--values', '--gpu', 'off', '--out', mixed];
        await commandHere('collect', '-m', experts, ...counting);
        await commandHere('identify', mixed, '--min-routed', '0');
        const routed = await commandHere('export', mixed, '-m', experts, '--vector', 'de', '-o', out);
        expect([routed.code, routed.stderr]).toEqual([1, expect.stringContaining("what experts' neurons add")]);
        expect(existsSync(out)).toBe(false);
    });
});

function numbers(bytes: Buffer): Float32Array {
    return new Float32Array(Uint8Array.from(bytes).buffer);
}

/** The largest difference. */
function distance(a: Float32Array, b: Float32Array): number {
    return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
}
