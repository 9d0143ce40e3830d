import { existsSync, readFileSync } from 'node:fs';
import { copyFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Engine } from '../../src/engine/Engine.js';
import { loadBackends } from '../../src/engine/native/loadBackends.js';
import { untrainedModel } from '../../src/export/untrainedModel.js';
import { type GgufFile, readGguf } from '../../src/gguf/GgufFile.js';
import { blockTypes } from '../../src/gguf/blockTypes.js';
import { embeddedModel } from '../helpers/models.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const folder = temporaryFolder();
const { addon } = await loadBackends('off');

const namesOf = ({ tensors }: GgufFile): unknown[] =>
    [...tensors.values()].map(({ name, typeName, shape }) => [name, typeName, shape]);

describe('random rows', () => {
    const standard = Object.entries(blockTypes).filter(([, { name }]) => ['F32', 'F16', 'BF16', 'Q8_0'].includes(name));

    it.each(standard)(
        'of type %s are even, as spread as asked for, and drawn by their seed',
        async (type, { name }) => {
            const [width, rows, bound] = [256, 400, 0.5];
            const bytes = await addon.randomRows(Number(type), width, rows, bound, 5);
            const { weights, bytes: size } = blockTypes[Number(type)]!;
            expect(bytes.length).toBe((width * rows * size) / weights);
            expect(await addon.randomRows(Number(type), width, rows, bound, 5)).toEqual(bytes);
            expect(await addon.randomRows(Number(type), width, rows, bound, 6)).not.toEqual(bytes);
            if (name !== 'F32') return;
            const values = new Float32Array(bytes.buffer, bytes.byteOffset, width * rows);
            const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
            const square = values.reduce((sum, value) => sum + value ** 2, 0) / values.length;
            expect(Math.abs(mean)).toBeLessThan(0.005); // 5 standard errors
            expect(Math.sqrt(square)).toBeCloseTo(bound / Math.sqrt(3), 2);
            expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(bound);
        },
    );

    it.each(Object.entries(blockTypes))('of type %s are written by ggml and read back', async (type, { weights }) => {
        const width = Math.max(weights, 256);
        const bytes = await addon.randomRows(Number(type), width, 2, 0.1, 1);
        expect(bytes.length).toBe((2 * width * blockTypes[Number(type)]!.bytes) / weights);
        expect(new Set(bytes).size).toBeGreaterThan(4);
    });

    it('of a type that ggml cannot write are refused', async () => {
        await expect(addon.randomRows(26, 32, 1, 0.1, 1)).rejects.toMatchObject({ code: 'UNSUPPORTED' });
        expect(() => addon.randomRows(8, 31, 1, 0.1, 1)).toThrow(TypeError);
        expect(() => addon.randomRows(4711, 32, 1, 0.1, 1)).toThrow(TypeError);
    });
});

describe('an untrained model', () => {
    it('has the shape and the tokenizer of a model, and knows nothing', async () => {
        const model = embeddedModel;
        const path = await untrainedModel({ model, folder });
        const [trained, untrained] = [await readGguf(model), await readGguf(path)];
        expect(namesOf(untrained)).toEqual(namesOf(trained));
        expect(untrained.metadata).toMatchObject({ 'general.architecture': trained.metadata['general.architecture'] });
        using before = await Engine.open({ model, gpu: 'off' });
        using after = await Engine.open({ model: path, gpu: 'off' });
        const text = 'All human beings are born free and equal in dignity and rights.';
        expect(await after.tokenize(text)).toEqual(await before.tokenize(text));
        const sample = { language: 'en', prompt: '', response: text };
        const { logProbability, tokens } = await after.score([sample]);
        // no better than a guess among all tokens
        expect(-logProbability / tokens).toBeGreaterThan(0.9 * Math.log(after.info.vocabulary));
        const { counts } = await after.count([sample]);
        const active = counts.flatMap((site) => [...site].map(Number)).reduce((sum, count) => sum + count, 0);
        const share = active / (counts.reduce((sum, { length }) => sum + length, 0) * tokens);
        expect(share).toBeGreaterThan(0.4);
        expect(share).toBeLessThan(0.6);
    });

    it('is written once for a seed, another for another', async () => {
        const first = await untrainedModel({ model: embeddedModel, folder });
        const bytes = readFileSync(first);
        const again = join(folder, 'again');
        expect(readFileSync(await untrainedModel({ model: embeddedModel, folder: again })).equals(bytes)).toBe(true);
        const other = await untrainedModel({ model: embeddedModel, folder, seed: 2 });
        expect(other).not.toBe(first);
        expect(readFileSync(other).equals(bytes)).toBe(false);
        const there = await readdir(folder);
        await untrainedModel({ model: embeddedModel, folder, seed: 2 });
        expect(await readdir(folder)).toEqual(there);
        expect(there.filter((name) => !/\.gguf$|^again$/.test(name))).toEqual([]);
    });

    it('leaves nothing where it is stopped', async () => {
        const stopped = join(folder, 'stopped');
        const copy = join(folder, 'copy.gguf');
        await copyFile(embeddedModel, copy);
        await expect(
            untrainedModel({ model: copy, folder: stopped, signal: AbortSignal.abort() }),
        ).rejects.toMatchObject({ code: 'ABORTED' });
        expect(existsSync(stopped) ? await readdir(stopped) : []).toEqual([]);
    });
});
