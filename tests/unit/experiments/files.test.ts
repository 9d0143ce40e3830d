import { appendFile, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type {
    CellInterval,
    DeactivationMatrix,
    DeactivationSet,
} from '../../../src/experiments/results/DeactivationMatrix.js';
import { readCurves, writeCurves } from '../../../src/experiments/resultFiles/doseFile.js';
import type { DoseCurves } from '../../../src/experiments/results/DoseCurves.js';
import { dosePoints } from '../../../src/experiments/resultFiles/doseTable.js';
import { readMatrices, readMatrix, writeMatrix } from '../../../src/experiments/resultFiles/matrixFile.js';
import { matrixPath } from '../../../src/experiments/resultFiles/resultPaths.js';
import { perplexity } from '../../../src/experiments/textMetrics/perplexity.js';
import { Journal } from '../../../src/files/Journal.js';
import { jsonNumber } from '../../../src/files/jsonNumber.js';
import { deactivation } from '../../../src/interventions/Operation.js';
import { someMeasurement } from '../../helpers/analysed.js';
import { untested } from '../../helpers/untested.js';

let root: string;
beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'language-neurons-'));
});
afterAll(() => rm(root, { recursive: true }));

describe('a journal', () => {
    const schema = z.object({ key: z.string(), values: z.array(jsonNumber) });
    type Entry = z.output<typeof schema>;
    const open = async (name: string): Promise<{ journal: Journal<Entry>; found: Entry[] }> => {
        const found: Entry[] = [];
        return { journal: await Journal.open(join(root, name), schema, { take: (entry) => found.push(entry) }), found };
    };
    const entry = (i: number): Entry => ({
        key: `cell ${i}`,
        values: [-0.1 - 0.2, -1e300, -5e-324, NaN, -Infinity, i],
    });

    it('has each entry on disk as soon as it is added, to the last bit, whatever was there before', async () => {
        const { journal, found } = await open('cells.jsonl');
        expect(found).toEqual([]);
        for (let i = 0; i < 4; i++) {
            await journal.add(entry(i));
            expect((await open('cells.jsonl')).found).toEqual(Array.from({ length: i + 1 }, (_, j) => entry(j)));
        }
        expect((await readFile(join(root, 'cells.jsonl'), 'utf8')).split('\n')).toHaveLength(5);
    });

    it('cut short anywhere, keeps the whole lines and goes on', async () => {
        const { journal } = await open('cut.jsonl');
        for (let i = 0; i < 3; i++) await journal.add(entry(i));
        const whole = await readFile(join(root, 'cut.jsonl'), 'utf8');
        for (let length = 0; length <= whole.length; length++) {
            await writeFile(join(root, 'cut.jsonl'), whole.slice(0, length));
            const again = await open('cut.jsonl');
            // A line without its end may be whole all the same.
            const lines = whole
                .slice(0, length)
                .split('\n')
                .filter((line) => line.endsWith('}')).length;
            expect(again.found, String(length)).toEqual(Array.from({ length: lines }, (_, j) => entry(j)));
            await again.journal.add(entry(9));
            expect((await open('cut.jsonl')).found, String(length)).toEqual([...again.found, entry(9)]);
            expect((await readFile(join(root, 'cut.jsonl'), 'utf8')).startsWith(whole.slice(0, length))).toBe(true);
        }
    });

    it('passes over what cannot be read, counts it, and takes nothing away', async () => {
        const { journal } = await open('odd.jsonl');
        await journal.add(entry(0));
        const odd = Buffer.concat([
            Buffer.from('{"key":5,"values":[]}\nnull\n[]\n\u0000\n"\n'),
            Buffer.from([0xff, 0xfe, 0x0a]),
            Buffer.from('something else'),
        ]);
        await appendFile(join(root, 'odd.jsonl'), odd);
        const again = await open('odd.jsonl');
        expect(again.journal.unreadable).toBe(7);
        await again.journal.add(entry(1));
        expect((await open('odd.jsonl')).found).toEqual([entry(0), entry(1)]);
        expect((await readFile(join(root, 'odd.jsonl'))).includes(odd)).toBe(true);
    });

    it('is empty only where there is no file: any other failure to read it is an error', async () => {
        await mkdir(join(root, 'folder.jsonl'));
        await expect(open('folder.jsonl')).rejects.toMatchObject({
            code: 'NOT_FOUND',
            message: expect.stringContaining('though it holds finished work') as string,
        });
        await writeFile(join(root, 'file'), '');
        await expect(open('file/cells.jsonl')).rejects.toMatchObject({ code: 'NOT_FOUND' });
        const looped = join(root, 'loop.jsonl');
        await symlink(looped, looped);
        await expect(open('loop.jsonl')).rejects.toMatchObject({ code: 'NOT_FOUND' });
        const { journal } = await open('missing/cells.jsonl');
        await expect(journal.add(entry(1))).rejects.toMatchObject({ code: 'UNWRITABLE' });
    });

    it('after a failed write goes on with a line of its own', async () => {
        const { journal } = await open('moved.jsonl');
        await journal.add(entry(0));
        await mkdir(join(root, 'moved'));
        await rename(join(root, 'moved.jsonl'), join(root, 'moved', 'x'));
        await mkdir(join(root, 'moved.jsonl'));
        await expect(journal.add(entry(1))).rejects.toMatchObject({ code: 'UNWRITABLE' });
        await rm(join(root, 'moved.jsonl'), { recursive: true });
        await writeFile(join(root, 'moved.jsonl'), '{"key":"cell 1","val');
        await journal.add(entry(2));
        expect((await open('moved.jsonl')).found).toEqual([entry(2)]);
    });

    it('stops when asked to', async () => {
        await writeFile(join(root, 'long.jsonl'), `${JSON.stringify(entry(1))}\n`.repeat(100));
        await expect(
            Journal.open(join(root, 'long.jsonl'), schema, { signal: AbortSignal.abort(), take: () => undefined }),
        ).rejects.toMatchObject({ code: 'ABORTED' });
    });
});

