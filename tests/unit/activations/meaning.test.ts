import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Activations } from '../../../src/activations/Activations.js';
import { readActivations, writeActivations } from '../../../src/activations/activationsFile.js';
import { emptyPart, readPart, writePart } from '../../../src/activations/collectedPart.js';
import { mergeActivations } from '../../../src/activations/mergeActivations.js';
import { ActivationValues } from '../../../src/activations/ActivationValues.js';
import { addCounts } from '../../../src/activations/addCounts.js';
import { readSafetensors, type Tensor, writeSafetensors } from '../../../src/activations/safetensors.js';
import { ensureWritableFolder, writeFileAtomic } from '../../../src/files/fileAccess.js';

let root: string;
beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'language-neurons-'));
});
afterAll(() => rm(root, { recursive: true }));

const base: Activations = {
    languages: ['en', 'zh'],
    counts: [BigInt64Array.of(3n, 0n, 7n, 9n), BigInt64Array.of(1n, 2n)],
    tokens: BigInt64Array.of(7n, 9n),
    source: {
        model: { name: 'm "ü"\n', architecture: 'llama', quantization: 'Q4_0', fingerprint: 'f' },
        dataset: { name: 'd', hash: 'h' },
        versions: { 'language-neurons': '0.1.0' },
    },
};

describe('activations.safetensors', () => {
    it('come back as they were, counts past 2^53 too', async () => {
        const path = join(root, 'large');
        const large = {
            ...base,
            counts: [BigInt64Array.of(2n ** 62n, 1n)],
            tokens: BigInt64Array.of(2n ** 62n + 1n, 1n),
        };
        await writeActivations(path, large);
        expect(await readActivations(path)).toEqual(large);
    });

    it.each<{ what: string; change: Partial<Activations>; says: RegExp }>([
        {
            what: 'more activations than tokens',
            change: { tokens: BigInt64Array.of(7n, 8n) },
            says: /layer 0 has counts below 0 or above/,
        },
        {
            what: 'more activations in a later layer',
            change: { counts: [base.counts[0]!, BigInt64Array.of(8n, 0n)] },
            says: /layer 1 has counts below 0 or above/,
        },
        {
            what: 'a negative count',
            change: { counts: [BigInt64Array.of(0n, -1n)] },
            says: /layer 0 has counts below 0/,
        },
        { what: 'no layer', change: { counts: [] }, says: /no layer|no neuron/ },
        {
            what: 'no neuron',
            change: { counts: [new BigInt64Array(0)], tokens: BigInt64Array.of(-1n, 1n) },
            says: /no neuron/,
        },
        {
            what: 'no language',
            change: { languages: [], counts: [], tokens: new BigInt64Array(0) },
            says: /'languages'/,
        },
        { what: 'a language twice', change: { languages: ['en', 'en'] }, says: /'languages'/ },
    ])('with $what are DAMAGED', async ({ change, says }) => {
        const path = join(root, 'wrong');
        await writeActivations(path, { ...base, ...change });
        await expect(readActivations(path)).rejects.toMatchObject({
            code: 'DAMAGED',
            message: expect.stringMatching(says),
        });
    });

    it('with tensors or metadata missing, or of another shape are DAMAGED', async () => {
        const path = join(root, 'sound');
        await writeActivations(path, base);
        const { tensors, metadata } = await readSafetensors(path);
        const attempt = async (
            change: (
                t: Map<string, { shape: readonly number[]; data: BigInt64Array }>,
                m: Record<string, string>,
            ) => unknown,
            says: RegExp,
        ): Promise<void> => {
            const [t, m] = [new Map(tensors), { ...metadata }];
            change(t, m);
            await writeSafetensors(join(root, 'changed'), t, m);
            await expect(readActivations(join(root, 'changed')), String(says)).rejects.toMatchObject({
                code: 'DAMAGED',
                message: expect.stringMatching(says),
            });
        };
        await attempt((t) => t.delete('blk.0.counts'), /lacks layer 0/);
        await attempt((t) => t.set('blk.3.counts', t.get('blk.1.counts')!), /lacks layer 2/);
        await attempt((t) => t.set('other', t.get('tokens')!), /lacks layer 2/);
        await attempt((t) => t.delete('tokens'), /no token totals of 2/);
        await attempt((t) => t.set('tokens', { shape: [1], data: BigInt64Array.of(9n) }), /no token totals of 2/);
        await attempt((t) => t.set('tokens', { shape: [2, 1], data: base.tokens }), /no token totals of 2/);
        await attempt(
            (t) => t.set('blk.0.counts', { shape: [4], data: base.counts[0]! }),
            /layer 0 is not \[neurons, 2 languages\]/,
        );
        await attempt((t) => t.set('blk.0.counts', { shape: [1, 4], data: base.counts[0]! }), /layer 0 is not/);
        await attempt((_, m) => (m.format = 'pt'), /no activation counts/);
        for (const key of ['languages', 'model', 'dataset', 'settings', 'versions']) {
            for (const value of ['', '{', 'null', '7', '[5]', '{"name":[]}'])
                await attempt((_, m) => (m[key] = value), new RegExp(`'${key}'`));
            if (key !== 'settings') await attempt((_, m) => Reflect.deleteProperty(m, key), new RegExp(`'${key}'`));
        }
    });
});

