import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeReport } from '../../src/report/writeReport.js';
import { browserPath, openBrowser, openPage, wrongInThemes } from '../helpers/browser.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';
import { buildAnswers, buildComparison, buildInput } from '../unit/report/fixture.js';

const hostile = `<script>document.title='hit'</script>\u202Egnirts\u202C ${'x'.repeat(20_000)}`;

describe.skipIf(browserPath === undefined)('the report in a browser', () => {
    const folder = temporaryFolder();
    let address: string;
    let browser: Browser;

    beforeAll(async () => {
        const base = {
            ...buildInput({ languages: ['en', 'de', 'zh', 'ar'], folds: 5 }),
            comparison: buildComparison(),
            answers: [buildAnswers(['en', 'de', 'zh', 'ar'], hostile)],
        };
        const source = {
            ...base.source,
            dataset: { ...base.source.dataset, name: `/very/long/${'path/'.repeat(60)}` },
        };
        const { html } = await writeReport(folder, { ...base, source, title: hostile, notes: [hostile] });
        address = pathToFileURL(html).href;
        browser = await openBrowser();
    });
    afterAll(() => browser.close());

    async function opened(width: number, options: Parameters<Browser['newPage']>[0] = {}): Promise<Page> {
        const page = await browser.newPage({ viewport: { width, height: 900 }, ...options });
        await page.goto(address);
        return page;
    }

    it.each([390, 1300, 2560])('fits %i px', async (width) => {
        const page = await opened(width);
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
        await page.close();
    });

    it('has no violation that axe finds, in light and dark', async () => {
        const shown = await openPage(browser, address);
        expect(await wrongInThemes(shown)).toEqual([]);
        await shown.page.close();
    });

    it('asks for nothing, and shows a hostile text as text', async () => {
        const page = await browser.newPage();
        const asked: string[] = [];
        page.on('request', (request) => asked.push(request.url()));
        await page.goto(address);
        expect(asked).toEqual([address]);
        expect(await page.locator('h1').textContent()).toBe(hostile);
        expect(await page.title()).not.toBe('hit');
        await page.close();
    });

    it('reaches every chapter from its contents', async () => {
        const page = await opened(1300);
        const links = page.locator('nav a');
        expect(await links.count()).toBeGreaterThan(10);
        for (const link of await links.all()) {
            const id = (await link.getAttribute('href'))!.slice(1);
            await link.click();
            const top = await page.locator(`[id="${id}"]`).evaluate((part) => part.getBoundingClientRect().top);
            expect(top, id).toBeLessThan(900);
            expect(top, id).toBeGreaterThan(-1);
        }
        await page.close();
    });

    it('sorts a table both ways by a click on a heading', async () => {
        const page = await opened(1300);
        const section = page.locator('#languages');
        await section.locator('summary').click();
        const heading = section.locator('th[scope=col]').nth(4);
        const totals = async (): Promise<number[]> => {
            const cells = await section.locator('tbody tr td:nth-child(5) data').all();
            return Promise.all(cells.map(async (cell) => Number(await cell.getAttribute('value'))));
        };
        const before = await totals();
        await heading.locator('button').click();
        expect(await totals()).toEqual([...before].sort((a, b) => a - b));
        expect(await heading.getAttribute('aria-sort')).toBe('ascending');
        await heading.locator('button').click();
        expect(await totals()).toEqual([...before].sort((a, b) => b - a));
        await page.close();
    });

    it.each(['SVG', 'PNG', 'CSV'])('saves a figure as %s', async (kind) => {
        const page = await opened(1300);
        const [download] = await Promise.all([
            page.waitForEvent('download'),
            page.locator('#languages .downloads > *', { hasText: kind }).click(),
        ]);
        expect(download.suggestedFilename()).toBe(`languages.${kind.toLowerCase()}`);
        const bytes = readFileSync(await download.path());
        const begins = { SVG: '<svg', PNG: '\u0089PNG', CSV: 'language,' }[kind]!;
        expect(bytes.toString('latin1').slice(0, begins.length)).toBe(begins);
        await page.close();
    });

    it('reads without scripts', async () => {
        const page = await opened(1300, { javaScriptEnabled: false });
        expect(await page.locator('main figure svg').count()).toBeGreaterThan(10);
        expect(await page.locator('.downloads a').count()).toBeGreaterThan(10);
        await page.close();
    });
});
