import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Sample } from '../../src/corpus/Corpus.js';
import { Engine } from '../../src/engine/Engine.js';
import type { InputSquares } from '../../src/engine/types/InputSquares.js';
import { loadAddon } from '../../src/engine/native/loadBackends.js';
import { quantizeFile, writeImatrix } from '../../src/engine/quantize.js';
import { readGguf } from '../../src/gguf/GgufFile.js';
import { embeddedModel, smollm2 } from '../helpers/models.js';
import { quantsTable } from '../../src/settings/settings.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';
import { writeUpcycled } from '../helpers/upcycled.js';

const folder = temporaryFolder();
const options = { model: embeddedModel, gpu: 'off', batchSize: 256, threads: 1 } as const;
const texts: Sample[] = [
    { language: 'en', prompt: '', response: 'The farmer eats bread in the garden every day.' },
    { language: 'de', prompt: 'Der Bauer', response: ' isst jeden Tag Brot im Garten.' },
];
const named = (entries: readonly InputSquares[], name: string): InputSquares =>
    entries.find((entry) => entry.name === name)!;

describe('a file of another type', () => {
    it('can be of every type of the table', async () => {
        const { addon } = await loadAddon();
        expect([...quantsTable.make.choices]).toEqual(addon.quantizedTypes());
    });

    it('is made by the quantizer, smaller type by smaller type, and opens', async () => {
        const sizes: number[] = [];
        for (const type of ['Q8_0', 'Q4_K_M', 'Q2_K']) {
            const output = join(folder, `${type}.gguf`);
            const shares: number[] = [];
            const recipe = ['language_neurons.test', type] as const;
            const onShare = (share: number): unknown => shares.push(share);
            await quantizeFile({ input: embeddedModel, output, type, recipe, threads: 1, onShare });
            using engine = await Engine.open({ ...options, model: output });
            const { logProbability, tokens } = await engine.score(texts);
            expect(logProbability / tokens).toBeGreaterThan(-20);
            expect(shares.every((share) => share >= 0 && share <= 1)).toBe(true);
            expect((await readGguf(output)).metadata['language_neurons.test']).toBe(type);
            sizes.push((await stat(output)).size);
        }
        expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
        expect(new Set(sizes).size).toBe(3);
    });

    it('cannot be of a type or of a file that is none, and says so', async () => {
        const output = join(folder, 'none.gguf');
        const none = { input: join(folder, 'missing.gguf'), output, type: 'Q8_0', threads: 1 };
        await expect(quantizeFile(none)).rejects.toMatchObject({
            code: 'DAMAGED',
            message: expect.stringMatching(/missing\.gguf: llama\.cpp cannot quantize it/),
        });
        await expect(quantizeFile({ ...none, input: embeddedModel, type: 'Q9' })).rejects.toThrow(/Q9/);
    });

    it('is not finished where it is stopped, before or during its making', async () => {
        const output = join(folder, 'stopped.gguf');
        const stopped = { code: 'ABORTED' };
        const work = { input: embeddedModel, output, type: 'Q5_K_M', threads: 1 };
        await expect(quantizeFile({ ...work, signal: AbortSignal.abort() })).rejects.toMatchObject(stopped);
        expect(existsSync(output)).toBe(false);
        const stop = new AbortController();
        const making = quantizeFile({ ...work, signal: stop.signal });
        setImmediate(() => stop.abort());
        await expect(making).rejects.toMatchObject(stopped);
    });
});