describe('values of activations', () => {
    const [edges, l] = [[-1e30, -1, 0, 1], 2];
    const withValues = {
        ...base,
        values: {
            sums: base.counts.map((site) => site.map((count) => -5n * count)),
            histograms: base.counts.map((site) =>
                Uint32Array.from({ length: site.length * edges.length }, (_, i) => i),
            ),
            edges,
        },
    };

    it('are read where they are asked for, and added as counts are', async () => {
        const path = join(root, 'valued');
        await writeActivations(path, withValues);
        expect(await readActivations(path)).toEqual(base);
        const read = await readActivations(path, { values: true });
        expect(read).toEqual(withValues);
        const twice = addCounts([read, read]).values!;
        expect(twice.sums).toEqual(withValues.values.sums.map((site) => site.map((sum) => 2n * sum)));
        expect(twice.histograms).toEqual(withValues.values.histograms.map((site) => site.map((n) => 2 * n)));
        expect(addCounts([read, base]).values).toBeUndefined();
    });

    it('that are not as many as the counts are DAMAGED', async () => {
        const path = join(root, 'valued');
        await writeActivations(path, withValues);
        const { tensors, wordTensors, metadata } = await readSafetensors(path);
        for (const [name, says] of [
            ['blk.1.sums', /the sums and counts of blk\.1 differ in number/],
            ['blk.0.histogram', /the histograms of blk\.0 do not have 4 bins a neuron/],
        ] as const) {
            const left = [...tensors, ...wordTensors].filter(([tensor]) => tensor !== name);
            await writeSafetensors(path, new Map<string, Tensor>(left), metadata);
            const read = expect(readActivations(path, { values: true }), name);
            await read.rejects.toMatchObject({ code: 'DAMAGED', message: expect.stringMatching(says) });
        }
        await writeSafetensors(path, new Map<string, Tensor>([...tensors, ...wordTensors]), {
            ...metadata,
            edges: '[0]',
        });
        await expect(readActivations(path, { values: true })).rejects.toThrow("'edges'");
    });

    it('have means and percentiles, even within a bin, of open bins their ends', () => {
        const counts = [BigInt64Array.of(1n, 2n)];
        const histograms = [Uint32Array.of(0, 4, 4, 2, 5, 0, 0, 5)];
        const sums = [BigInt64Array.of(3n * 2n ** 20n, -(2n ** 19n))];
        const activations = {
            ...base,
            counts,
            tokens: BigInt64Array.of(10n, 10n),
            values: { sums, histograms, edges },
        };
        const values = new ActivationValues(activations);
        expect([0, 1, undefined].map((k) => values.mean(0, 0, k))).toEqual([0.3, -0.05, 0.125]);
        expect(values.meanOfOthers(0, 0, 0)).toBe(-0.05);
        expect([20, 40, 50, 80, 100].map((percent) => values.percentile(0, 0, percent, 0))).toEqual([
            -0.5, 0, 0.25, 1, 1,
        ]);
        expect([10, 90].map((percent) => values.percentile(0, 0, percent, 1))).toEqual([-1, 1]);
        expect(values.languageNumber('zh')).toBe(l - 1);
        expect(() => values.languageNumber('de')).toThrow('no values of de were collected; choose from en, zh');
        expect(() => new ActivationValues(base)).toThrow('collect with `values` first');
    });
});

describe('merging', () => {
    const counts = fc
        .tuple(
            fc.bigInt64Array({ minLength: 4, maxLength: 4, max: 2n ** 40n }),
            fc.bigInt64Array({ minLength: 2, maxLength: 2 }),
        )
        .map((layers) => layers.map((layer) => layer.map((n) => n >> 2n)));

    it('adds counts and tokens, in either order, and leaves its inputs alone', () => {
        fc.assert(
            fc.property(counts, counts, (a, b) => {
                const [first, second] = [
                    { ...base, counts: a },
                    { ...base, counts: b, tokens: BigInt64Array.of(1n, 0n) },
                ];
                const before = [a, b].map((layers) => layers.map((layer) => [...layer]));
                const merged = mergeActivations(first, second);
                expect(merged.counts.map((layer) => [...layer])).toEqual(
                    before[0]!.map((layer, i) => layer.map((n, j) => n + before[1]![i]![j]!)),
                );
                expect(merged.tokens).toEqual(BigInt64Array.of(8n, 9n));
                expect(mergeActivations(second, first).counts).toEqual(merged.counts);
                expect([a, b].map((layers) => layers.map((layer) => [...layer]))).toEqual(before);
            }),
        );
        const { source } = mergeActivations(base, {
            ...base,
            source: { ...base.source, dataset: { name: 'e', hash: 'i' } },
        });
        expect(source).toEqual({ ...base.source, dataset: { name: 'd + e', hash: 'h+i' } });
    });

    it.each<{ what: string; other: Partial<Activations>; says: RegExp }>([
        { what: 'a language only in the first', other: { languages: ['en'] }, says: /zh only in the first/ },
        {
            what: 'a language only in the second',
            other: { languages: ['en', 'zh', 'sw'] },
            says: /sw only in the second/,
        },
        { what: 'another order', other: { languages: ['zh', 'en'] }, says: /different orders/ },
        {
            what: 'another model',
            other: { source: { ...base.source, model: { ...base.source.model, fingerprint: 'g', name: 'n' } } },
            says: /counted with model m .* and n \(g\)/s,
        },
        { what: 'fewer layers', other: { counts: base.counts.slice(0, 1) }, says: /layers differ/ },
        { what: 'other widths', other: { counts: base.counts.toReversed() }, says: /layers differ/ },
    ])('refuses $what', ({ other, says }) => {
        expect(() => mergeActivations(base, { ...base, ...other })).toThrow(
            expect.objectContaining({ code: 'MISMATCH', message: expect.stringMatching(says) }),
        );
    });
});

