import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromHtml } from 'hast-util-from-html';
import { select, selectAll } from 'hast-util-select';
import { toString } from 'hast-util-to-string';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AnalysisChange } from '../../../src/experiments/results/Comparison.js';
import { changesFigure, layerChangesFigure } from '../../../src/report/figures/changesFigure.js';
import { histogramChangesFigure } from '../../../src/report/figures/histogramFigure.js';
import { renderSvg } from '../../../src/report/figures/renderSvg.js';
import { classColors, colors } from '../../../src/report/figures/theme.js';
import type { ReportInput } from '../../../src/report/input/Report.js';
import { writeReport } from '../../../src/report/writeReport.js';
import { temporaryFolder } from '../../helpers/temporaryFolder.js';
import { buildComparison, buildInput } from './fixture.js';

let folder: string;
beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'report-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function written(input: ReportInput, into = folder) {
    const { html, tables } = await writeReport(into, input);
    const text = await readFile(html, 'utf8');
    const csv = async (name: string): Promise<string[][]> =>
        (await readFile(join(into, 'tables', `${name}.csv`), 'utf8'))
            .trim()
            .split('\n')
            .map((line) => line.split(','));
    return { text, tree: fromHtml(text), csv, tables };
}

/** Reports that many tests look at and none changes: of two models, and of a series. */
const pair = buildComparison(['base', 'aligned'], ['de', 'zh']);
const series = buildComparison(['a', 'b', 'c']);
const [pairFolder, seriesFolder] = [temporaryFolder(), temporaryFolder()];
let ofPair: Awaited<ReturnType<typeof written>>;
let ofSeries: typeof ofPair;
beforeAll(async () => {
    ofPair = await written({ ...buildInput(), comparison: pair }, pairFolder);
    ofSeries = await written({ ...buildInput(), comparison: series }, seriesFolder);
});

const sections = ['comparison-layers', 'comparison-histogram', 'comparison-languages', 'comparison-classes'];

