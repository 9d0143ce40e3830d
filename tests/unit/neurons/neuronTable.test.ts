import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet';
import { afterAll, describe, expect, it } from 'vitest';
import type { Activations } from '../../../src/activations/Activations.js';
import { importCounts } from '../../../src/activations/import/importCounts.js';
import { neuronsAt, type Site } from '../../../src/engine/types/Site.js';
import { chooseNeurons } from '../../../src/neurons/sets/chooseNeurons.js';
import { classKeys } from '../../../src/neurons/analysis/classKeys.js';
import { identify } from '../../../src/neurons/classes/identify.js';
import { languageOverlap } from '../../../src/neurons/analysis/languageOverlap.js';
import { writeNeuronTable } from '../../../src/neurons/tables/neuronFiles.js';
import { neuronRow } from '../../../src/neurons/tables/neuronRows.js';
import { neuronTable } from '../../../src/neurons/tables/neuronTable.js';
import { rankNeurons } from '../../../src/neurons/scores/rankNeurons.js';
import { someSource } from '../../helpers/analysed.js';
import { paperDataHere, paperFolder } from '../../helpers/paperData.js';

const folder = mkdtempSync(join(tmpdir(), 'language-neurons-'));
afterAll(() => rmSync(folder, { recursive: true }));

const languages = ['en', 'de', 'zh'];
const T = 1000;
const { counts: _, ...source } = someSource;

/**
 * Twenty neurons a layer, two layers: neuron 0 is English's, 1 German's, 2 Chinese's, 3 German's and Chinese's, 4 is
 * active in all; the others seldom and everywhere alike. Of two parts of the texts, German's neuron is on in one alone.
 */
const planted = (neuron: number, k: number): number => {
    const high = [[0], [1], [2], [1, 2], [0, 1, 2]][neuron];
    return high?.includes(k) === true ? 800 + 10 * neuron : 10 + neuron;
};
const dense: Activations = {
    languages,
    source,
    tokens: new BigInt64Array(3).fill(BigInt(T)),
    counts: [0, 1].map(() => BigInt64Array.from({ length: 60 }, (_, i) => BigInt(planted(Math.floor(i / 3), i % 3)))),
};
const options = { topRate: 0.2, bar: 1 - 16.5 / 120, lambda: 0.1 } as const;
const analysis = identify(dense, options);
const table = neuronTable(dense, analysis);

describe('the table of neurons', () => {
    it('tells of each neuron what was planted', () => {
        expect(neuronRow(table, 23)).toEqual({
            ...{
                neuron: '1:3',
                layer: 1,
                site: 1,
                kind: 'dense',
                expert: null,
                index: 3,
                class: 'related',
                languages: ['de', 'zh'],
            },
            ...{ N: 2, score: table.score[23], probability: { en: 0.013, de: 0.83, zh: 0.83 } },
            count: { en: 13, de: 830, zh: 830 },
        });
        expect(neuronRow(table, 4)).toMatchObject({ class: 'general', languages, N: 3 });
        expect(neuronRow(table, 10)).toMatchObject({ class: null, languages: [], N: 0 });
    });

    it('scores as the ranking does', () => {
        for (const [k, language] of languages.entries()) {
            const ranked = rankNeurons(dense, analysis).perLanguage[language]!;
            const rows = ranked.map(([site, index]) => table.starts[site]! + index);
            expect(rows.length).toBeGreaterThan(0);
            for (const [i, row] of rows.entries()) {
                expect(table.probability[row * 3 + k]).toBeGreaterThan(analysis.threshold);
                if (i > 0) expect(table.score[row]).toBeGreaterThanOrEqual(table.score[rows[i - 1]!]!);
            }
        }
    });

    it('refuses an analysis of other counts', () => {
        const other = { ...dense, tokens: new BigInt64Array(3).fill(2000n) };
        expect(() => neuronTable(other, analysis)).toThrow(expect.objectContaining({ code: 'MISMATCH' }));
    });

    it('knows how many folds a neuron keeps its class without', () => {
        // German's neurons are on in the first part alone.
        const part = (f: number): Activations => ({
            ...dense,
            counts: dense.counts.map((layer) =>
                layer.map((value, i) => (Math.floor(i / 3) === 1 && i % 3 === 1 && f === 1 ? 0n : value)),
            ),
        });
        const parts = [part(0), part(1)];
        const whole: Activations = {
            ...dense,
            tokens: new BigInt64Array(3).fill(BigInt(2 * T)),
            counts: dense.counts.map((layer, s) =>
                layer.map((_, i) => parts[0]!.counts[s]![i]! + parts[1]!.counts[s]![i]!),
            ),
            folds: parts.map(({ counts, tokens }) => ({ counts, tokens })),
        };
        const found = identify(whole, options);
        const folded = neuronTable(whole, found);
        expect(neuronRow(folded, 1)).toMatchObject({ class: 'specific', languages: ['de'], stability: 0.5 });
        expect(neuronRow(folded, 2)).toMatchObject({ class: 'specific', languages: ['zh'], stability: 1 });
        expect(neuronRow(folded, 10)).toMatchObject({ class: null, stability: null });
        // λ is fixed: a class's mean is what the analysis says of it.
        const specific = [...folded.stability!].filter((_, row) => folded.class[row] === 1);
        const mean = specific.reduce((sum, share) => sum + share, 0) / specific.length;
        expect(mean).toBeCloseTo(found.stability!.classes.specific.kept!, 12);
    });
});