describe('parts', () => {
    const part = {
        key: '{"é":1}',
        samples: 12,
        characters: 40_000_000_000,
        tokens: 2n ** 60n,
        counts: [BigInt64Array.of(1n, 2n, 3n), BigInt64Array.of(4n)],
        routed: [new BigInt64Array(0), BigInt64Array.of(5n)],
    };

    it('come back under their key alone', async () => {
        await writePart(join(root, 'part'), part);
        expect(await readPart(join(root, 'part'), part.key)).toEqual(part);
        expect(await readPart(join(root, 'part'), `${part.key} `)).toBeUndefined();
        await writePart(
            join(root, 'part'),
            emptyPart(
                [
                    { layer: 0, kind: 'dense', width: 3, experts: 1 },
                    { layer: 1, kind: 'routed', width: 2, experts: 4 },
                ],
                'k',
            ),
        );
        expect(await readPart(join(root, 'part'), 'k')).toEqual({
            key: 'k',
            samples: 0,
            characters: 0,
            tokens: 0n,
            counts: [new BigInt64Array(3), new BigInt64Array(8)],
            routed: [new BigInt64Array(0), new BigInt64Array(4)],
        });
    });

    it('that do not say how far they go count as none: their texts would be counted twice', async () => {
        for (const metadata of [
            { characters: '1' },
            { samples: '1' },
            { samples: '1x', characters: '1' },
            { samples: '-1', characters: '1' },
            { samples: '1.5', characters: '1' },
            { samples: '', characters: '1' },
        ]) {
            await writeSafetensors(
                join(root, 'part'),
                new Map([
                    ['blk.0.counts', { shape: [1], data: BigInt64Array.of(5n) }],
                    ['tokens', { shape: [1], data: BigInt64Array.of(5n) }],
                ]),
                { key: 'k', ...metadata } as Record<string, string>,
            );
            expect(await readPart(join(root, 'part'), 'k'), JSON.stringify(metadata)).toBeUndefined();
        }
        await writeSafetensors(
            join(root, 'part'),
            new Map([
                ['blk.0.counts', { shape: [1], data: BigInt64Array.of(5n) }],
                ['tokens', { shape: [0], data: new BigInt64Array(0) }],
            ]),
            { key: 'k', samples: '1', characters: '1' },
        );
        expect(await readPart(join(root, 'part'), 'k')).toBeUndefined();
        await writePart(join(root, 'part'), part);
        const whole = await readFile(join(root, 'part'));
        for (let length = 0; length < whole.length; length += 7) {
            await writeFile(join(root, 'part'), whole.subarray(0, length));
            expect(await readPart(join(root, 'part'), part.key), `${length} bytes`).toBeUndefined();
        }
    });
});

describe('writing', () => {
    it('below a regular file is UNWRITABLE, says so, and leaves nothing', async () => {
        const folder = join(root, 'writing');
        await mkdir(folder);
        await writeFile(join(folder, 'file'), 'kept');
        for (const path of ['file', 'file/below', 'file/far/below'].map((name) => join(folder, name))) {
            await expect(ensureWritableFolder(path), path).rejects.toMatchObject({
                code: 'UNWRITABLE',
                message: expect.stringContaining(path),
            });
            await expect(writeActivations(join(path, 'x'), base), path).rejects.toMatchObject({ code: 'UNWRITABLE' });
        }
        await mkdir(join(folder, 'taken'));
        await expect(writeFileAtomic(join(folder, 'taken'), 'x')).rejects.toMatchObject({ code: 'UNWRITABLE' });
        expect((await readdir(folder, { recursive: true })).sort()).toEqual(['file', 'taken']);
        expect(await readFile(join(folder, 'file'), 'utf8')).toBe('kept');
    });

    it('replaces a file whole, makes folders, and leaves no other file', async () => {
        const path = join(root, 'new', 'deep', 'file');
        await writeFileAtomic(path, 'a long first content');
        await Promise.all(['one', 'two'].map((text) => writeFileAtomic(path, text)));
        expect(['one', 'two']).toContain(await readFile(path, 'utf8'));
        await ensureWritableFolder(join(root, 'new', 'deep'));
        expect(await readdir(join(root, 'new', 'deep'))).toEqual(['file']);
    });
});
