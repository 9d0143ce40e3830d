import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildSite, type SiteFiles } from '../../../src/explore/buildSite.js';
import { createSiteServer } from '../../../src/explore/exploreServer.js';
import { strongestTokens } from '../../../src/examples/strongestTable.js';
import { examplesPath, readExamplesHead } from '../../../src/examples/examplesFile.js';
import { shownToken } from '../../../src/effects/shownToken.js';
import { writeEffects } from '../../../src/effects/effectsFile.js';
import type { SiteTokens } from '../../../src/explore/tokensFormat.js';
import { exportSite } from '../../../src/explore/exportSite.js';
import type { SiteSummary } from '../../../src/explore/siteFormat.js';
import { folderOfTest, temporaryFolder } from '../../helpers/temporaryFolder.js';
import { someActivations, writeExploredRun } from '../../helpers/exploredRun.js';
import { writeSomeExamples } from '../../helpers/someExamples.js';
import { writeNeurons } from '../../../src/neurons/analysis/neuronsFile.js';
import { buildMatrix } from '../report/fixture.js';
import { writeActivations } from '../../../src/activations/activationsFile.js';

const folder = temporaryFolder();
let site: SiteFiles;
beforeAll(async () => {
    await writeExploredRun(folder, 'a <b>model</b>', buildMatrix);
    site = await buildSite(folder);
});