describe('the squares of what goes into products', () => {
    let entries: readonly InputSquares[];
    let tokens: number;
    beforeAll(async () => {
        using engine = await Engine.open(options);
        const one = await engine.inputSquares(texts);
        entries = one.entries;
        tokens = one.decodedTokens;
    });

    it('are of every matrix in a layer, from every token', async () => {
        const { tensors } = await readGguf(embeddedModel);
        const matrices = [...tensors.values()].filter(
            ({ name, shape }) => name.startsWith('blk.') && name.endsWith('.weight') && shape.length > 1,
        );
        expect(entries.map(({ name }) => name).sort()).toEqual(matrices.map(({ name }) => name).sort());
        for (const { name, shape } of matrices) {
            expect(named(entries, name).sums.length).toBe(shape[0]);
            expect([...named(entries, name).rows]).toEqual([tokens]);
        }
    });

    it('are those of the vectors that go in: here the residual stream, normed', async () => {
        using engine = await Engine.open(options);
        const text = 'The farmer eats bread in the garden every day.';
        const { entries: found } = await engine.inputSquares([{ language: 'en', prompt: '', response: text }]);
        const { values } = (await engine.residuals(text))[0]!; // behind layer 0
        const file = await readGguf(embeddedModel);
        const norm = file.tensors.get('blk.1.attn_norm.weight')!;
        const width = norm.shape[0]!;
        const bytes = (await readFile(embeddedModel)).subarray(norm.offset, norm.offset + 4 * width);
        const weights = new Float32Array(Uint8Array.from(bytes).buffer);
        const epsilon = Number(file.metadata['llama.attention.layer_norm_rms_epsilon']);
        const sums = new Float64Array(width);
        for (let begin = 0; begin < values.length; begin += width) {
            const row = values.subarray(begin, begin + width);
            const scale = row.reduce((sum, value) => sum + value ** 2, 0) / width + epsilon;
            for (const [j, value] of row.entries()) sums[j]! += (value * weights[j]!) ** 2 / scale;
        }
        for (const name of ['attn_q', 'attn_k', 'attn_v']) {
            const { sums: own } = named(found, `blk.1.${name}.weight`);
            // Both are sums of squares of F32.
            for (const [j, sum] of own.entries()) expect(sum / sums[j]!).toBeCloseTo(1, 4);
        }
    });

    it('are the same up to rounding in batches of another size', async () => {
        using engine = await Engine.open({ ...options, batchSize: 32 });
        const { entries: parted } = await engine.inputSquares(texts);
        const total = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0);
        for (const { name, sums } of entries) expect(total(named(parted, name).sums) / total(sums)).toBeCloseTo(1, 2);
    });

    it('leave counts as they were', async () => {
        using engine = await Engine.open(options);
        const { counts } = await engine.count(texts);
        await engine.inputSquares(texts);
        expect((await engine.count(texts)).counts).toEqual(counts);
    });

    it('make a matrix that the quantizer takes, and that the file then names', async () => {
        const path = join(folder, 'matrix.gguf');
        await writeImatrix(path, entries, { datasets: ['udhr (en, de)'], chunkSize: 512, chunks: 3 });
        const { metadata, tensors } = await readGguf(path);
        expect(metadata).toMatchObject({
            'general.type': 'imatrix',
            'imatrix.datasets': ['udhr (en, de)'],
            'imatrix.chunk_count': 3,
            'imatrix.chunk_size': 512,
        });
        expect(tensors.get('blk.0.ffn_down.weight.in_sum2')?.shape[0]).toBe(
            named(entries, 'blk.0.ffn_down.weight').sums.length,
        );
        const [plain, weighted] = ['plain', 'weighted'].map((name) => join(folder, `${name}.gguf`)) as [string, string];
        const work = { input: embeddedModel, type: 'Q2_K', threads: 1 };
        await quantizeFile({ ...work, output: plain });
        await quantizeFile({ ...work, output: weighted, imatrix: { path, name: 'matrix.gguf' } });
        using engine = await Engine.open({ ...options, model: weighted });
        expect(engine.info.imatrix).toEqual({
            ...{ file: 'matrix.gguf', dataset: 'udhr (en, de)' },
            ...{ entries: entries.length, chunks: 3 },
        });
        using other = await Engine.open({ ...options, model: plain });
        expect(other.info.imatrix).toBeNull();
        expect((await engine.score(texts)).logProbability).not.toBe((await other.score(texts)).logProbability);
    });

    it('and a file that is no matrix is refused by name', async () => {
        const work = { input: embeddedModel, output: join(folder, 'refused.gguf'), type: 'Q2_K', threads: 1 };
        const imatrix = { path: embeddedModel, name: 'no matrix' };
        await expect(quantizeFile({ ...work, imatrix })).rejects.toMatchObject({
            code: 'DAMAGED',
            message: expect.stringMatching(/no importance matrix/),
        });
    });
});

describe('the squares of a mixture', () => {
    it('are of each expert, from the tokens that were routed to it', async () => {
        const model = await writeUpcycled(embeddedModel, join(folder, 'mixture.gguf'), 4);
        using engine = await Engine.open({ ...options, model });
        const whole = texts.map((text) => ({ ...text, prompt: '', response: text.prompt + text.response }));
        const { entries, decodedTokens } = await engine.inputSquares(whole);
        const { routed, tokens } = await engine.count(whole);
        for (const [layer, through] of routed.entries()) {
            const [up, down] = ['up', 'down'].map((name) => named(entries, `blk.${layer}.ffn_${name}_exps.weight`));
            expect(up!.sums.length).toBe(4 * named(entries, `blk.${layer}.attn_q.weight`).sums.length);
            expect([...down!.rows]).toEqual([...up!.rows]);
            // Two experts a token; the tokens that begin texts go through some, and do not count.
            expect(up!.rows.reduce((sum, rows) => sum + rows, 0)).toBe(2 * decodedTokens);
            const uncounted = up!.rows.map((rows, expert) => rows - Number(through[expert]));
            expect(Math.min(...uncounted)).toBeGreaterThanOrEqual(0);
            expect(uncounted.reduce((sum, rows) => sum + rows, 0)).toBe(2 * (decodedTokens - Number(tokens)));
        }
    });
});

describe.skipIf(!existsSync(smollm2))('SmolLM2-135M (skipped unless scripts/fetch-models.mjs was run)', () => {
    it('says which of its tensors have rows that are no whole blocks of the type', async () => {
        const output = join(folder, 'smollm2.gguf');
        const warnings = await quantizeFile({ input: smollm2, output, type: 'Q2_K' });
        expect(warnings.join('\n')).toMatch(/\d+ of \d+ tensor\(s\) required fallback quantization/);
    });
});
