import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fromHtml } from 'hast-util-from-html';
import { select, selectAll } from 'hast-util-select';
import { toString } from 'hast-util-to-string';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { DeactivationSet } from '../../../src/experiments/results/DeactivationMatrix.js';
import type { DoseCurves } from '../../../src/experiments/results/DoseCurves.js';
import { dosePoints } from '../../../src/experiments/resultFiles/doseTable.js';
import { doseFigure } from '../../../src/report/figures/doseFigure.js';
import { renderSvg } from '../../../src/report/figures/renderSvg.js';
import { writeReport } from '../../../src/report/writeReport.js';
import { buildAccuracy, buildCurves, buildInput, buildMatrix, buildSet } from './fixture.js';

const languages = ['en', 'ru', 'es', 'fr', 'de', 'zh', 'ja', 'bn', 'th', 'sw'];
let folder: string;
beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'report-'));
});
afterEach(async () => {
    vi.restoreAllMocks();
    await rm(folder, { recursive: true, force: true });
});

describe('operations in the report', () => {
    it('have figures of their own and a chapter behind what removal does, in the words of each', async () => {
        const input = buildInput();
        const half = { ...buildMatrix(languages, 0.1), operation: { op: 'scale', value: 0.5 } } as const;
        const right = languages.map(() => 18);
        const raised = { ...buildAccuracy(languages, right, right), operation: { op: 'add', value: 1 } } as const;
        const files = await writeReport(folder, { ...input, matrices: [half, raised, ...input.matrices] });
        const tables = files.tables.map((path) => basename(path)).slice(5);
        expect(tables).toEqual([
            'deactivation.specific.csv',
            'deactivation.specific+related.csv',
            'deactivation.specific+related+general.csv',
            'intervention.scale-0.5.specific.csv',
            'intervention.scale-0.5.specific+related.csv',
            'intervention.scale-0.5.specific+related+general.csv',
            'accuracy.add-1.specific+related.csv',
        ]);
        const page = fromHtml(await readFile(files.html, 'utf8'));
        expect(selectAll('h2.chapter', page).map((heading) => heading.properties.id)).toEqual([
            'overview',
            'neurons',
            'deactivation',
            'intervention',
        ]);
        const section = toString(select('[id="intervention.scale-0.5.specific"]', page)!);
        expect(section).toContain('Scaling specific neurons by 0.5: perplexity');
        expect(section).not.toMatch(/deactivat|removes|set to 0/);
        const removal = toString(select('[id="deactivation.specific"]', page)!);
        expect(removal).toContain('Deactivating specific neurons: perplexity');
        expect(removal).not.toMatch(/scal(ed|ing)|changed/);
        const introduction = (id: string) => toString(select(`#${id} + section`, page)!);
        expect(introduction('deactivation')).toContain('a language whose neurons are set to 0');
        expect(introduction('intervention')).toMatch(/scaled by 0.5[^]*raised by 1[^]*whose neurons are changed/);
    });
});

