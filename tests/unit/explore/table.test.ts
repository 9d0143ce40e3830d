import { describe, expect, it } from 'vitest';
import { type Column, neuronColumns } from '../../../src/explore/neuronColumns.js';
import { classNames, type ColumnArray, type ColumnSpec, columnTypes } from '../../../src/explore/siteFormat.js';
import { ExploredNeurons } from '../../../src/explore/page/data/ExploredNeurons.js';
import type { ExploredNeuron, Query } from '../../../src/explore/page/data/Query.js';
import type { Activations } from '../../../src/activations/Activations.js';
import { activationProbabilities } from '../../../src/neurons/scores/activationProbabilities.js';
import { siteStarts } from '../../../src/neurons/analysis/flatIndex.js';
import type { NeuronAnalysis } from '../../../src/neurons/analysis/NeuronAnalysis.js';
import { neuronTable } from '../../../src/neurons/tables/neuronTable.js';
import { someActivations, someAnalysis } from '../../helpers/exploredRun.js';

const activations = someActivations();
const analysis = someAnalysis(activations);
const columnsFor = (counts: Activations, of: NeuronAnalysis) =>
    neuronColumns(neuronTable({ ...counts }, of), counts, of);
const columns = columnsFor(activations, analysis);
const sites = activations.sites!;
const l = activations.languages.length;

/** A column as the page puts it together from its blocks. */
function read({ spec, blocks }: Column): ColumnArray {
    const bytes = Buffer.concat([...blocks.values()].map((content) => content()));
    expect(bytes.length % columnTypes[spec.type].BYTES_PER_ELEMENT).toBe(0);
    return new columnTypes[spec.type](
        bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer,
    );
}

const table = new ExploredNeurons({
    sites: sites.map((site) => ({ ...site, name: '' })),
    tokens: Array.from(activations.tokens, Number),
    threshold: analysis.threshold,
    classified: read(columns.classified),
    scores: read(columns.scores),
    counts: read(columns.counts),
    routed: columns.routed && read(columns.routed),
});
const all: Query = {
    classes: [],
    languages: [],
    everyLanguage: false,
    layers: [0, 3],
    high: [0, l],
    sort: 'place',
    descending: false,
};
const rows: ExploredNeuron[] = table.rows([...table.query(all).rows]);

describe('the blocks of columns', () => {
    it('hold the counts, and none is over 96 KiB', () => {
        const counts = read(columns.counts);
        expect(Array.from(counts)).toEqual(activations.counts.flatMap((site) => Array.from(site, Number)));
        const specs: readonly ColumnSpec[] = Object.values(columns).map(({ spec }: Column) => spec);
        expect(specs.map(({ name }) => name)).toEqual(['classified', 'scores', 'counts', 'routed']);
        for (const { blocks } of Object.values(columns) as Column[])
            for (const content of blocks.values()) expect(content().length).toBeLessThanOrEqual(96 * 1024);
    });
});

describe('the table of neurons', () => {
    it('has every neuron with the probabilities that the analysis was made from', () => {
        const { p, n } = activationProbabilities(activations);
        expect(rows).toHaveLength(n);
        for (const [j, row] of rows.entries()) {
            expect(row.flat).toBe(j);
            for (let k = 0; k < l; k++) expect(row.probabilities[k]).toBe(Math.fround(p[j * l + k]!));
            expect(row.high).toBe([...p.subarray(j * l, (j + 1) * l)].filter((one) => one > analysis.threshold).length);
        }
    });

    it('has the classes and languages of the analysis', () => {
        const starts = siteStarts(analysis.widths);
        const { specific, related, general } = analysis.neurons;
        const named = (name: string): string[] =>
            rows.filter((row) => row.class === name).flatMap((row) => row.languages.map((k) => `${row.flat} ${k}`));
        const flats = (lists: typeof specific): string[] =>
            activations.languages.flatMap((language, k) =>
                lists[language]!.map(([site, index]) => `${starts[site]! + index} ${k}`),
            );
        expect(named('specific').sort()).toEqual(flats(specific).sort());
        expect(named('related').sort()).toEqual(flats(related).sort());
        expect(rows.filter((row) => row.class === 'general').map(({ flat }) => flat)).toEqual(
            general.map(([site, index]) => starts[site]! + index),
        );
        expect(new Set(rows.map((row) => row.class))).toEqual(new Set(classNames));
    });

    it('gives the selected neurons the lowest scores', () => {
        const byScore = table.query({ ...all, sort: 'score' }).rows;
        const selected = table.rows([...byScore.subarray(0, analysis.selected)]);
        const inClass = selected.filter((row) => row.class === 'specific' || row.class === 'related');
        expect(inClass).toHaveLength(rows.filter((row) => row.class === 'specific' || row.class === 'related').length);
    });

    const queries: readonly Partial<Query>[] = [
        { classes: ['specific'] },
        { classes: ['related', 'none'], layers: [1, 2] },
        { languages: [1, 3] },
        { languages: [1, 3], everyLanguage: true },
        { high: [1, 2], sort: 2, descending: true },
        { probability: { language: 2, least: 0.25, most: 0.8 }, sort: 2 },
        { sort: 'most', descending: true },
        { sort: 'high' },
        { layers: [3, 1] },
    ];
    it.each(queries)('finds what one filter after another finds: %j', (given) => {
        const query: Query = { ...all, ...given };
        const { classes, languages, everyLanguage, layers, high, probability, sort, descending } = query;
        const layerOf = sites.flatMap(({ layer, width, experts }) => new Array<number>(width * experts).fill(layer));
        const has = (row: ExploredNeuron) => (k: number) => row.languages.includes(k);
        const expected = rows
            .filter((row) => classes.length === 0 || classes.includes(row.class))
            .filter((row) => layerOf[row.flat]! >= layers[0] && layerOf[row.flat]! <= layers[1])
            .filter((row) => row.high >= high[0] && row.high <= high[1])
            .filter(
                (row) =>
                    languages.length === 0 || (everyLanguage ? languages.every(has(row)) : languages.some(has(row))),
            )
            .filter((row) => {
                const p = probability === undefined ? undefined : row.probabilities[probability.language]!;
                return p === undefined || (p >= probability!.least && p <= probability!.most);
            });
        const keyOf = (row: ExploredNeuron): number =>
            sort === 'place'
                ? row.flat
                : sort === 'score'
                  ? row.score
                  : sort === 'high'
                    ? row.high
                    : sort === 'most'
                      ? Math.max(...row.probabilities)
                      : row.probabilities[sort]!;
        expected.sort((a, b) => (descending ? keyOf(b) - keyOf(a) : keyOf(a) - keyOf(b)) || a.flat - b.flat);
        expect([...table.query(query).rows]).toEqual(expected.map(({ flat }) => flat));
    });

    it('counts probabilities in bins', () => {
        const counts = table.histogram(table.query(all).rows, 0, 10);
        expect(counts).toEqual(
            Array.from(
                { length: 10 },
                (_, bin) => rows.filter((row) => Math.min(9, Math.floor(row.probabilities[0]! * 10)) === bin).length,
            ),
        );
    });

    it('finds the neurons with the nearest probabilities', () => {
        const difference = (a: readonly number[], b: readonly number[]): number => {
            const h = a.map((p, k) => 2 * Math.asin(Math.sqrt(p)) - 2 * Math.asin(Math.sqrt(b[k]!)));
            return Math.sqrt(h.reduce((sum, one) => sum + one * one, 0) / l);
        };
        const own = rows[21]!;
        const expected = rows
            .filter((row) => row !== own)
            .map((row) => difference(own.probabilities, row.probabilities))
            .sort((a, b) => a - b)
            .slice(0, 5);
        const found = table.neighbours(21, 5);
        expect(found).toHaveLength(5);
        for (const [i, one] of found.entries()) {
            expect(one.flat).not.toBe(21);
            expect(one.difference).toBeCloseTo(expected[i]!, 5);
        }
    });
});

