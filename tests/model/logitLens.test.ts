import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { loadAddon } from '../../src/engine/native/loadBackends.js';
import { Engine } from '../../src/engine/Engine.js';
import { LayerReader } from '../../src/lens/LayerReader.js';
import { embeddedModel, modelsFolder, smollm2 } from '../helpers/models.js';
import { writeUngated, writeWidths } from '../helpers/syntheticModels.js';
import { folderOfTest } from '../helpers/temporaryFolder.js';
import { udhrSamples } from '../helpers/texts.js';
import { writeUnquantized } from '../helpers/unquantized.js';

const engines: Engine[] = [];
afterEach(() => engines.splice(0).forEach((engine) => engine.close()));
const open = async (model: string): Promise<Engine> => {
    const engine = await Engine.open({ model, gpu: 'off', batchSize: 128, windowSize: 128 });
    engines.push(engine);
    return engine;
};

/** llama.cpp's own logits after each token of a text, BOS left out. */
async function logitsOf(engine: Engine, tokens: Int32Array): Promise<Float32Array[]> {
    const logits = await engine.logits(tokens);
    const lead = engine.info.bos >= 0 ? 1 : 0;
    const vocabulary = logits.length / (tokens.length + lead);
    return Array.from(tokens, (_, i) => logits.subarray((i + lead) * vocabulary, (i + lead + 1) * vocabulary));
}

/** The token with the largest logit. */
const likeliestOf = (logits: Float32Array): number =>
    logits.reduce((best, logit, token) => (logit > logits[best]! ? token : best), 0);

async function textsOf(engine: Engine): Promise<Int32Array[]> {
    const samples = await udhrSamples(['en', 'zh'], '26-26');
    const texts = await Promise.all(samples.map(({ response }) => engine.tokenize(response)));
    return texts.map((tokens) => tokens.subarray(0, 24));
}

const models = {
    'the embedded model, Q8_0': embeddedModel,
    'SmolLM2-135M, Q4_1': smollm2,
    'Gemma 3 270M, Q4_K_M': join(modelsFolder, 'gemma-3-270m-q4_k_m.gguf'),
};

describe('the logit lens', () => {
    const last = async (path: string): Promise<void> => {
        const engine = await open(path);
        const texts = await textsOf(engine);
        const layers = await (await LayerReader.open(engine)).likeliest(texts.map((tokens) => ({ tokens, begin: 3 })));
        expect(layers.length).toBe(engine.info.layers);
        const own: number[] = [];
        for (const tokens of texts) own.push(...(await logitsOf(engine, tokens)).slice(3).map(likeliestOf));
        expect([...layers.at(-1)!]).toEqual(own);
        expect([...layers[0]!]).not.toEqual(own);
    };

    it('says behind the last layer what the model says, in F32', async () => {
        await last(await writeUnquantized(embeddedModel, join(folderOfTest(), 'unquantized.gguf')));
    });

    for (const [name, path] of Object.entries(models)) {
        const here = existsSync(path);
        it.skipIf(!here)(
            `says behind the last layer what the model says: ${name}${here ? '' : ' (skipped: not there)'}`,
            () => last(path),
            300_000,
        );
    }

    const made: Record<string, (path: string, layers: number) => void> = {
        'with RMS norms (OpenELM)': (path, layers) => writeWidths(path, [24, 40, 16, 32, 56].slice(0, layers)),
        'with LayerNorms and biases (GPT-2)': (path, layers) => writeUngated(path, layers, 48),
    };
    for (const [name, write] of Object.entries(made)) {
        it(`says behind each layer what the model says that ends there, ${name}`, async () => {
            const folder = folderOfTest();
            const pathOf = (layers: number): string => join(folder, `${layers}.gguf`);
            for (let layers = 1; layers <= 5; layers++) write(pathOf(layers), layers);
            const texts = [7, 11].map((step) => Int32Array.from({ length: 50 }, (_, i) => (i * step + 5) % 64));
            const reader = await LayerReader.open(await open(pathOf(5)));
            const behind = await reader.likeliest(texts.map((tokens) => ({ tokens, begin: 0 })));
            for (const [layer, found] of behind.entries()) {
                const engine = await open(pathOf(layer + 1));
                const expected: number[] = [];
                for (const tokens of texts) expected.push(...(await logitsOf(engine, tokens)).map(likeliestOf));
                expect([...found], `layer ${layer}`).toEqual(expected);
            }
            expect(new Set(behind.map(String)).size).toBe(5);
        });
    }

    it('leaves counts and logits of its engine as they were', async () => {
        const engine = await open(embeddedModel);
        const samples = await udhrSamples(['en'], '26-26');
        const before = [await engine.count(samples), await engine.logits('Everyone has the right')];
        await engine.residuals('Everyone has the right');
        expect([await engine.count(samples), await engine.logits('Everyone has the right')]).toEqual(before);
    });

    it('normalises as the equations of RMS and LayerNorm say', async () => {
        const { addon } = await loadAddon();
        const [width, n, epsilon] = [7, 3, 1e-3];
        const vectors = Float32Array.from({ length: n * width }, (_, i) => Math.sin(3 * i) + 0.5);
        const weights = Float32Array.from({ length: width }, (_, i) => 1 + i / 10);
        const bias = Float32Array.from({ length: width }, (_, i) => i - 2);
        for (const centred of [false, true]) {
            for (const norm of [
                { weights, bias },
                { weights: undefined, bias: undefined },
            ]) {
                const found = await addon.normalized(vectors, width, { ...norm, centred, epsilon });
                for (let row = 0; row < n; row++) {
                    const vector = Array.from(vectors.subarray(row * width, (row + 1) * width));
                    const mean = centred ? vector.reduce((sum, value) => sum + value, 0) / width : 0;
                    const square = vector.reduce((sum, value) => sum + (value - mean) ** 2, 0) / width;
                    for (const [i, value] of vector.entries()) {
                        const expected =
                            ((value - mean) / Math.sqrt(square + epsilon)) * (norm.weights?.[i] ?? 1) +
                            (norm.bias?.[i] ?? 0);
                        expect(found[row * width + i]).toBeCloseTo(expected, 5);
                    }
                }
            }
        }
        const norm = { weights: undefined, bias: undefined, centred: false, epsilon };
        expect(() => addon.normalized(vectors, 5, norm)).toThrow('width');
        expect(() => addon.normalized(vectors, width, { ...norm, bias: new Float32Array(2) })).toThrow('width');
    });
});