describe('filters', () => {
    const keys = (filter: Parameters<typeof chooseNeurons>[1]): string[] =>
        Array.from(chooseNeurons(table, filter), (row) => `${table.site[row]},${table.index[row]}`);

    it('take languages, classes and layers together', () => {
        expect(keys({})).toEqual(['0,0', '0,1', '0,2', '0,3', '1,0', '1,1', '1,2', '1,3']);
        expect(keys({ language: 'zho_Hans' })).toEqual(['0,2', '0,3', '1,2', '1,3']);
        expect(keys({ language: 'zh', and: ['de'] })).toEqual(['0,3', '1,3']);
        expect(keys({ class: ['general'], layer: '1..' })).toEqual(['1,4']);
        expect(keys({ class: ['specific', 'related', 'general', 'none'] })).toHaveLength(40);
        for (const layer of ['0', '..0', '0..0', ' 0 .. 0 ']) expect(keys({ layer })).toHaveLength(4);
    });

    it('leave neurons of any class that are named, and their other conditions hold too', () => {
        const neurons = ['1:3', ' 0:10', '1:3', '0:4'];
        expect(keys({ neurons })).toEqual(['0,4', '0,10', '1,3']);
        expect(keys({ neurons, class: ['general'] })).toEqual(['0,4']);
        expect(keys({ neurons, language: 'de', layer: '1' })).toEqual(['1,3']);
        expect(keys({ neurons, class: ['specific', 'related', 'general', 'none'], limit: 1 })).toEqual(['0,4']);
        expect(() => keys({ neurons: ['0:20'] })).toThrow('layer 0 has neurons 0 to 19');
        expect(() => keys({ neurons: ['0:3', '2:1'] })).toThrow('the model has layers 0 to 1');
    });

    it('order the rows, equal ones by place', () => {
        expect(keys({ sort: 'languages', limit: 3 })).toEqual(['0,3', '1,3', '0,0']);
        expect(keys({ sort: 'probability', language: 'de', limit: 2 })).toEqual(['0,3', '1,3']);
        const scores = Array.from(chooseNeurons(table, { sort: 'score' }), (row) => table.score[row]!);
        expect(scores).toEqual([...scores].sort((a, b) => a - b));
    });

    it.each(['a', '3..1', '..', '', '1-2', '1...2'])('refuse the layers %j', (layer) => {
        expect(() => chooseNeurons(table, { layer })).toThrow(expect.objectContaining({ code: 'WRONG_USE' }));
    });

    it('refuse a language that was not analysed', () => {
        expect(() => chooseNeurons(table, { and: ['ja'] })).toThrow('the analysis has no language ja, only en, de, zh');
    });
});

it('the overlap of languages is the share of their neurons that both have', () => {
    const { shared, jaccard } = languageOverlap(analysis);
    expect(shared).toEqual([
        [2, 0, 0],
        [0, 4, 2],
        [0, 2, 4],
    ]);
    expect(jaccard[1]).toEqual([0, 1, 2 / 6]);
    const none = {
        languages: ['a', 'b'],
        neurons: { specific: { a: [], b: [] }, related: { a: [], b: [] }, general: [] },
    };
    expect(languageOverlap(none).jaccard).toEqual([
        [null, null],
        [null, null],
    ]);
});