describe('neurons like another', () => {
    const tokens = [1000, 1000, 1000];
    const profiles: readonly (readonly number[])[] = [
        [0, 900, 10],
        [0, 1, 0], // one token of the same language
        [0, 6, 0],
        [4, 880, 20],
        [0, 0, 0],
        [900, 900, 900],
        [0, 500, 5],
        [0, 5, 2],
        [890, 10, 0],
    ];
    /** Neurons of one dense layer; the last were not assessed. */
    const tableOf = (notAssessed: number): ExploredNeurons =>
        new ExploredNeurons({
            sites: [{ layer: 0, kind: 'dense', width: profiles.length, experts: 1, name: '' }],
            ...{ tokens, threshold: 0.5, classified: new Uint32Array() },
            scores: Float32Array.from(profiles, (_, j) => (j < profiles.length - notAssessed ? 1 : Number.NaN)),
            counts: Uint32Array.from(profiles.flat()),
        });
    const like = (flat: number, notAssessed = 0): number[] =>
        tableOf(notAssessed)
            .neighbours(flat, 9)
            .map((one) => one.flat);

    it('are active as often, not for one token of its language', () => {
        expect(like(0)).toEqual([3, 6, 2, 7, 8, 5]);
        expect(like(2)).toEqual([7, 6, 3, 0, 8, 5]);
        expect(tableOf(0).neighbours(0, 1)[0]!.difference).toBeCloseTo(0.095, 3);
    });

    it('there are none of too few active tokens, nor among neurons that were not assessed', () => {
        for (const flat of [1, 4]) expect(like(flat)).toEqual([]);
        expect(like(8, 1)).toEqual([]);
        expect(like(0, 2)).toEqual([3, 6, 2, 5]);
    });
});

it('a neuron that was not assessed has no score, and stands last in either order', () => {
    const few: Activations = {
        ...activations,
        counts: activations.counts.map((site, i) =>
            i === 2 ? site.map((value, at) => (at < 40 * l ? 1n : value)) : site,
        ),
        routed: activations.routed!.map((site) => site.map((value, at) => (at < l ? 10n : value))),
    };
    const fewAnalysis = someAnalysis(few);
    const fewColumns = columnsFor(few, fewAnalysis);
    const scores = read(fewColumns.scores);
    const expertStart = 600;
    expect(fewAnalysis.experts!.notAssessed).toBe(40);
    expect([...scores.subarray(expertStart, expertStart + 40)].every(Number.isNaN)).toBe(true);
    const missing = new ExploredNeurons({
        sites: sites.map((site) => ({ ...site, name: '' })),
        tokens: Array.from(activations.tokens, Number),
        threshold: fewAnalysis.threshold,
        classified: read(fewColumns.classified),
        scores,
        counts: read(fewColumns.counts),
        routed: read(fewColumns.routed!),
    });
    expect(missing.row(expertStart)).toMatchObject({ class: 'none', high: 0, score: Number.NaN });
    for (const descending of [false, true]) {
        const last = missing.query({ ...all, sort: 'score', descending }).rows.slice(-40);
        expect([...last].sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, j) => expertStart + j));
    }
});
