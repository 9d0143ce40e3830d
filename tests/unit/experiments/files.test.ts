import { access, appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { maskOf } from '../../../src/experiments/conditions.js';
import type { CellInterval, DeactivationMatrix, DeactivationSet } from '../../../src/experiments/DeactivationMatrix.js';
import { matrixPath, readMatrices, readMatrix, writeMatrix } from '../../../src/experiments/matrixFile.js';
import { perplexity } from '../../../src/experiments/perplexity.js';
import { Journal } from '../../../src/Journal.js';

let root: string;
beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'language-neurons-'));
});
afterAll(() => rm(root, { recursive: true }));

describe('a journal', () => {
    const schema = z.object({ name: z.string(), values: z.array(z.number()) });
    const open = (name: string, key = 'k') => Journal.open(join(root, name), key, schema);
    const entry = (i: number) => ({ name: `cell ${i}`, values: [-0.1 - 0.2, -1e300, -5e-324, i] });

    it('has each entry on disk as soon as it is added, for the same key alone', async () => {
        const journal = await open('deep/parts.jsonl');
        expect(journal.found).toEqual([]);
        for (let i = 0; i < 4; i++) {
            await journal.add(entry(i));
            expect((await open('deep/parts.jsonl')).found).toEqual(Array.from({ length: i + 1 }, (_, j) => entry(j))); // to the last bit
        }
        expect((await open('deep/parts.jsonl', 'other')).found).toEqual([]); // takes the file over
        expect((await open('deep/parts.jsonl')).found).toEqual([]);
    });

    it('cut short anywhere, keeps the whole lines and goes on', async () => {
        const journal = await open('cut.jsonl');
        for (let i = 0; i < 3; i++) await journal.add(entry(i));
        const whole = await readFile(join(root, 'cut.jsonl'), 'utf8');
        for (let length = 0; length <= whole.length; length++) {
            await writeFile(join(root, 'cut.jsonl'), whole.slice(0, length));
            const again = await open('cut.jsonl');
            // A line without its end may be whole all the same.
            const lines = whole.slice(0, length).split('\n').slice(1).filter((line) => line.endsWith('}')).length;
            expect(again.found, String(length)).toEqual(Array.from({ length: lines }, (_, j) => entry(j)));
            await again.add(entry(9));
            expect((await open('cut.jsonl')).found.at(-1)).toEqual(entry(9));
        }
    });

    it('leaves out entries of another shape, and replaces another file', async () => {
        const journal = await open('odd.jsonl');
        await journal.add(entry(0));
        await appendFile(join(root, 'odd.jsonl'), '{"name":5,"values":[]}\nnull\n[]\n\u0000\n');
        await (await open('odd.jsonl')).add(entry(1));
        expect((await open('odd.jsonl')).found).toEqual([entry(0), entry(1)]);
        await writeFile(join(root, 'odd.jsonl'), 'something else\n');
        expect((await open('odd.jsonl')).found).toEqual([]);
    });

    it('is removed once, twice, and without a file; what cannot be saved is UNWRITABLE', async () => {
        const journal = await open('removed.jsonl');
        await journal.add(entry(0));
        await journal.remove();
        await journal.remove();
        await expect(access(join(root, 'removed.jsonl'))).rejects.toMatchObject({ code: 'ENOENT' });
        await mkdir(join(root, 'removed.jsonl'));
        await expect(journal.add(entry(1))).rejects.toMatchObject({ code: 'UNWRITABLE' });
        await writeFile(join(root, 'file'), '');
        await expect(open('file/parts.jsonl')).rejects.toMatchObject({ code: 'UNWRITABLE' });
    });
});

