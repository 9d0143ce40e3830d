import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bitsPerByte } from '../../../src/experiments/textMetrics/bitsPerByte.js';
import { registerMetric } from '../../../src/experiments/registry/metrics.js';
import { clean, cleanedWords } from '../../../src/run/clean.js';

const scores = ['ppl.cells.jsonl', 'ppl.cells.shard-1-of-2.jsonl'];
const ppl = ['ppl.matrix.csv', 'ppl.matrix.json', 'ppl.scale-0.5.dose.json'];

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'language-neurons-clean-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const write = (...names: readonly string[]): void => {
    for (const name of names) writeFileSync(join(folder, name), 'x');
};
const left = (): string[] => readdirSync(folder).sort();

describe('clean', () => {
    it.each(['bits-per-byte.matrix.json', 'bits-per-byte.dose.json', 'bits-per-byte.matrix.shard-2-of-2.json'])(
        'keeps scores that %s is made of too, until it is removed itself',
        async (other) => {
            write(...scores, ...ppl, other, 'bits-per-byte.matrix.csv');
            const cleaned = await clean(folder, ['ppl']);
            expect(left()).toEqual([...scores, other, 'bits-per-byte.matrix.csv'].sort());
            expect(cleaned.removed.map(({ path }) => path)).toEqual(ppl);
            expect(cleaned.kept).toEqual([{ path: 'ppl.cells.jsonl', results: [other] }]);
            expect(cleanedWords(cleaned)).toMatch(
                new RegExp(`^ppl.matrix.csv .*; ppl.cells.jsonl is kept for ${other}$`),
            );

            expect((await clean(folder, ['bits-per-byte'])).kept).toEqual([]);
            expect(left()).toEqual([]);
        },
    );

    it('removes scores that no other metric has a result of, and all where all is asked for', async () => {
        write(...scores, 'accuracy.matrix.json', 'notes.txt');
        expect(await clean(folder, ['ppl'])).toMatchObject({ kept: [] });
        expect(left()).toEqual(['accuracy.matrix.json', 'notes.txt']);
        write(...scores, ...ppl, 'bits-per-byte.matrix.json', 'neurons.json');
        await clean(folder);
        expect(left()).toEqual(['notes.txt']);
        expect(cleanedWords(await clean(folder))).toBe('nothing');
    });

    it('removes searches for every goal, and their interventions', async () => {
        const search = ['tune.avoid-zh.json', 'tune.speak-de.json', 'tune.speak-de.interventions.json'];
        write(...search, 'tune.notes.json', 'accuracy.answers.jsonl');
        await clean(folder, ['tune']);
        expect(left()).toEqual(['accuracy.answers.jsonl', 'tune.notes.json']);
    });

    it('says nothing of scores that are not there', async () => {
        write('ppl.matrix.json', 'bits-per-byte.matrix.json');
        expect(await clean(folder, ['ppl'])).toMatchObject({ kept: [] });
    });

    it('knows a metric that is registered, and leaves the files of others alone', async () => {
        write(...scores, ...ppl, 'own.matrix.json');
        await clean(folder);
        expect(left()).toEqual(['own.matrix.json']);
        registerMetric({ ...bitsPerByte, name: 'own' });
        write(...scores);
        expect((await clean(folder, ['ppl'])).kept).toEqual([
            { path: 'ppl.cells.jsonl', results: ['own.matrix.json'] },
        ]);
        await clean(folder);
        expect(left()).toEqual([]);
    });
});
