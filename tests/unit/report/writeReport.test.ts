import { createHash } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fromHtml } from 'hast-util-from-html';
import { select, selectAll } from 'hast-util-select';
import { toString } from 'hast-util-to-string';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { DeactivationSet } from '../../../src/experiments/results/DeactivationMatrix.js';
import type { ReportInput } from '../../../src/report/input/Report.js';
import { colors } from '../../../src/report/figures/theme.js';
import { figureRemarks } from '../../../src/report/figures/renderSvg.js';
import { headline } from '../../../src/report/sentences/headline.js';
import { writeReport } from '../../../src/report/writeReport.js';
import { temporaryFolder } from '../../helpers/temporaryFolder.js';
import { buildAccuracy, buildInput, buildMatrix, buildSet } from './fixture.js';

let folder: string;

beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'report-'));
});

afterEach(async () => {
    vi.restoreAllMocks();
    await rm(folder, { recursive: true, force: true });
});

/** Writes a report and reads all of it back, by path inside the folder. */
async function written(input: ReportInput, into = folder): Promise<Map<string, string>> {
    const files = await writeReport(into, input);
    const paths = [files.html, ...files.figures, ...files.tables, ...files.latex];
    return new Map(
        await Promise.all(
            paths.map(async (path) => [path.slice(into.length + 1), await readFile(path, 'utf8')] as const),
        ),
    );
}

async function writtenPage(input: ReportInput) {
    return pageOf(await written(input));
}

function pageOf(files: ReadonlyMap<string, string>) {
    const text = files.get('report.html') ?? '';
    return { text, tree: fromHtml(text) };
}

/** The report of the plain input, which many tests look at and none changes. */
const ownFolder = temporaryFolder();
let plain: Map<string, string>;
beforeAll(async () => {
    plain = await written(buildInput(), ownFolder);
});

describe('the files', () => {
    it('are the page, a figure and a table for each section, and nothing else', async () => {
        const files = await writeReport(folder, buildInput());
        const names = [
            'overview-figure',
            'layers',
            'languages',
            'layer-languages',
            'histogram',
            'deactivation.specific',
            'deactivation.specific+related',
            'deactivation.specific+related+general',
        ];
        expect(files.html).toBe(join(folder, 'report.html'));
        expect(files.figures.map((path) => basename(path))).toEqual(names.map((name) => `${name}.svg`));
        expect(files.tables.map((path) => basename(path, '.csv'))).toEqual(['overview', ...names.slice(1)]);
        expect((await readdir(folder)).sort()).toEqual(['figures', 'report.html', 'tables']);
        expect((await readdir(join(folder, 'figures'))).length).toBe(names.length);
        expect((await readdir(join(folder, 'tables'))).length).toBe(2 * names.length);
    });

    it('have no deactivation among them without a matrix', async () => {
        const files = await written(buildInput({ matrix: false }));
        expect([...files.keys()].filter((name) => name.includes('deactivation'))).toEqual([]);
        expect(files.get('report.html')).not.toContain('id="deactivation');
    });

    it('are the same bytes for the same input, whatever was rendered before', async () => {
        await written(buildInput({ l: 3, layers: 2 }), join(folder, 'b'));
        expect(await written(buildInput(), join(folder, 'c'))).toEqual(plain);
    });

    it('cannot be written into a file', async () => {
        const { html } = await writeReport(folder, buildInput({ matrix: false }));
        await expect(writeReport(html, buildInput({ matrix: false }))).rejects.toMatchObject({
            name: 'LanguageNeuronsError',
            code: 'UNWRITABLE',
        });
    });
});