describe('dose curves in the report', () => {
    it('have a figure, a table and numbers, exact ones, behind all matrices', async () => {
        const curves = buildCurves(languages);
        const half = { ...curves, operation: { op: 'scale', value: 0.5 } } as const;
        const files = await writeReport(folder, { ...buildInput(), curves: [curves, half] });
        expect(files.figures.map((path) => basename(path)).slice(-2)).toEqual([
            'dose.deactivation.svg',
            'dose.intervention.scale-0.5.svg',
        ]);
        const page = fromHtml(await readFile(files.html, 'utf8'));
        expect(selectAll('h2.chapter', page).at(-1)!.properties.id).toBe('dose');
        const section = select('[id="dose.deactivation"]', page)!;
        expect(toString(section)).toContain('Perplexity as more and more neurons are deactivated');
        const values = selectAll('data', section).map(({ properties }) => Number(properties.value));
        for (const { inOwn, inOthers } of dosePoints(curves)) {
            for (const value of [inOwn.own, inOwn.random, inOthers.own, inOthers.random])
                expect(values).toContain(value);
        }
        const [head, first] = (await readFile(join(folder, 'tables', 'dose.deactivation.csv'), 'utf8')).split('\n');
        expect(head!.split(',').slice(0, 5)).toEqual(['language', 'dose', 'neurons', 'share', 'own']);
        expect(first!.split(',')[4]).toBe(String(dosePoints(curves)[0]!.inOwn.own));
    });

    it('are panels of three lines and a band, one of each language', async () => {
        const svg = await renderSvg(doseFigure(buildCurves(languages)), 'dose', 'doses');
        for (const language of languages) expect(svg).toContain(`>${language}<`);
        expect(svg.match(/class="mark-line role-mark/g)).toHaveLength(languages.length * 3);
        expect(svg.match(/class="mark-area role-mark/g)).toHaveLength(languages.length);
        expect(svg).not.toMatch(/NaN|undefined|Infinity/);
    });

    it('have plain numbers on an axis of nats', async () => {
        const curves = buildCurves(['en', 'de']);
        const doses = curves.doses.map((dose) => ({ ...dose, set: buildSet(['en', 'de'], 0.01, 1) }));
        const svg = await renderSvg(doseFigure({ ...curves, metric: 'kl', doses }), 'dose', 'doses');
        expect(svg).toContain('nats a token');
        expect(svg).toMatch(/>0\.\d+</);
        expect(svg).not.toMatch(/>\d+m</);
    });

    it('rise in the figure where the harm grows', async () => {
        // Of one language's panel: heights of the own line's points, from the top of the figure.
        const svg = await renderSvg(doseFigure(buildCurves(['en', 'de'])), 'dose', 'doses');
        const [, path] = /class="mark-line role-mark[^>]*><path d="([^"]+)"/.exec(svg)!;
        const places = [...path!.matchAll(/[ML](-?[\d.]+),(-?[\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)]);
        expect(places).toHaveLength(3);
        for (const [i, [x, y]] of places.slice(1).entries()) {
            expect(x).toBeGreaterThan(places[i]![0]!);
            expect(y).toBeLessThan(places[i]![1]!);
        }
    });

    it.each([1, 10, 100, 10_000])(
        'have an axis of three values where the largest effect is %s percent',
        async (most) => {
            const curves = buildCurves(['en', 'de']);
            const doses = [0.1, 0.5, 1].map((part, i) => ({
                ...curves.doses[i]!,
                set: buildSet(['en', 'de'], (part * most) / 100, 10 ** (i + 1)),
            }));
            const svg = await renderSvg(doseFigure({ ...curves, doses }), 'dose', 'doses');
            // Labels of the axes of values end at their place.
            const labels = [...svg.matchAll(/<text text-anchor="end"[^>]*>([^<]+)<\/text>/g)].map(
                ([, label]) => label!,
            );
            expect(new Set(labels).size).toBeGreaterThanOrEqual(3);
            for (const label of labels) expect(label).toMatch(/^[\d.]+[kM]?$/);
        },
    );

    it('leave out what is infinite or not there, say what ends early, and warn of nothing', async () => {
        const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
        const curves = buildCurves(['en', 'de', 'zh']);
        const [low, middle, high] = curves.doses as [DoseCurves['doses'][number], ...DoseCurves['doses'][number][]];
        const broken: DeactivationSet = {
            ...high!.set,
            change: high!.set.change.map((row) => row.map(() => Infinity)),
            controls: high!.set.controls.map((grid) => grid.map((row) => row.map(() => NaN))),
            neurons: [10_000, 3000, 0],
        };
        const none = (set: DeactivationSet): DeactivationSet => ({ ...set, neurons: [set.neurons[0]!, 400, 0] });
        const odd: DoseCurves = {
            ...curves,
            doses: [
                { ...low, set: none(low.set) },
                { ...middle!, set: none(middle!.set) },
                { ...high!, set: broken },
            ],
        };
        const files = await writeReport(folder, { ...buildInput({ matrix: false }), curves: [odd] });
        const svg = await readFile(files.figures.at(-1)!, 'utf8');
        expect(svg).not.toMatch(/NaN|undefined|Infinity/);
        expect(svg).toContain('>de<');
        expect(svg).not.toContain('>zh<');
        const page = fromHtml(await readFile(files.html, 'utf8'));
        const text = toString(select('[id="dose.deactivation"]', page)!);
        expect(text).toMatch(/zh has no neurons at these doses/);
        expect(text).toMatch(/assessed\. de has fewer than the largest\s+dose/);
        const one = { ...curves, doses: [low] };
        expect(await renderSvg(doseFigure(one), 'dose', 'doses')).not.toMatch(/NaN|undefined|Infinity/);
        const right = { ...curves, metric: 'accuracy' } as const;
        expect(await renderSvg(doseFigure(right), 'dose', 'doses')).toContain('percentage points');
        expect(warn).not.toHaveBeenCalled();
    });
});