describe('a matrix file', () => {
    const grid = [
        [Infinity, 0.5],
        [0.15, Infinity],
    ];
    const intervals: CellInterval[][] = [
        [[0.1, Infinity], null],
        [
            [0, 0.5],
            [-1, 1],
        ],
    ];
    const set: DeactivationSet = {
        rows: ['en', 'zh'],
        columns: ['en', 'zh'],
        baseline: [3.1, 5],
        values: [
            [Infinity, 5.5],
            [3.25, Infinity],
        ],
        change: grid,
        control: [
            [0.01, -0.02],
            [0, Infinity],
        ],
        controls: [grid, grid],
        beyondControl: grid,
        intervals: { baseline: [[3, 3.2], null], values: intervals, change: intervals, beyondControl: intervals },
        samples: [
            [10, 20],
            [10, 20],
        ],
        neurons: [4, 0],
        ...untested(2),
    };
    const matrix: DeactivationMatrix = {
        ...someMeasurement,
        settings: { data: 'udhr', controls: 2 },
        languages: ['en', 'zh'],
        sets: { specific: set, 'specific+related+general': set },
        whole: { en: { numerators: [2, Infinity], weights: [1, 3] }, zh: { numerators: [], weights: [] } },
        decodedTokens: 123,
    };

    it('comes back as it was, infinite perplexities included', async () => {
        await writeMatrix(join(root, 'run'), matrix);
        expect(await readMatrix(join(root, 'run'), 'ppl')).toEqual(matrix);
        expect(await readFile(matrixPath(join(root, 'run'), 'ppl'), 'utf8')).toMatch(
            /"format": "language-neurons\/matrix",\n "version": 1,/,
        );
        const share = {
            baseline: [0.5, 1],
            values: [
                [0, 1],
                [1, 0],
            ],
        };
        const accuracy: DeactivationMatrix = {
            ...matrix,
            metric: 'accuracy',
            sets: {
                specific: { ...set, shares: { number: share, language: share, unknownLanguage: share, cut: share } },
            },
        };
        await writeMatrix(join(root, 'run'), accuracy);
        expect(await readMatrices(join(root, 'run'))).toEqual([matrix, accuracy]);
        await writeMatrix(join(root, 'run'), { ...matrix, sets: {} });
        expect(await readMatrix(join(root, 'run'), 'ppl')).toEqual({ ...matrix, sets: {} });
    });

    it('keeps NaN and both infinities apart', async () => {
        const odd = { ...set, baseline: [NaN, -Infinity] };
        await writeMatrix(join(root, 'odd'), { ...matrix, sets: { specific: odd } });
        expect((await readMatrix(join(root, 'odd'), 'ppl'))!.sets.specific!.baseline).toEqual([NaN, -Infinity]);
    });

    it('of another operation has a file of its own, which says what was done', async () => {
        const folder = join(root, 'operations');
        const half: DeactivationMatrix = { ...matrix, operation: { op: 'scale', value: 0.5 } };
        const partly: DeactivationMatrix = { ...matrix, operation: { op: 'zero', strength: 0.5, where: 'prompt' } };
        const accuracy: DeactivationMatrix = { ...half, metric: 'accuracy' };
        for (const one of [accuracy, partly, half, matrix]) await writeMatrix(folder, one);
        expect((await readdir(folder)).filter((name) => name.endsWith('.json')).sort()).toEqual([
            'accuracy.scale-0.5.matrix.json',
            'ppl.matrix.json',
            'ppl.scale-0.5.matrix.json',
            'ppl.zero.strength-0.5.prompt.matrix.json',
        ]);
        expect(await readMatrices(folder)).toEqual([matrix, half, partly, accuracy]);
        expect(await readMatrix(folder, 'ppl')).toEqual(matrix);
        expect(await readMatrix(folder, 'ppl', { op: 'scale', value: 0.5 })).toEqual(half);
        const path = join(folder, 'ppl.scale-0.5.matrix.json');
        const text = await readFile(path, 'utf8');
        for (const changed of [text.replace('"value": 0.5', '"value": 0.25'), text.replace('"scale"', '"scales"')]) {
            expect(changed).not.toBe(text);
            await writeFile(path, changed);
            await expect(readMatrices(folder)).rejects.toMatchObject({
                code: 'DAMAGED',
                message: expect.stringMatching(
                    /: (is not a deactivation matrix \(.*\)|holds the content of .*); run intervene again$/,
                ),
            });
        }
    });

    it('has a table beside it, a line for each cell of each set', async () => {
        await writeMatrix(join(root, 'table'), matrix);
        const [head, ...lines] = (await readFile(join(root, 'table', 'ppl.matrix.csv'), 'utf8'))
            .trim()
            .split('\n')
            .map((line) => line.split(','));
        expect(head!.slice(0, 5)).toEqual(['set', 'row', 'column', 'baseline', 'value']);
        expect(lines).toHaveLength(8);
        expect(lines[6]).toEqual([
            'specific+related+general',
            'zh',
            'en',
            '3.1',
            '3.25',
            '0',
            '0.5',
            '0.15',
            '0',
            '0.5',
            '', // neither p nor q
            '',
            String(0.15 / 3.1),
            '0',
            '0',
            '0.15',
            '0',
            '0.5',
            '',
            '',
            '10',
            '0',
        ]);
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
            '',
            'null',
            '[]',
            whole.slice(0, -3),
            whole.replace('language-neurons/matrix', 'language-neurons/neurons'),
            whole.replace('"ppl"', '"accuracy"'),
            whole.replace('3.1', '"3.1"'),
            whole.replace('"Infinity"', 'null'),
            whole.replace('"control"', '"contrl"'),
            whole.replace('123', 'null'),
        ];
        for (const text of changed) {
            expect(text).not.toBe(whole);
            await writeFile(path, text);
            await expect(readMatrix(folder, 'ppl'), text.slice(0, 80)).rejects.toMatchObject({
                code: 'DAMAGED',
                message: expect.stringContaining(path),
            });
        }
        await rm(path);
        await mkdir(path);
        await expect(readMatrix(folder, 'ppl')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    });
});