describe('the page', () => {
    it('needs nothing from outside', () => {
        const { text, tree } = pageOf(plain);
        const references = selectAll('[src], [href], [srcset], [data], [xlink\\:href]', tree)
            .flatMap(({ properties }) => [properties.src, properties.href, properties.srcSet, properties.xLinkHref])
            .filter((value) => value !== undefined);
        const absolute = references
            .map(String)
            .filter((value) => !value.startsWith('data:text/csv') && !value.startsWith('#'));
        expect(absolute).toEqual(['https://arxiv.org/abs/2505.21505']);
        expect(selectAll('link, iframe, img, object, embed, [src]', tree)).toEqual([]);
        const scripts = selectAll('script', tree).map((script) => toString(script));
        expect(scripts).toHaveLength(1);
        const hash = createHash('sha256').update(scripts[0]!).digest('base64');
        const policy = select('[http-equiv=Content-Security-Policy]', tree)?.properties.content;
        expect(policy).toContain(`default-src 'none'`);
        expect(policy).toContain(`script-src 'sha256-${hash}'`);
        expect(text).not.toMatch(/@import|url\((?!#)/);
    });

    it('shows every figure inline, with a caption, numbers and its CSV file within', () => {
        const { tree } = pageOf(plain);
        const figures = selectAll('figure', tree);
        expect(figures.length).toBe(8);
        for (const figure of figures) {
            expect(select('svg[role=img][aria-label]', figure)).toBeDefined();
            expect(toString(select('figcaption', figure) ?? figure)).not.toBe('');
        }
        const links = selectAll('.downloads a', tree).map(({ properties }) => properties);
        expect(links).toHaveLength(8);
        for (const { href, download } of links) {
            const text = decodeURIComponent(String(href).slice('data:text/csv;charset=utf-8,'.length));
            expect(text).toBe(plain.get(`tables/${String(download)}`));
        }
    });

    it('has a table of contents of every chapter and figure', () => {
        const { tree } = pageOf(plain);
        const targets = selectAll('nav a', tree).map(({ properties }) => String(properties.href).slice(1));
        const ids = selectAll('[id]', tree).map(({ properties }) => String(properties.id));
        expect(targets.filter((id) => !ids.includes(id))).toEqual([]);
        const sections = selectAll('main h2, main section:has(figure)', tree);
        expect(targets.length).toBe(sections.length);
    });

    it('begins with what was found: an effect beside its control', () => {
        const { tree } = pageOf(plain);
        const lead = toString(select('header .lead', tree)!).replace(/\s+/g, ' ');
        expect(lead).toMatch(
            /^Languages depend on neurons of their own: without them a language’s perplexity changes by \+[\d,]+\s% in/,
        );
        expect(lead).not.toMatch(/\//);
        expect(selectAll('header .lead strong', tree)).toHaveLength(2);
        expect(selectAll('main figure', tree)[0]).toBe(select('#overview-figure figure', tree));
    });

    it('does not claim what chance could give', () => {
        const { analysis } = buildInput();
        const words = headline({ analysis, matrices: [buildMatrix(['en', 'de'])] }).toString();
        expect(words).toMatch(/^Whether languages depend on neurons of their own is not told from chance: without/);
        expect(words).toContain('2 of 2 languages');
    });

    it('holds no id twice', () => {
        const { tree } = pageOf(plain);
        const ids = selectAll('[id]', tree).map(({ properties }) => String(properties.id));
        expect(new Set(ids).size).toBe(ids.length);
    });

    it('refers to no id that is not there', () => {
        const { text, tree } = pageOf(plain);
        const ids = selectAll('[id]', tree).map(({ properties }) => String(properties.id));
        const references = [...text.matchAll(/url\(#([^)]+)\)|href="#([^"]+)"/g)].map((match) => match[1] ?? match[2]!);
        expect(references.length).toBeGreaterThan(0);
        expect(references.filter((id) => !ids.includes(id))).toEqual([]);
    });

    it('has the exact numbers of the input in its tables', () => {
        const input = buildInput();
        const { tree } = pageOf(plain);
        const numbers = (selector: string) =>
            selectAll(`${selector} data`, tree).map(({ properties }) => Number(properties.value));
        const { analysis } = input;
        expect(numbers('#layers tbody')).toEqual([
            ...analysis.layers.flatMap((layer, i) => [
                i,
                analysis.widths[i],
                layer.specific,
                layer.related,
                layer.general,
            ]),
            ...analysis.stages.stages.flatMap(({ first, last }) => [first, last]),
        ]);
        expect(numbers('#histogram tbody')).toEqual(
            analysis.histogram.flatMap((count, n) => [n, count, analysis.histogramAll[n]]),
        );
        const set = input.matrices[0]?.sets.specific as DeactivationSet;
        expect(numbers('#deactivation\\.specific tbody')).toEqual([
            ...set.baseline,
            ...set.values.flat(),
            ...set.change.flat(),
            ...set.control.flat(),
            ...set.beyondControl.flat(),
            ...set.samples.flat(),
            ...set.neurons,
        ]);
    });

    it('escapes everything a user names', async () => {
        const evil = '<script>alert("x")</script>&\'';
        const base = buildInput({ languages: [evil, 'en', '__proto__'] });
        const { text, tree } = await writtenPage({
            ...base,
            title: evil,
            source: {
                model: { name: evil, architecture: evil, quantization: evil, fingerprint: evil },
                dataset: { name: evil, hash: evil },
                versions: { [evil]: evil },
            },
            generatedBy: { version: evil, command: evil },
            notes: [evil],
        });
        expect(text.match(/<script/g)).toHaveLength(1);
        expect(selectAll('script', tree)).toHaveLength(1);
        expect(toString(select('h1', tree) ?? tree)).toBe(evil);
        expect(toString(select('title', tree) ?? tree)).toBe(evil);
    });
});

describe('unusual inputs', () => {
    it.each([
        { l: 2, layers: 1 },
        { l: 30, layers: 100 },
        { l: 10, layers: 1, specific: 0 },
        { l: 15, layers: 49 },
        { languages: ['zho_Hans', 'a very long name of a language', 'línea\nrota'], layers: 3 },
    ])('%o make figures without warnings or broken numbers', async (options) => {
        const remarks: unknown[] = [];
        const listen = (remark: unknown): void => void remarks.push(remark);
        figureRemarks.subscribe(listen);
        const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
        const error = vi.spyOn(console, 'error').mockImplementation(() => undefined);
        const files = await written(buildInput(options));
        for (const [name, text] of files) {
            if (name.endsWith('.svg')) expect(text, name).not.toMatch(/NaN|undefined|Infinity/);
        }
        expect(files.get('report.html')).not.toMatch(/undefined|\[object/);
        figureRemarks.unsubscribe(listen);
        expect(remarks).toEqual([]);
        expect(warn).not.toHaveBeenCalled();
        expect(error).not.toHaveBeenCalled();
    });

    it('shows values that are not finite, and draws all the others', async () => {
        const languages = ['en', 'de', 'fr', 'sw'];
        const set = buildSet(languages, 1);
        const replaced = (grid: DeactivationSet['values'], r: number, value: unknown) =>
            grid.map((row, index) => row.map((cell, c) => (index === r && c === r ? value : cell))) as number[][];
        let broken: DeactivationSet = set;
        // null is what JSON makes of the others.
        for (const [r, value] of [Infinity, NaN, null].entries()) {
            broken = {
                ...broken,
                values: replaced(broken.values, r, value),
                change: replaced(broken.change, r, value),
            };
        }
        const input = {
            ...buildInput({ languages }),
            matrices: [{ ...buildMatrix(languages), sets: { specific: broken } }],
        };
        const files = await written(input);
        const svg = files.get('figures/deactivation.specific.svg') ?? '';
        for (const text of ['>+∞<', '>NaN<', '>n/a<']) expect(svg).toContain(text);
        expect(svg.replace('>NaN<', '')).not.toMatch(/NaN|undefined|null/);
        const csv = (files.get('tables/deactivation.specific.csv') ?? '').split('\n').slice(1);
        expect(csv[0]?.split(',').filter((_, i) => [4, 7, 12].includes(i))).toEqual([
            'Infinity',
            'Infinity',
            'Infinity',
        ]);
        expect(csv[5]?.split(',').filter((_, i) => [4, 7, 12].includes(i))).toEqual(['NaN', 'NaN', 'NaN']);
        expect(csv[10]?.split(',').filter((_, i) => [4, 7, 12].includes(i))).toEqual(['', '', '']);
        const page = files.get('report.html') ?? '';
        expect(page).toContain('2 of 2 languages (2 rows left out');
    });

    it('greys what too few right answers cannot tell, keeps its number, and says why when pointed at', async () => {
        const languages = ['en', 'de', 'sw'];
        const matrices = [buildAccuracy(languages, [19, 8, 4], [6, 7, 4])];
        const files = await written({ ...buildInput({ languages }), matrices });
        const svg = files.get('figures/accuracy.specific+related.svg') ?? '';
        const hovers = [...svg.matchAll(/<title>([^<]*)<\/title>/g)].map((match) => match[1]);
        // The column of sw, in each of two panels of three rows.
        const why = 'The whole model answers 4 of 20 questions rightly: even a fall to 0 would not differ from chance';
        expect(hovers.filter((hover) => hover?.endsWith(`${why} (p = 0.125).`))).toHaveLength(6);
        expect(hovers).toContain('Neurons removed of de, accuracy in itself: \u221235\u00a0points.');
        expect(svg).toContain('>\u221220<');
        expect(svg).toContain('grey: does not differ');
        expect(files.get('report.html')).toContain('A cell is grey too where the whole model answers fewer than 6');
    });

    it('colours what differs from the control alone, and greys the rest', async () => {
        const matrices = [buildAccuracy(['en', 'de'], [19, 8], [6, 0])];
        const files = await written({ ...buildInput({ languages: ['en', 'de'] }), matrices });
        const svg = files.get('figures/accuracy.specific+related.svg') ?? '';
        const grey = svg.match(new RegExp(`fill="${colors.noise}"`, 'g'));
        expect(grey).toHaveLength(7); // of 8 cells; en without its neurons is coloured
        expect(svg).not.toContain('font-weight="bold"');
        // The colour bar shows what the cells have: harm only.
        expect(svg).not.toMatch(/>\+\d+</);
    });
});
