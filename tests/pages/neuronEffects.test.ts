import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EffectsFile, writeEffects } from '../../src/effects/effectsFile.js';
import { keptTokens } from '../../src/effects/tokenEffects.js';
import { buildSite } from '../../src/explore/buildSite.js';
import { effectsPath, type SiteEffects } from '../../src/explore/effectsFormat.js';
import { serveSite } from '../../src/explore/exploreServer.js';
import { blockBytes } from '../../src/explore/siteFormat.js';
import { browserPath, openBrowser, openPage, windows, wrongInThemes } from '../helpers/browser.js';
import { writeExploredRun } from '../helpers/exploredRun.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';
import { buildMatrix } from '../unit/report/fixture.js';

const hostile = `\u202e\n<script>document.title = 'taken'</script>${'x'.repeat(10_000)}`;
const texts = [' the', '北', 'แมว', 'кот', 'קוֹל', hostile, '\udce4\udcbd', '', '1.', '😀'];
/** Where screenshots go, to be looked at. */
const shots = process.env.LANGUAGE_NEURONS_SHOTS;

/** Effects of every third neuron of the first layer, and of some of an expert's. */
function someEffects(): EffectsFile {
    const tokens = Object.fromEntries(Array.from({ length: 400 }, (_, i) => [i, texts[i % texts.length]!]));
    const effect = (i: number, j: number): number =>
        createHash('sha256').update(`${i} ${j}`).digest().readUInt32LE() / 2 ** 32 + 0.1;
    const list = (i: number, sign: 1 | -1): [number, number][] =>
        Array.from({ length: keptTokens }, (_, j): [number, number] => [
            (i + j + sign) % 400,
            sign * effect(i, j),
        ]).sort((a, b) => sign * (b[1] - a[1]));
    const first = Array.from({ length: 100 }, (_, i): [number, number] => [0, 3 * i + 1]);
    const neurons = [...first, [2, 3 * 40 + 7] as [number, number]].map((neuron, i) => ({
        neuron,
        raised: list(i + 1, 1),
        lowered: list(i + 1, -1),
    }));
    return { model: 'f', tokens, neurons };
}

describe('the effects in the data of explore', () => {
    const folder = temporaryFolder();

    it('are cut into blocks of whole neurons, with scripts and languages of tokens', async () => {
        await writeExploredRun(folder, 'a model', buildMatrix);
        expect([...(await buildSite(folder)).keys()].filter((path) => path.includes('effects'))).toEqual([]);
        const file = someEffects();
        await writeEffects(folder, file);
        const site = await buildSite(folder);
        const summary = JSON.parse(String(site.get('data/site.json')!())) as { effects: number[] };
        const blocks = summary.effects.map((_, i) => site.get(effectsPath(i))!() as Buffer);
        expect(blocks.length).toBeGreaterThan(1);
        for (const block of blocks) expect(block.length).toBeLessThanOrEqual(blockBytes);
        const parsed = blocks.map((block) => JSON.parse(String(block)) as SiteEffects);
        expect(parsed.map(({ neurons }) => neurons[0]!.flat)).toEqual(summary.effects);
        const all = parsed.flatMap(({ neurons }) => neurons);
        expect(all.map(({ flat }) => flat)).toEqual([...Array.from({ length: 100 }, (_, i) => 3 * i + 1), 727]);
        const shown = new Map(all.flatMap(({ raised }) => raised).map((token) => [token.text, token]));
        expect(shown.get('▁the')).toMatchObject({ script: 'Latn' });
        expect(shown.get('▁the')).not.toHaveProperty('language'); // English and German are written so
        expect(shown.get('北')).toMatchObject({ script: 'Hani', language: 'zh' });
        expect(shown.get('кот')).toMatchObject({ script: 'Cyrl' });
        expect(shown.get('‹e4bd›')).not.toHaveProperty('script');
        await writeEffects(folder, { ...file, model: 'another' });
        expect([...(await buildSite(folder)).keys()].filter((path) => path.includes('effects'))).toEqual([]);
    });
});

describe.skipIf(browserPath === undefined)('the tokens of a neuron on the page of explore', () => {
    const folder = temporaryFolder();
    const stop = new AbortController();
    let browser: Browser;
    let url: string;
    let ended: Promise<void>;

    beforeAll(async () => {
        await writeExploredRun(folder, 'a model', buildMatrix);
        await writeEffects(folder, someEffects());
        const site = await buildSite(folder);
        url = await new Promise((onStart) => (ended = serveSite(site, { signal: stop.signal, onStart })));
        browser = await openBrowser();
    });
    afterAll(async () => {
        await browser.close();
        stop.abort();
        await ended;
    });

    it.each(windows)('are shown as text at $width px, in light and dark', async (size) => {
        const opened = await openPage(browser, `${url}#/neuron/0:1`, size);
        const { page } = opened;
        await page.waitForSelector('.effects tbody tr');
        expect(await page.locator('.effects .raised tbody tr').count()).toBe(keptTokens);
        expect(await page.locator('.effects .lowered tbody tr').count()).toBe(keptTokens);
        const words = await page.locator('.effects').innerText();
        expect(words).toContain('<script>');
        expect(words).toContain('\\u{202e}');
        expect(words).toContain('Han, zh');
        expect(await page.title()).not.toBe('taken');
        const wrong = await wrongInThemes(opened, async (colorScheme) => {
            if (shots === undefined) return;
            const path = join(shots, `effects-${size.width}-${colorScheme}.png`);
            await page.locator('.effects').screenshot({ path });
        });
        expect(wrong).toEqual([]);
        await page.close();
    });

    it("are those of another block for an expert's neuron, and none where none were computed", async () => {
        const page = await browser.newPage();
        await page.goto(`${url}#/neuron/2:3:7`);
        await page.waitForSelector('.effects tbody tr');
        for (const name of ['0:2', '0:0', '3:5']) {
            await page.goto(`${url}#/neuron/${name}`);
            await page.waitForFunction(`document.querySelector('h1').innerText.includes(${JSON.stringify(name)})`);
            await page.getByText('was not computed').waitFor();
        }
        await page.close();
    });
});