describe('a comparison in the report', () => {
    it('is there only where it was made, and a series from three analyses on', async () => {
        const none = await written(buildInput({ matrix: false }));
        expect(selectAll('[id^="comparison"], #series', none.tree)).toEqual([]);
        for (const id of sections) expect(select(`#${id} figure svg`, ofPair.tree), id).toBeDefined();
        expect(select('#series', ofPair.tree)).toBeUndefined();
        expect(select('#series figure svg', ofSeries.tree)).toBeDefined();
    });

    it('has the exact numbers of the input in its tables', async () => {
        const [comparison, { csv }] = [series, ofSeries];
        const rows = async (name: string): Promise<number[][]> =>
            (await csv(name)).slice(1).map((row) => row.map(Number));
        expect((await rows('comparison-layers')).map((row) => row.slice(1))).toEqual(
            comparison.changes.flatMap(({ layers }) =>
                layers.map((layer, i) => [i, layer.specific, layer.related, layer.general]),
            ),
        );
        expect((await rows('comparison-histogram')).map((row) => row.slice(1))).toEqual(
            comparison.changes.flatMap(({ histogram, histogramAll }) =>
                histogramAll.map((all, n) => [n, histogram[n], all]),
            ),
        );
        expect((await rows('comparison-languages')).map((row) => row.slice(3))).toEqual(
            comparison.languages.flatMap((language) =>
                comparison.analyses.map(({ perLanguage }) => {
                    const { specific, related, total } = perLanguage[language]!;
                    return [specific, related, total];
                }),
            ),
        );
        const kinds = ['specific', 'related', 'general', 'none'] as const;
        expect((await rows('comparison-classes')).map((row) => row.slice(2, 6))).toEqual(
            comparison.changes.flatMap(({ transitions }) =>
                kinds.map((from) => kinds.map((to) => transitions[from][to])),
            ),
        );
        expect((await rows('series')).map((row) => row[4])).toEqual([
            1,
            comparison.changes[0]!.overlap.specific,
            comparison.changes[1]!.overlap.specific,
        ]);
    });

    it('says what changed, in words and group means', () => {
        const [comparison, { tree }] = [pair, ofPair];
        const summary = toString(select('.summary', tree)!);
        expect(summary).toContain('From base to aligned:');
        const { groups } = comparison.changes[0]!;
        const means = selectAll('#comparison-languages figcaption data', tree).map(({ properties }) =>
            Number(properties.value),
        );
        expect(means).toEqual(
            [groups.trained, groups.others, groups.english, groups.rest].flatMap((group) =>
                (['specific', 'related', 'total'] as const).flatMap((kind) => [
                    group!.before[kind],
                    group!.after[kind],
                    group!.change[kind],
                ]),
            ),
        );
    });

    it('has intervals of the numbers of neurons, or says that they are not known', async () => {
        const [comparison, unknown] = [pair, ofPair];
        expect(toString(select('.summary', unknown.tree)!)).toMatch(/specific neurons[^%]*not known/);
        const section = select('#comparison-languages', unknown.tree)!;
        expect(toString(section)).toContain('How sure the changes are is not known');
        expect(await unknown.csv('comparison-languages').then(([head]) => head)).toHaveLength(6);

        const [change] = comparison.changes;
        const { languages } = comparison;
        const of = (...total: [number, number]) => ({ specific: total, related: total, total });
        const intervals = {
            folds: 5,
            classes: { specific: [-812.4, -200], related: [-0.2, 3], general: [0, 0] },
            perLanguage: Object.fromEntries(languages.map((one, k) => [one, k === 0 ? of(2, 7.5) : of(-3.5, 4)])),
        } satisfies NonNullable<AnalysisChange['intervals']>;
        const known = await written({
            ...buildInput({ matrix: false }),
            comparison: { ...comparison, changes: [{ ...change!, intervals }] },
        });
        const summary = toString(select('.summary', known.tree)!).replace(/\s+/g, ' ');
        expect(summary).toMatch(/−173−812 to −200 related neurons[^%]*00 to \+3 general neurons[^%]*00 to 0 /);
        const figure = select('#comparison-languages figure', known.tree)!;
        expect(toString(figure)).toContain('leaving out each of 5 parts of the texts');
        // One does not hold 0.
        const fills = selectAll('.mark-symbol.role-mark path', figure).map(({ properties }) => properties.fill);
        expect(fills.filter((fill) => fill === classColors.specific)).toHaveLength(1);
        const [head, first, second] = await known.csv('comparison-languages');
        expect(head!.slice(6)).toEqual(['total change', 'total change low', 'total change high']);
        expect(first!.slice(6)).toEqual(['', '', '']);
        expect(second!.slice(6)).toEqual([String(change!.perLanguage[languages[0]!]!.total), '2', '7.5']);
    });

    it('tells what became of each metric, by language and group, with intervals', async () => {
        const [comparison, { tree, csv }] = [pair, ofPair];
        expect(comparison.changes[0]!.metrics.map(({ metric }) => metric)).toEqual(['ppl', 'accuracy']);
        expect(select('#comparison-ppl figure svg', tree)).toBeDefined();
        // A dot and a whisker for each language, and the values before and after as text.
        const figure = select('#comparison-accuracy figure svg', tree)!;
        expect(selectAll('.mark-symbol.role-mark path', figure)).toHaveLength(comparison.languages.length);
        expect(selectAll('.mark-rule.role-mark line', figure)).toHaveLength(comparison.languages.length + 1);
        expect(toString(figure).match(/ → /g)).toHaveLength(comparison.languages.length);
        const { perLanguage, groups } = comparison.changes[0]!.metrics[1]!;
        expect((await csv('comparison-accuracy')).slice(1)).toEqual(
            Object.entries(perLanguage).map(([language, { before, after, change, interval, p, q }]) => [
                language,
                'aligned',
                ...[before, after, change, ...interval!, p, q].map(String),
            ]),
        );
        expect(groups.all!.change).toBeCloseTo(0.05, 16); // 1.4e-17
        expect(toString(select('#comparison-accuracy figcaption', tree)!)).toContain('trained (de, zh)');
        const summary = selectAll('.summary tbody tr', tree).map((row) =>
            selectAll('th, td', row).map((cell) => toString(cell)),
        );
        expect(summary.map(([name]) => name)).toEqual([
            'specific neurons',
            'related neurons',
            'general neurons',
            'perplexity, geometric mean over languages',
            'accuracy, mean over languages',
        ]);
        expect(summary[4]![3]).toBe('+5.0\u00a0points');
        expect(summary[4]![4]).toMatch(/^.\d.*points to \+.*points$/);
    });

    it('comes after what deactivation does, each part under its heading', () => {
        const { tree } = ofPair;
        expect(selectAll('h2.chapter', tree).map(({ properties }) => properties.id)).toEqual([
            'overview',
            'neurons',
            'deactivation',
            'comparison',
        ]);
        const figures = selectAll('section h3', tree)
            .map((heading) => toString(heading))
            .filter((text) => text.startsWith('Figure'));
        expect(figures.map((text) => Number(/\d+/.exec(text)![0]))).toEqual(figures.map((_, i) => i + 1));
        expect(figures.findIndex((text) => text.includes('What changed'))).toBeGreaterThan(
            figures.findLastIndex((text) => text.includes('deactivat')),
        );
    });

    it('of equal analyses, or of empty classes, has neither NaN nor undefined', async () => {
        const comparison = buildComparison();
        const change = { ...comparison.changes[0]!, overlap: { specific: null, related: null, general: null } };
        const { text, tree } = await written({
            ...buildInput({ matrix: false }),
            comparison: { ...comparison, trained: [], changes: [change] },
        });
        for (const svg of ['layers', 'histogram', 'languages', 'classes']) {
            expect(await readFile(join(folder, 'figures', `comparison-${svg}.svg`), 'utf8')).not.toMatch(
                /NaN|undefined/,
            );
        }
        expect(text).not.toContain('undefined');
        expect(toString(select('#comparison-classes', tree)!)).toContain('n/a');
    });

    it('escapes what a user names', async () => {
        const evil = '<script>alert("x")</script>';
        const comparison = buildComparison([evil, 'b', 'c']);
        const { text, tree } = await written({ ...buildInput({ matrix: false }), comparison });
        expect(selectAll('script', tree)).toHaveLength(1);
        expect(text).toContain('&lt;script&gt;');
    });
});