describe('a site', () => {
    it('has the page, its summary and its columns', () => {
        expect([...site.keys()]).toEqual(
            expect.arrayContaining(['index.html', 'data/site.json', 'data/counts.0.bin', 'data/routed.0.bin']),
        );
        const summary = JSON.parse(site.get('data/site.json')!().toString()) as SiteSummary;
        expect(summary.title).toBe('Language neurons of a <b>model</b>');
        expect(summary.languages.map(({ tag, own, rightToLeft }) => [tag, own, rightToLeft])).toEqual([
            ['en', 'English', false],
            ['de', 'Deutsch', false],
            ['zh', '中文', false],
            ['ar', 'العربية', true],
            ['hi', 'हिन्दी', false],
        ]);
        expect(summary.sites.map(({ name }) => name)).toEqual([
            'layer 0',
            'layer 1',
            'layer 2, experts',
            'layer 2, shared expert',
            'layer 3',
        ]);
        expect(summary.warnings).toEqual([expect.stringMatching(/^The perplexity was measured on another model/)]);
    });

    it('is written as files, the same that are served', async () => {
        const out = join(folder, 'site');
        const { page, files, bytes } = await exportSite(folder, out);
        expect(page).toBe(join(out, 'index.html'));
        const written = readdirSync(out, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
        expect(written).toHaveLength(files);
        expect(files).toBe(site.size);
        let sum = 0;
        for (const [path, content] of site) {
            const data = readFileSync(join(out, path));
            expect(data.equals(await content()), path).toBe(true);
            sum += data.length;
        }
        expect(bytes).toBe(sum);
    });

    it.each([
        ['of another model of the same shape', { fingerprint: 'other' }, 128],
        ['of another shape, where the model is not known', { fingerprint: '' }, 96],
    ])('has no examples %s', async (_what, model, width) => {
        const own = folderOfTest();
        const analysis = await writeExploredRun(own, 'a model', buildMatrix);
        const paths = async (): Promise<string[]> =>
            [...(await buildSite(own)).keys()].filter((path) => /^data\/(examples|tokens)/.test(path));
        expect((await paths()).length).toBeGreaterThan(2);
        const activations = someActivations('another', analysis.languages);
        const { source, sites } = activations;
        const others = sites!.map((site) =>
            site.kind === 'routed' ? { ...site, width: (width * site.width) / 128 } : site,
        );
        const of = { ...activations, sites: others, source: { ...source, model: { ...source.model, ...model } } };
        await writeSomeExamples(own, of, analysis, [[0, 7]]);
        if (model.fingerprint === '') {
            // as of counts that others published
            const unknown = { ...analysis.source, model: { ...analysis.source.model, fingerprint: '' } };
            await writeNeurons(join(own, 'neurons.json'), { ...analysis, source: unknown });
        }
        expect(await paths()).toEqual([]);
    });

    it('is not made of counts that the neurons are not from', async () => {
        const other = folderOfTest();
        await writeExploredRun(other, 'm', buildMatrix);
        const activations = someActivations('m');
        activations.counts[0]![3]! += 1n;
        await writeActivations(join(other, 'activations.safetensors'), activations);
        await expect(buildSite(other)).rejects.toThrow(/neurons\.json was made from other counts .*run identify again/);
    });
});

it('tokens of the site are those of the examples and the effects, in blocks of few KiB', async () => {
    const own = folderOfTest();
    const analysis = await writeExploredRun(own, 'm', buildMatrix);
    const neurons = [{ neuron: [1, 3] as [number, number], raised: [[5, 2]] as [number, number][], lowered: [] }];
    await writeEffects(own, { model: analysis.source!.model.fingerprint, tokens: { 5: ' a\u202e' }, neurons });
    const files = [...(await buildSite(own))].filter(([path]) => path.startsWith('data/tokens.'));
    expect(files.length).toBeGreaterThan(0);
    const contents = await Promise.all(files.map(([, content]) => content()));
    for (const content of contents) expect(content.length).toBeLessThan(96 * 1024);
    const all = contents.flatMap((content) => (JSON.parse(content.toString()) as SiteTokens).neurons);
    expect(all.map(({ flat }) => flat)).toEqual(all.map(({ flat }) => flat).toSorted((a, b) => a - b));
    expect(all.find(({ flat }) => flat === 303)).toEqual({ flat: 303, languages: {}, raised: ['▁a\\u{202e}'] });
    const head = (await readExamplesHead(examplesPath(own)))!;
    expect(all.filter(({ strongest }) => strongest !== undefined)).toHaveLength(head.neurons.length);
    const { strongest, languages } = all.find(({ flat }) => flat === 7)!;
    const place = head.neurons.findIndex((one) => String(one) === '0,7');
    expect(strongest).toEqual(strongestTokens(head, place).map((token) => shownToken(token)));
    expect(Object.keys(languages)).toEqual(head.languages);
    expect(languages.de).toContain('Fra');
    expect(languages.zh).not.toContain('Fra');
});

describe('its server', () => {
    const token = 'T0ken-_';
    const ask = (url: string, headers: Record<string, string> = {}) =>
        createSiteServer(site, token).inject({ url, headers: { host: '127.0.0.1:80', ...headers } });

    it('gives every file under its token', async () => {
        for (const [path, content] of site) {
            const { statusCode, rawPayload, headers } = await ask(`/${token}/${path}`);
            expect(statusCode, path).toBe(200);
            expect(rawPayload.equals(await content()), path).toBe(true);
            expect(headers['x-content-type-options']).toBe('nosniff');
        }
        const page = await ask(`/${token}/`);
        expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
        expect(page.body).toBe(site.get('index.html')!().toString());
    });

    it.each([
        '/',
        '/index.html',
        '/wrong/',
        '/wrong/data/site.json',
        `/${token}`,
        `/${token}/../package.json`,
        `/${token}x/`,
    ])('gives nothing at %s', async (url) => {
        const { statusCode, body } = await ask(url);
        expect(statusCode).toBe(404);
        expect(body).not.toContain(token === url.slice(1) ? '<html' : 'language-neurons/explore');
    });

    it.each([{ host: 'evil.example' }, { host: 'evil.example:80' }, { origin: 'https://evil.example' }])(
        'refuses what another site asks: %j',
        async (headers) => {
            const { statusCode } = await ask(`/${token}/data/site.json`, headers);
            expect(statusCode).toBe(403);
        },
    );
});
