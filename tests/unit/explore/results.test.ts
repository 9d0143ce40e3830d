import { beforeAll, describe, expect, it } from 'vitest';
import { dosePoints } from '../../../src/experiments/resultFiles/doseTable.js';
import { readComparison } from '../../../src/experiments/resultFiles/comparisonFile.js';
import { readCurves } from '../../../src/experiments/resultFiles/doseFile.js';
import { readMatrices } from '../../../src/experiments/resultFiles/matrixFile.js';
import { metricOf } from '../../../src/experiments/registry/metrics.js';
import { buildSite, type SiteFiles } from '../../../src/explore/buildSite.js';
import type { SiteComparison, SiteCurves, SiteExperts, SiteMatrix } from '../../../src/explore/resultsFormat.js';
import type { SiteSummary } from '../../../src/explore/siteFormat.js';
import type { NeuronAnalysis } from '../../../src/neurons/analysis/NeuronAnalysis.js';
import { cellsOf, setsOf } from '../../../src/report/facts/matrixFacts.js';
import { writeExploredResults } from '../../helpers/exploredResults.js';
import { writeExploredRun } from '../../helpers/exploredRun.js';
import { temporaryFolder } from '../../helpers/temporaryFolder.js';
import { buildMatrix } from '../report/fixture.js';

const folder = temporaryFolder();
let analysis: NeuronAnalysis;
let site: SiteFiles;
let summary: SiteSummary;
const read = <Content>(path: string): Content => JSON.parse(site.get(path)!().toString()) as Content;

beforeAll(async () => {
    analysis = await writeExploredRun(folder, 'm', buildMatrix);
    await writeExploredResults(folder, analysis);
    site = await buildSite(folder);
    summary = read('data/site.json');
});

describe('the results of a site', () => {
    it('are every set of every matrix, with the report’s grey cells', async () => {
        expect(summary.matrices.map(({ title }) => title)).toEqual([
            'perplexity, specific neurons deactivated',
            'perplexity, specific + related neurons deactivated',
            'perplexity, specific + related + general neurons deactivated',
            'perplexity, specific neurons scaled by 1.5',
            'perplexity, specific + related neurons scaled by 1.5',
            'perplexity, specific + related + general neurons scaled by 1.5',
            'accuracy, specific + related neurons deactivated',
        ]);
        const sets = (await readMatrices(folder)).flatMap((matrix) =>
            setsOf(matrix).map(([, set]) => ({ set, metric: matrix.metric })),
        );
        let grey = 0;
        for (const [i, { set, metric }] of sets.entries()) {
            const { cells, rows, neurons } = read<SiteMatrix>(summary.matrices[i]!.path);
            expect(rows).toEqual(set.rows);
            expect(neurons).toEqual(set.neurons);
            for (const [r, row] of cellsOf(set, metric).entries()) {
                for (const [c, cell] of row.entries()) {
                    const { own, control, interval } = cells[r]![c]!;
                    expect(own.position === null).toBe(cell.noise);
                    expect(own.note !== '').toBe(cell.noise);
                    expect(control.position === null).toBe(cell.controlNoise);
                    expect(own.words).toBe(metricOf(metric).formatEffect(cell.effect));
                    expect(interval).toMatch(/^\S+.* to \S+/);
                    if (own.position !== null)
                        expect(Math.sign(own.position)).toBe(metricOf(metric).harm * Math.sign(cell.effect!));
                    if (cell.noise) grey++;
                }
            }
        }
        expect(grey).toBeGreaterThan(10);
        const { cells } = read<SiteMatrix>(summary.matrices.at(-1)!.path);
        expect(cells[0]![1]!.shares).toEqual([
            'right number, in whatever language: 90\u00a0% becomes 70\u00a0%',
            'in the language of the question: 95\u00a0% becomes 30\u00a0%',
            'right number, unknown language: 0\u00a0% becomes 5\u00a0%',
            'cut off: 5\u00a0% becomes 15\u00a0%',
        ]);
    });

    it('are dose curves, on the axes of the report, with the range of the seeds', async () => {
        expect(summary.curves.map(({ title }) => title)).toEqual([
            'perplexity, neurons deactivated',
            'perplexity, neurons scaled by 0.5',
        ]);
        const [curves] = await readCurves(folder);
        const drawn = read<SiteCurves>('data/dose.0.json');
        const points = dosePoints(curves!);
        expect(drawn.languages.flatMap(({ doses }) => doses)).toHaveLength(points.length);
        for (const [i, dose] of drawn.languages.flatMap(({ doses }) => doses).entries()) {
            const { inOwn, neurons } = points[i]!;
            expect(dose.neurons).toBe(neurons);
            expect(dose.own).toBe(1 + inOwn.own!);
            expect([dose.lowest, dose.highest]).toEqual([1 + inOwn.lowest!, 1 + inOwn.highest!]);
            expect(dose.own).toBeGreaterThan(drawn.y[0]);
            expect(dose.own).toBeLessThan(drawn.y[1]);
        }
        expect(drawn.xTicks).toEqual([0.1, 0.5, 2]);
        expect(drawn.seeds).toBe(2);
    });

    it('are a comparison, and experts', async () => {
        const { changes, analyses } = (await readComparison(folder))!;
        const { first, others, trained, notes } = read<SiteComparison>(summary.comparison!.path);
        expect([first.label, ...others.map(({ label }) => label)]).toEqual(['base', 'aligned']);
        expect(first.layers).toEqual(analyses[0]!.layers);
        expect(others[0]!.layers).toEqual(analyses[1]!.layers);
        expect(others[0]!.overlap).toEqual(changes[0]!.overlap);
        expect(others[0]!.transitions[0]![3]).toBe(changes[0]!.transitions.specific.none);
        expect(others[0]!.transitions.flat().reduce((sum, count) => sum + count, 0)).toBe(1284);
        expect(others[0]!.metrics.map(({ noun, rows }) => [noun, rows.length])).toEqual([['perplexity', 6]]);
        expect(trained).toEqual(['de']);
        expect(notes).toHaveLength(1);
        const { sites } = read<SiteExperts>(summary.experts!.path);
        expect(sites.map(({ layer }) => layer)).toEqual([2]);
        expect(sites[0]!.shares).toEqual(analysis.experts!.shares['2']);
        expect(sites[0]!.classes).toHaveLength(8);
    });

    it('are in the summary as words and counts', () => {
        expect(summary.found).toMatch(/^Languages depend on neurons of their own: .* From base to aligned: /);
        expect(summary.found).not.toMatch(/[<>\n]| {2}/);
        for (const [k, { specific, related }] of summary.languages.entries())
            expect(summary.layerLanguages[k]!.reduce((sum, count) => sum + count, 0)).toBe(specific + related);
        expect(summary.languages.map(({ family }) => family)).toEqual([
            'Indo-European',
            'Indo-European',
            'Sino-Tibetan',
            'Afro-Asiatic',
            'Indo-European',
        ]);
    });
});