describe('dose curves', () => {
    const grids = (...own: readonly number[]): number[][] =>
        own.map((value, r) => own.map((_, c) => (r === c ? value : 1)));
    /** Three languages of a perplexity of 10: their own rises by `own`, the others' by 1; random ones by less. */
    const setOf = (own: number, neurons: number): DeactivationSet => {
        const change = grids(own, own, own);
        const controls = [0.1, 0.3].map((part) => change.map((row) => row.map((value) => value * part)));
        const intervals = change.map((row) => row.map((value): [number, number] => [value - 1, value + 1]));
        return {
            rows: ['en', 'de', 'zh'],
            columns: ['en', 'de', 'zh'],
            baseline: [10, 10, 10],
            values: change.map((row) => row.map((value) => value + 10)),
            change,
            control: change.map((row) => row.map((value) => value * 0.2)),
            controls,
            beyondControl: change.map((row) => row.map((value) => value * 0.8)),
            intervals: { baseline: [null, null, null], values: intervals, change: intervals, beyondControl: intervals },
            samples: grids(5, 5, 5),
            neurons: [neurons, neurons, 3],
            ...untested(3),
        };
    };
    const curves: DoseCurves = {
        ...someMeasurement,
        settings: { data: 'udhr' },
        operation: { op: 'scale', value: 0.5 },
        languages: ['en', 'de', 'zh'],
        total: 1000,
        doses: [
            { share: 0.005, set: setOf(2, 5) },
            { share: 0.01, set: setOf(5, 10) },
        ],
        whole: {},
        decodedTokens: 1,
    };

    it('come back as they were, perplexity first, or DAMAGED is said', async () => {
        const folder = join(root, 'doses');
        const accuracy: DoseCurves = { ...curves, metric: 'accuracy' };
        const off: DoseCurves = { ...curves, operation: deactivation };
        for (const one of [accuracy, curves, off]) await writeCurves(folder, one);
        expect(await readCurves(folder)).toEqual([off, curves, accuracy]);
        expect(await readMatrices(folder)).toEqual([]);
        const path = join(folder, 'ppl.dose.json');
        const text = await readFile(path, 'utf8');
        for (const changed of ['', text.replace('"total"', '"totals"'), text.replace('"ppl"', '"accuracy"')]) {
            expect(changed).not.toBe(text);
            await writeFile(path, changed);
            await expect(readCurves(folder)).rejects.toMatchObject({
                code: 'DAMAGED',
                message: expect.stringMatching(
                    /: (is not a set of dose curves \(.*\)|holds the content of .*); run intervene with `dose` again$/,
                ),
            });
        }
    });

    it('are relative changes in the language and in the mean in the others, beside the range of random ones', () => {
        const points = dosePoints(curves);
        expect(points.map(({ language, share }) => [language, share])).toEqual(
            ['en', 'de', 'zh'].flatMap((language) => [0.005, 0.01].map((share) => [language, share])),
        );
        const [, en] = points;
        expect(en!.inOwn.own).toBe(0.5);
        expect(en!.inOwn.random).toBeCloseTo(0.1, 12);
        expect([en!.inOwn.lowest, en!.inOwn.highest]).toEqual([0.05, 0.15]);
        expect(en!.interval).toEqual([0.4, 0.6]);
        // ln and exp round the last bit.
        for (const [key, value] of Object.entries({ own: 0.1, lowest: 0.01, highest: 0.03 }))
            expect(en!.inOthers[key as 'own']).toBeCloseTo(value, 12);
        const [first] = curves.doses;
        const change = grids(1, 1, 1).map((row) => row.map((_, c) => 10 * 2 ** (5 * c) - 10));
        const steep = { ...curves, doses: [{ ...first!, set: { ...first!.set, change } }] };
        expect(dosePoints(steep)[0]!.inOthers.own).toBeCloseTo(2 ** 7.5 - 1, 9); // geometric: 2^5 and 2^10
        // 3 neurons where 5 and 10 were asked for.
        expect(points.map(({ neurons, isAll }) => [neurons, isAll])).toEqual([
            [5, false],
            [10, false],
            [5, false],
            [10, false],
            [3, true],
            [3, true],
        ]);
        expect(dosePoints({ ...curves, metric: 'accuracy' })[1]!.inOwn.own).toBe(5); // a share's change is no fraction
    });
});

it('perplexity is exp of the mean negative log-likelihood, weighted by tokens', () => {
    // Off by one last bit, 2.2e-16 of the value.
    expect(perplexity({ logProbability: 10 * Math.log(1 / 256), tokens: 10 }) / 256).toBeCloseTo(1, 15);
    expect(perplexity({ logProbability: 0, tokens: 3 })).toBe(1);
    expect(perplexity({ logProbability: Math.log(0.5) + 3 * Math.log(0.25), tokens: 4 }) / 2 ** (7 / 4)).toBeCloseTo(
        1,
        15,
    );
    expect(perplexity({ logProbability: -1e6, tokens: 10 })).toBe(Infinity);
});