describe('a matrix file', () => {
    const grid = [[Infinity, 0.5], [0.15, Infinity]];
    const intervals: CellInterval[][] = [[[0.1, Infinity], null], [[0, 0.5], [-1, 1]]];
    const set: DeactivationSet = {
        rows: ['en', 'zh'], columns: ['en', 'zh'], baseline: [3.1, 5], values: [[Infinity, 5.5], [3.25, Infinity]],
        change: grid, control: [[0.01, -0.02], [0, Infinity]], controls: [grid, grid], beyondControl: grid,
        intervals: { baseline: [[3, 3.2], null], values: intervals, change: intervals, beyondControl: intervals }, samples: [[10, 20], [10, 20]], neurons: [4, 0],
    };
    const matrix: DeactivationMatrix = { metric: 'ppl', settings: { data: 'udhr', controls: 2 }, languages: ['en', 'zh'], sets: { specific: set, 'specific+related+general': set }, whole: { en: { numerators: [2, Infinity], weights: [1, 3] }, zh: { numerators: [], weights: [] } }, decodedTokens: 123 };

    it('comes back as it was, infinite perplexities included', async () => {
        await writeMatrix(join(root, 'run'), matrix);
        expect(await readMatrix(join(root, 'run'), 'ppl')).toEqual(matrix);
        expect(await readFile(matrixPath(join(root, 'run'), 'ppl'), 'utf8')).toMatch(/"format": "language-neurons\/matrix",\n "version": 3,/);
        const share = { baseline: [0.5, 1], values: [[0, 1], [1, 0]] };
        const accuracy: DeactivationMatrix = { ...matrix, metric: 'accuracy', sets: { specific: { ...set, answers: { number: share, language: share, untold: share } } } };
        await writeMatrix(join(root, 'run'), accuracy);
        expect(await readMatrices(join(root, 'run'))).toEqual([matrix, accuracy]);
        await writeMatrix(join(root, 'run'), { ...matrix, sets: {} });
        expect(await readMatrix(join(root, 'run'), 'ppl')).toEqual({ ...matrix, sets: {} });
    });

    it('has a table beside it, a line for each cell of each set', async () => {
        await writeMatrix(join(root, 'table'), matrix);
        const [head, ...lines] = (await readFile(join(root, 'table', 'ppl.matrix.csv'), 'utf8')).trim().split('\n').map((line) => line.split(','));
        expect(head!.slice(0, 5)).toEqual(['set', 'row', 'column', 'baseline', 'value']);
        expect(lines).toHaveLength(8);
        expect(lines[6]).toEqual(['specific+related+general', 'zh', 'en', '3.1', '3.25', '0', '0.5', '0.15', '0', '0.5', String(0.15 / 3.1), '0', '0', '0.15', '0', '0.5', '10', '0']);
    });

    it('is undefined where there is none, DAMAGED where it is another thing', async () => {
        const folder = join(root, 'other');
        await mkdir(folder);
        expect(await readMatrix(folder, 'ppl')).toBeUndefined();
        expect(await readMatrices(join(root, 'no such folder'))).toEqual([]);
        await writeMatrix(folder, matrix);
        const path = matrixPath(folder, 'ppl');
        const whole = await readFile(path, 'utf8');
        const changed = [
            '', 'null', '[]', whole.slice(0, -3), whole.replace('"version": 3', '"version": 2'), whole.replace('language-neurons/matrix', 'language-neurons/neurons'),
            whole.replace('"ppl"', '"accuracy"'), whole.replace('3.1', '"3.1"'), whole.replace('"control"', '"contrl"'), whole.replace('123', 'null'),
        ];
        for (const text of changed) {
            expect(text).not.toBe(whole);
            await writeFile(path, text);
            await expect(readMatrix(folder, 'ppl'), text.slice(0, 80)).rejects.toMatchObject({ code: 'DAMAGED', message: expect.stringContaining(path) });
        }
        await rm(path);
        await mkdir(path);
        await expect(readMatrix(folder, 'ppl')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    });
});

it('a mask has a 1 at each neuron given and nowhere else', () => {
    const layers = fc.array(fc.integer({ min: 1, max: 20 }).chain((width) => fc.tuple(fc.constant(width), fc.uniqueArray(fc.nat(width - 1)))), { minLength: 1, maxLength: 4 });
    fc.assert(fc.property(layers, (shape) => {
        const mask = maskOf(shape.flatMap(([, neurons], i) => neurons.map((neuron) => [i, neuron] as const)), shape.map(([width]) => width));
        expect(mask.map((layer) => [...layer])).toEqual(shape.map(([width, neurons]) => Array.from({ length: width }, (_, j) => Number(neurons.includes(j)))));
    }));
    expect(maskOf([], [2, 1])).toEqual([new Uint8Array(2), new Uint8Array(1)]);
});

it('perplexity is exp of the mean negative log-likelihood, weighted by tokens', () => {
    // Off by one last bit, 2.2e-16 of the value.
    expect(perplexity({ logProbability: 10 * Math.log(1 / 256), tokens: 10 }) / 256).toBeCloseTo(1, 15);
    expect(perplexity({ logProbability: 0, tokens: 3 })).toBe(1);
    expect(perplexity({ logProbability: Math.log(0.5) + 3 * Math.log(0.25), tokens: 4 }) / 2 ** (7 / 4)).toBeCloseTo(1, 15);
    expect(perplexity({ logProbability: -1e6, tokens: 10 })).toBe(Infinity);
});