describe('a mixture of experts', () => {
    const sites: readonly Site[] = [
        { layer: 0, kind: 'dense', width: 5, experts: 1 },
        { layer: 1, kind: 'routed', width: 5, experts: 3 },
    ];
    // Expert 1 sees few tokens.
    const through = [100, 10, 100];
    const experts: Activations = {
        ...{ languages, source, sites, tokens: dense.tokens },
        counts: sites.map((site) =>
            BigInt64Array.from({ length: neuronsAt(site) * 3 }, (_, i) => BigInt(Math.min(10, (i * 7) % 11))),
        ),
        routed: [
            new BigInt64Array(0),
            BigInt64Array.from({ length: 9 }, (_, i) => BigInt(through[Math.floor(i / 3)]!)),
        ],
    };
    const found = identify(experts, { topRate: 0.5, minRouted: 50 });
    const ofExperts = neuronTable(experts, found);

    it('has a row for each neuron of each expert, empty where it was not assessed', () => {
        expect(ofExperts.site).toHaveLength(20);
        expect(neuronRow(ofExperts, 5 + 2 * 5 + 1)).toMatchObject({
            neuron: '1:2:1',
            layer: 1,
            site: 1,
            kind: 'routed',
            expert: 2,
            index: 11,
        });
        expect(neuronRow(ofExperts, 5 + 5)).toMatchObject({
            ...{ expert: 1, class: null, score: null, N: 0, probability: { en: null, de: null, zh: null } },
        });
        const at = 5 + 11;
        expect(ofExperts.probability[at * 3]).toBe(ofExperts.count[at * 3]! / 100);
        const keys = classKeys(found);
        const related = chooseNeurons(ofExperts, { class: ['related'] });
        expect(new Set(Array.from(related, (row) => `${ofExperts.site[row]},${ofExperts.index[row]}`))).toEqual(
            keys.related,
        );
    });

    it('goes through Parquet, CSV and JSON and comes back', async () => {
        const rows = chooseNeurons(ofExperts, { class: ['specific', 'related', 'general', 'none'] });
        expect(rows).toHaveLength(20);
        const path = (ending: string): string => join(folder, `neurons.${ending}`);
        for (const ending of ['parquet', 'csv', 'json']) await writeNeuronTable(path(ending), ofExperts, rows);
        const expected = Array.from(rows, (row) => neuronRow(ofExperts, row));
        expect(JSON.parse(readFileSync(path('json'), 'utf8'))).toEqual(expected);
        const read = await parquetReadObjects({ file: await asyncBufferFromFile(path('parquet')) });
        const lines = readFileSync(path('csv'), 'utf8').trimEnd().split('\n');
        expect(lines).toHaveLength(21);
        for (const [i, row] of expected.entries()) {
            const { neuron, layer, site, kind, expert, index, N, score } = row;
            expect(read[i]).toEqual({
                ...{
                    neuron,
                    layer,
                    site,
                    kind,
                    expert,
                    index,
                    class: row.class,
                    languages: row.languages.join(),
                    N,
                    score,
                },
                ...Object.fromEntries(languages.map((one) => [`probability ${one}`, row.probability[one]])),
                ...Object.fromEntries(languages.map((one) => [`count ${one}`, row.count[one]])),
            });
            const cells = [neuron, layer, site, kind, expert ?? '', index, row.class ?? '', ''];
            expect(lines[i + 1]).toMatch(new RegExp(`^${cells.join()}`));
        }
    });

    it('is refused in a file of another kind', async () => {
        await expect(writeNeuronTable(join(folder, 'x.xlsx'), ofExperts, new Uint32Array(0))).rejects.toThrow(
            /x\.xlsx: .*\.csv, \.json or \.parquet/,
        );
    });

    it('is written where no row is left', async () => {
        for (const ending of ['parquet', 'csv', 'json'])
            await writeNeuronTable(join(folder, `none.${ending}`), ofExperts, new Uint32Array(0));
        expect(JSON.parse(readFileSync(join(folder, 'none.json'), 'utf8'))).toEqual([]);
        expect(await parquetReadObjects({ file: await asyncBufferFromFile(join(folder, 'none.parquet')) })).toEqual([]);
    });
});

describe.skipIf(!paperDataHere)(`the paper's released counts (skipped where ${paperFolder} is absent)`, () => {
    it('give a row for each of 458,752 neurons, classified as in the analysis', async () => {
        const activations = await importCounts(paperFolder);
        const paper = identify(activations);
        const whole = neuronTable(activations, paper);
        expect(whole.site).toHaveLength(458_752);
        for (const language of paper.languages) {
            const rows = chooseNeurons(whole, { language });
            expect(rows).toHaveLength(paper.perLanguage[language]!.total);
        }
        expect(chooseNeurons(whole, { class: ['general'] })).toHaveLength(paper.general);
        const at = 12_345 * 10 + 3;
        expect(whole.probability[at]).toBe(whole.count[at]! / Number(activations.tokens[3]));
    });
});
