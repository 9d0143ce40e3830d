import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { select, selectAll } from 'hast-util-select';
import { toString } from 'hast-util-to-string';
import { beforeEach, describe, expect, it } from 'vitest';
import { writeEffects } from '../../../src/effects/effectsFile.js';
import { examplesPath, writeExamples } from '../../../src/examples/examplesFile.js';
import { noExamples } from '../../../src/examples/NeuronExamples.js';
import { routeTo } from '../../../src/explore/page/data/routeText.js';
import { analysisSites, type NeuronAnalysis } from '../../../src/neurons/analysis/NeuronAnalysis.js';
import { neuronLink, siteLink } from '../../../src/report/input/siteLink.js';
import { writeExploredRun } from '../../helpers/exploredRun.js';
import { reportPageOn } from '../../helpers/reportPage.js';
import { folderOfTest } from '../../helpers/temporaryFolder.js';
import { buildMatrix } from './fixture.js';

const text = (node: Parameters<typeof toString>[0]): string => toString(node).trim();
let folder: string;
let analysis: NeuronAnalysis;
beforeEach(async () => {
    folder = folderOfTest();
    analysis = await writeExploredRun(folder, 'a model', (languages) => buildMatrix(languages));
    for (const name of ['effects.json', 'examples.safetensors']) rmSync(join(folder, name), { force: true });
});

async function listed(site?: string) {
    const { tree, warnings } = await reportPageOn(folder, { site });
    return { warnings, list: select('#neurons-list', tree)! };
}

/** Files of tokens of the neurons that are specific to German. */
async function writeTokens(model: string): Promise<void> {
    const sites = analysisSites(analysis);
    const neurons = analysis.neurons.specific.de!;
    const head = {
        ...{ languages: analysis.languages, sites, neurons, edges: [0, 1], seed: 1 },
        ...{ tokens: {}, kinds: {}, wordBeginnings: 0, key: 'k', done: {} },
        ...{ vocabulary: ['Straße', '\udce4\udcbd', '<b>\u202e'], strongest: neurons.map(() => [[0, 1, 2]]) },
        source: { ...analysis.source, model: { ...analysis.source.model, fingerprint: model } },
    };
    const none = neurons.map(() => noExamples);
    await writeExamples(examplesPath(folder), head, none);
    const raised = [[7, 2] as const, [8, 1] as const];
    await writeEffects(folder, {
        model,
        tokens: { 7: ' und', 8: '\udce4' },
        neurons: neurons.map((neuron) => ({ neuron, raised, lowered: [] })),
    });
}

describe('the neurons of each language', () => {
    it('are those with the lowest scores, and say which commands tell more', async () => {
        const { list } = await listed();
        const rows = selectAll('tbody tr', list);
        const own = (language: string): number =>
            analysis.neurons.specific[language]!.length + analysis.neurons.related[language]!.length;
        expect(rows).toHaveLength(analysis.languages.reduce((sum, language) => sum + Math.min(5, own(language)), 0));
        expect(selectAll('thead th', list).map(text)).toEqual(['language', 'neuron', 'class', 'active in it']);
        expect(selectAll('code', list).map(text)).toEqual(['examples', 'effects']);
        expect(selectAll('a', list)).toEqual([]);
    });

    it('have their strongest tokens and those that they raise, bytes and hostile ones as text', async () => {
        await writeTokens(analysis.source.model.fingerprint);
        const { list } = await listed();
        const rows = selectAll('tbody tr', list).filter((row) => text(row).startsWith('de '));
        const specific = rows.filter((row) => selectAll('td', row).some((cell) => text(cell) === 'specific'));
        expect(specific.length).toBeGreaterThan(0);
        for (const row of specific)
            expect(selectAll('bdi', row).map(text)).toEqual(['Straße', '‹e4bd›', '<b>\\u{202e}', '▁und', '‹e4›']);
        expect(selectAll('thead th', list).map(text).slice(4)).toEqual(['most active for', 'raises']);
        expect(selectAll('code', list)).toEqual([]);
    });

    it('have none of another model, and the page says so', async () => {
        await writeTokens('another');
        const { list, warnings } = await listed();
        expect(selectAll('bdi', list)).toEqual([]);
        expect(warnings).toContain('examples.safetensors is of another model and is not shown.');
        expect(warnings).toContain('effects.json is of another model and is not shown.');
    });

    it('link to the explorer’s page where it is', async () => {
        const { list } = await listed('https://example.org/a site/?x#y');
        const links = selectAll('tbody a', list).map(({ properties }) => String(properties.href));
        expect(links[0]).toMatch(/^https:\/\/example\.org\/a%20site\/\?x#\/neuron\/\d/);
        mkdirSync(join(folder, 'site'));
        writeFileSync(join(folder, 'site', 'index.html'), '');
        expect(selectAll('tbody a', (await listed()).list)[0]!.properties.href).toMatch(
            /^site\/index\.html#\/neuron\//,
        );
    });
});

describe('siteLink', () => {
    it('gives what the explorer’s routes are, refuses a folder without a site, and takes no other scheme', () => {
        expect(neuronLink('s', '2:shared:7')).toBe(`s${routeTo('neuron', {}, '2:shared:7')}`);
        expect(siteLink(folder, folder, undefined)).toBeUndefined();
        for (const site of [join(folder, 'nowhere'), 'javascript:alert(1)'])
            expect(() => siteLink(folder, folder, site)).toThrow(/holds no index\.html; write the site there/);
        expect(() => siteLink(folder, folder, 'http://')).toThrow('must be an address or a folder');
        mkdirSync(join(folder, 'a#b'));
        writeFileSync(join(folder, 'a#b', 'index.html'), '');
        expect(siteLink(folder, join(folder, 'out'), join(folder, 'a#b'))).toBe('../a%23b/index.html');
    });
});