describe('stages and certainty in the report', () => {
    it('are said and drawn where they are, and said to be missing where not', async () => {
        const base = buildInput({ folds: 5, matrix: false });
        const stages = {
            seen: true,
            confidence: 0.999,
            rule: 'The rule.',
            stages: [
                { name: 'multilingual understanding', first: 0, last: 4 },
                { name: 'shared semantic space reasoning', first: 5, last: 17 },
                { name: 'multilingual output space transformation', first: 18, last: 30 },
                { name: 'vocabulary space outputting', first: 31, last: 31 },
            ],
        } as const;
        const { tree, csv } = await written({ ...base, analysis: { ...base.analysis, stages } });
        expect(toString(select('#layers figcaption', tree)!)).toContain(
            '2 shared semantic space reasoning, layers 5 to 17',
        );
        expect(toString(select('#layers', tree)!)).toContain('99.9\u00a0%');
        expect(await readFile(join(folder, 'figures/layers.svg'), 'utf8')).toContain('#f0f1f4');
        const { stability } = base.analysis;
        expect((await csv('stability')).slice(1).map((row) => row.slice(1, 3).map(Number))).toEqual(
            Object.values(stability!.classes).map(({ kept, overlap }) => [kept, overlap]),
        );
        const languages = (await csv('languages')).slice(1);
        expect(languages.map((row) => row.slice(-2).map(Number))).toEqual(
            base.analysis.languages.map((language) => stability!.intervals.perLanguage[language]!.total),
        );

        const plain = buildInput({ matrix: false });
        const unseen = {
            ...plain.analysis,
            stages: { ...stages, seen: false, reason: 'it has fewer than 4 layers', stages: [] },
        };
        const without = await written({ ...plain, analysis: unseen });
        expect(toString(select('.summary', without.tree)!)).toContain(
            'not seen in this model: it has fewer than 4 layers',
        );
        expect(select('#stability', without.tree)).toBeUndefined();
        expect(toString(select('#languages figcaption', without.tree)!)).toContain('folds: 5');
    });

    it("LAPE's analysis has no λ", async () => {
        const base = buildInput({ matrix: false });
        const { text, tree } = await written({ ...base, analysis: { ...base.analysis, method: 'lape', lambda: null } });
        expect(text).not.toContain('null');
        expect(toString(select('#definitions', tree)!)).toContain('LAPE');
    });
});

describe('figures of changes', () => {
    it('leave out a panel of zeros, and keep one where all are', () => {
        const { changes } = buildComparison();
        const some = changes[0]!;
        const still = some.layers.map((layer) => ({ ...layer, general: 0 }));
        const none = some.layers.map(() => ({ specific: 0, related: 0, general: 0 }));
        const panels = (layers: typeof still): number =>
            (layerChangesFigure({ ...some, layers }) as { vconcat: unknown[] }).vconcat.length;
        expect([panels(some.layers.map((layer) => ({ ...layer, general: 1 }))), panels(still), panels(none)]).toEqual([
            2, 1, 1,
        ]);
        const zeros = some.histogram.map(() => 0);
        const bars = (histogram: readonly number[]): number =>
            (histogramChangesFigure({ ...some, histogram, histogramAll: zeros }) as { vconcat: unknown[] }).vconcat
                .length;
        expect([bars([0, 1, ...zeros.slice(2)]), bars(zeros)]).toEqual([1, 1]);
    });

    it('colour the changes that differ from 0 alone, and hold every interval', async () => {
        const row = (language: string, change: number, interval: readonly [number, number] | null) => ({
            ...{ language, change, interval },
            text: '',
        });
        const rows = [row('de', 2, [1, 3]), row('fr', 2, [-1, 3]), row('zh', 2, null), row('sw', NaN, null)];
        const spec = changesFigure(rows, { trained: ['zh'], title: 'change' });
        const svg = fromHtml(await renderSvg(spec, 'a', 'a'));
        const dots = selectAll('.mark-symbol.role-mark path', svg).map(({ properties }) => properties.fill);
        expect(dots).toEqual([classColors.specific, classColors.specific, colors.unclassified]); // zh first
        expect(toString(svg)).toContain('zh 中文 (trained)');
        const ends = selectAll('.mark-rule.role-mark line', svg).map(({ properties }) => Number(properties.x2));
        expect(ends.every(Number.isFinite)).toBe(true);
    });
});
