import { access, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { maskOf, perplexity } from '../../../src/experiments/deactivate.js';
import type { DeactivationMatrix, DeactivationSet } from '../../../src/experiments/DeactivationMatrix.js';
import { FinishedCells } from '../../../src/experiments/FinishedCells.js';
import { matrixPath, readMatrix, writeMatrix } from '../../../src/experiments/matrixFile.js';

let root: string;
beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'language-neurons-'));
});
afterAll(() => rm(root, { recursive: true }));

describe('finished cells', () => {
    const score = (logProbability: number): { logProbability: number; tokens: number; decodedTokens: number } => ({ logProbability, tokens: 10, decodedTokens: 12 });

    it('are on disk after each one, for the same key alone', async () => {
        const path = join(root, 'cells', 'parts.json');
        const cells = await FinishedCells.open(path, 'k');
        expect(cells.size).toBe(0);
        const values = [-0.1 - 0.2, -1e300, -5e-324, 0];
        for (const [i, value] of values.entries()) {
            await cells.set(`specific/en/${i}`, score(value));
            const reopened = await FinishedCells.open(path, 'k');
            expect(reopened.size).toBe(i + 1);
            expect(reopened.get(`specific/en/${i}`)).toEqual(score(value)); // to the last bit
        }
        await cells.set('specific/en/0', score(-7));
        expect((await FinishedCells.open(path, 'k')).get('specific/en/0')).toEqual(score(-7));
        expect(cells.get('specific/de/0')).toBeUndefined();
        expect((await FinishedCells.open(path, 'other')).size).toBe(0);
        await (await FinishedCells.open(path, 'other')).set('x', score(-1)); // takes the file over
        expect((await FinishedCells.open(path, 'k')).size).toBe(0);
    });

    it('in a damaged file count as none, and the file is replaced', async () => {
        const path = join(root, 'damaged.json');
        await (await FinishedCells.open(path, 'k')).set('a', score(-1));
        const whole = await readFile(path, 'utf8');
        const damaged = [
            ...Array.from({ length: whole.length }, (_, length) => whole.slice(0, length)),
            'null', '[]', '{"key":"k"}', '{"key":"k","cells":[]}', '{"key":"k","cells":{"a":5}}',
            whole.replace('-1', '"-1"'), whole.replace('10', '10.5'),
        ];
        for (const text of damaged) {
            await writeFile(path, text);
            expect((await FinishedCells.open(path, 'k')).size, text).toBe(0);
        }
        const cells = await FinishedCells.open(path, 'k');
        await cells.set('b', score(-2));
        expect(JSON.parse(await readFile(path, 'utf8'))).toEqual({ key: 'k', cells: { b: score(-2) } });
    });

    it('keep a sum that is not finite', async () => {
        const path = join(root, 'infinite.json');
        await (await FinishedCells.open(path, 'k')).set('a', score(-Infinity));
        expect((await FinishedCells.open(path, 'k')).get('a')).toEqual(score(-Infinity));
    });

    it('are removed once, twice, and without a file', async () => {
        const path = join(root, 'removed.json');
        const cells = await FinishedCells.open(path, 'k');
        await cells.remove();
        await cells.set('a', score(-1));
        await cells.remove();
        await expect(access(path)).rejects.toMatchObject({ code: 'ENOENT' });
    });

    it('that cannot be saved are UNWRITABLE', async () => {
        await writeFile(join(root, 'file'), '');
        const cells = await FinishedCells.open(join(root, 'file', 'parts.json'), 'k');
        await expect(cells.set('a', score(-1))).rejects.toMatchObject({ code: 'UNWRITABLE' });
    });
});

describe('ppl.matrix.json', () => {
    const set: DeactivationSet = {
        rows: ['en', 'zh'], columns: ['en', 'zh'], baseline: [3.1, 5], values: [[Infinity, 5.5], [3.25, Infinity]],
        change: [[Infinity, 0.5], [0.15, Infinity]], control: [[0.01, -0.02], [0, Infinity]], samples: [[10, 20], [10, 20]], neurons: [4, 0],
    };
    const matrix: DeactivationMatrix = { metric: 'ppl', languages: ['en', 'zh'], sets: { specific: set, 'specific+related+general': set }, decodedTokens: 123 };

    it('comes back as it was, infinite perplexities included', async () => {
        await writeMatrix(join(root, 'run'), matrix);
        expect(await readMatrix(join(root, 'run'))).toEqual(matrix);
        expect(await readFile(matrixPath(join(root, 'run')), 'utf8')).toMatch(/"format": "language-neurons\/matrix",\n "version": 1,/);
        await writeMatrix(join(root, 'run'), { ...matrix, sets: {} });
        expect(await readMatrix(join(root, 'run'))).toEqual({ ...matrix, sets: {} });
    });

    it('is undefined where there is none, DAMAGED where it is another thing', async () => {
        const folder = join(root, 'other');
        await mkdir(folder);
        expect(await readMatrix(folder)).toBeUndefined();
        expect(await readMatrix(join(root, 'no such folder'))).toBeUndefined();
        await writeMatrix(folder, matrix);
        const whole = await readFile(matrixPath(folder), 'utf8');
        const changed = [
            '', 'null', '[]', whole.slice(0, -3), whole.replace('"version": 1', '"version": 2'), whole.replace('language-neurons/matrix', 'language-neurons/neurons'),
            whole.replace('"ppl"', '"accuracy"'), whole.replace('3.1', '"3.1"'), whole.replace('"control"', '"controls"'), whole.replace('123', 'null'),
        ];
        for (const text of changed) {
            expect(text).not.toBe(whole);
            await writeFile(matrixPath(folder), text);
            await expect(readMatrix(folder), text.slice(0, 80)).rejects.toMatchObject({ code: 'DAMAGED', message: expect.stringContaining(matrixPath(folder)) });
        }
        await rm(matrixPath(folder));
        await mkdir(matrixPath(folder));
        await expect(readMatrix(folder)).rejects.toMatchObject({ code: 'NOT_FOUND' });
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
    expect(perplexity({ logProbability: 10 * Math.log(1 / 256), tokens: 10 })).toBeCloseTo(256, 9);
    expect(perplexity({ logProbability: 0, tokens: 3 })).toBe(1);
    expect(perplexity({ logProbability: Math.log(0.5) + 3 * Math.log(0.25), tokens: 4 })).toBeCloseTo(2 ** (7 / 4), 12);
    expect(perplexity({ logProbability: -1e6, tokens: 10 })).toBe(Infinity);
});
