import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, normalize } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { buildSite } from '../../src/explore/buildSite.js';
import { serveSite } from '../../src/explore/exploreServer.js';
import { exportSite } from '../../src/explore/exportSite.js';
import { languageTag } from '../../src/languages/languageTag.js';
import {
    browserPath,
    openBrowser,
    openPage,
    overflow,
    violations,
    widths,
    windows,
    wrongInThemes,
} from '../helpers/browser.js';
import { floresCodes } from '../helpers/floresCodes.js';
import { writeExploredResults } from '../helpers/exploredResults.js';
import { writeExploredRun } from '../helpers/exploredRun.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';
import { buildMatrix } from '../unit/report/fixture.js';

const hostile = `<script>document.title = 'taken'</script>\u202egnp.exe${'x'.repeat(300)}`;
const hostileLanguage = '<img src=x onerror="document.title=1">';
const views = {
    overview: '#/overview?matrix=0&order=effect',
    'other results': '#/overview?matrix=6&order=family&side=control&dose=1&doses=family&shared=script&experts=2',
    neurons: '#/neurons',
    'neurons of a range': '#/neurons?classes=any&p=zh,0.2,0.6&sort=en&order=descending',
    'neurons of a token': '#/neurons?classes=any&token=die&among=de',
    'a neuron': '#/neuron/0:7',
    "an expert's neuron": '#/neuron/2:3:7',
} as const;

/** A file server as plain as can be: no ranges, no compression, types by their endings. */
async function plainServer(folder: string): Promise<{ readonly url: string; readonly server: Server }> {
    const types: Readonly<Record<string, string>> = { html: 'text/html', js: 'text/javascript', css: 'text/css' };
    const server = createServer(({ url = '/' }, response) => {
        const path = join(folder, normalize(new URL(url, 'http://x').pathname), url.endsWith('/') ? 'index.html' : '');
        if (!existsSync(path) || !statSync(path).isFile()) return void response.writeHead(404).end();
        response.writeHead(200, { 'content-type': types[path.split('.').at(-1)!] ?? 'application/octet-stream' });
        createReadStream(path).pipe(response);
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, server };
}

describe.skipIf(browserPath === undefined)('the page of explore', () => {
    const folder = temporaryFolder();
    const stop = new AbortController();
    let browser: Browser;
    let url: string;
    let ended: Promise<void>;

    beforeAll(async () => {
        await writeExploredResults(folder, await writeExploredRun(folder, hostile, buildMatrix));
        const site = await buildSite(folder);
        url = await new Promise((onStart) => (ended = serveSite(site, { signal: stop.signal, onStart })));
        browser = await openBrowser();
    });
    afterAll(async () => {
        await browser.close();
        stop.abort();
        await ended;
    });

    async function open(at: string, size?: Parameters<typeof openPage>[2]): ReturnType<typeof openPage> {
        const opened = await openPage(browser, at, size);
        await opened.page.waitForFunction("!/Reading|Loading/.test(document.querySelector('main').innerText)");
        return opened;
    }

    const experts = '[aria-labelledby="experts"] td';
    const saved = 'button:enabled:text-is("CSV")'; // once the tokens are read
    /** What each view shows last. */
    const last: Readonly<Record<keyof typeof views, string>> = {
        overview: experts,
        'other results': experts,
        neurons: saved,
        'neurons of a range': saved,
        'neurons of a token': '.grid .row bdi',
        'a neuron': '[aria-labelledby="alike"] tbody tr',
        "an expert's neuron": '[aria-labelledby="alike"] tbody tr',
    };

    const found = async (page: Page): Promise<number> =>
        Number((await page.getByText('neurons, found in').innerText()).replace(/ .*/, '').replaceAll(',', ''));

    describe.each(windows)('$width pixels wide', (size) => {
        it.each(Object.entries(views))('shows %s without faults, in light and dark', async (_, view) => {
            const opened = await open(url + view, size);
            expect(await wrongInThemes(opened)).toEqual([]);
            expect(await opened.page.title()).toContain('<script>');
            await opened.page.close();
        });
    });

    it('filters, sorts and opens a neuron, and keeps each step in its address', async () => {
        const { page, faults } = await open(`${url}#/neurons`);
        const selected = await found(page);
        await page.getByText('related', { exact: true }).first().click();
        await expect.poll(() => found(page)).toBeLessThan(selected);
        await page.getByText('de', { exact: true }).first().click();
        await expect.poll(() => page.url()).toContain('languages=de');
        const rows = page.locator('.grid .row');
        await expect.poll(() => rows.first().locator('.languages').innerText()).toContain('de');
        await page.getByRole('button', { name: 'zh' }).click();
        await expect.poll(() => page.url()).toContain('sort=zh');
        const again = await open(page.url());
        await expect
            .poll(() => again.page.locator('.grid .row').first().innerText())
            .toBe(await rows.first().innerText());
        await again.page.close();
        const name = await rows.first().locator('.place').innerText();
        await rows.first().locator('a').click();
        await page.waitForSelector('.profile');
        expect(await page.locator('h1').innerText()).toContain(`Neuron ${name}`);
        await page.goBack();
        await expect.poll(() => page.url()).toContain('sort=zh');
        expect(faults).toEqual([]);
        await page.close();
    });

    it('is worked by the keyboard: the list, the map, the matrices', async () => {
        const { page } = await open(`${url}#/neurons?classes=any`);
        await page.getByRole('grid', { name: 'Neurons' }).focus();
        await page.keyboard.press('End');
        await page.keyboard.press('ArrowUp');
        const current = page.locator('.grid .row.current');
        const total = await found(page);
        await expect.poll(() => current.getAttribute('aria-rowindex')).toBe(String(total));
        const name = await current.locator('.place').innerText();
        await page.keyboard.press('Enter');
        await expect.poll(() => page.locator('h1').innerText()).toContain(`Neuron ${name}`);
        await page.goto(`${url}#/overview`);
        await page.locator('.map canvas').focus();
        for (const key of ['ArrowDown', '+', '+', 'ArrowRight']) await page.keyboard.press(key);
        await expect.poll(() => page.locator('.map output').innerText()).toMatch(/^Neuron 1:\d+/);
        await page
            .getByRole('grid', { name: /perplexity/ })
            .locator('[tabindex="0"]')
            .focus();
        await page.keyboard.press('ArrowRight');
        await expect.poll(() => page.locator('.tip').innerText()).toMatch(/^de, [\d,]+ neurons of en deactivated/);
        await page.keyboard.press('Escape');
        await expect.poll(() => page.locator('.tip').count()).toBe(0);
        await page.close();
    });

    it('answers a sceptic', async () => {
        const { page, faults } = await open(`${url}#/overview`);
        const section = page.locator('[aria-labelledby="checks"]');
        await expect.poll(() => section.locator('h2').innerText()).toBe('Would a sceptic believe it?');
        const asked = await section.innerText();
        expect(asked).toMatch(/Is it <i>chance<\/i>\?\n+Doubtful\. One of ten is; collect with folds\./);
        expect(asked).toMatch(/false share: 10\s% \(5\s% to 20\s%\)/);
        expect(await section.locator('code').allInnerTexts()).toEqual(['folds']);
        expect(faults).toEqual([]);
        await page.close();
    });

    it('orders a matrix, and tells the interval and the control of a cell', async () => {
        const { page, faults } = await open(`${url}#/overview`);
        const matrix = page.getByRole('grid', { name: /perplexity/ });
        const rows = (): Promise<string[]> => matrix.locator('tbody th b').allInnerTexts();
        await expect.poll(rows).toEqual(['en', 'de', 'zh', 'ar', 'hi']);
        const section = page.locator('[aria-labelledby="experiments"]');
        await section.getByLabel('Order').selectOption('family');
        // Semitic, then Germanic and Indic, then Sinitic: by the codes of ISO 639-5.
        await expect.poll(rows).toEqual(['ar', 'de', 'en', 'hi', 'zh']);
        await section.getByLabel('Order').selectOption('effect');
        await expect.poll(rows).toEqual(['ar', 'de', 'zh', 'en', 'hi']);
        await expect.poll(() => page.url()).toContain('order=effect');
        const cells = matrix.locator('td');
        await cells.nth(0).hover();
        expect(await page.locator('.tip').innerText()).toMatch(
            /^ar, [\d,]+ neurons of ar deactivated\nperplexity [\d.]+ becomes [\d.]+: \+\d+\s%, 95 % \+\d+\s% to \+\d+\s%\ndiffers from random neurons: q [<=] [\d.]+\nrandom neurons: /,
        );
        const grey = matrix.locator('td.plain').first();
        await grey.hover();
        expect(await page.locator('.tip').innerText()).toContain('Does not differ from random neurons (q = ');
        expect(await page.evaluate(`getComputedStyle(document.querySelector('.heat td.plain')).fontWeight`)).toBe(
            '400',
        );
        const own = await matrix.locator('tbody').innerText();
        await section.getByLabel('Shown').selectOption('control');
        await expect.poll(() => matrix.locator('tbody').innerText()).not.toBe(own);
        await section
            .getByLabel('Measured')
            .selectOption({ label: 'accuracy, specific + related neurons deactivated' });
        await expect.poll(() => page.getByRole('grid', { name: /accuracy/ }).count()).toBe(1);
        expect(faults).toEqual([]);
        await page.close();
    });

    it('shows the languages of the likeliest tokens, on average and of one language', async () => {
        const { page } = await open(`${url}#/overview`);
        const section = page.locator('[aria-labelledby="lens"]');
        const cells = section.locator('tbody tr:nth-child(2) td');
        await expect.poll(() => cells.count()).toBe(4);
        expect(await section.innerText()).toContain('It is English behind no layer');
        expect(await cells.allInnerTexts()).toEqual(['0', '25', '50', '75']);
        await section.getByLabel('Texts').selectOption({ index: 3 });
        expect(page.url()).toContain('lens=');
        expect(await section.locator('tbody tr:nth-child(3) td').allInnerTexts()).toEqual(['5', '5', '5', '5']);
        expect(await section.innerText()).toContain('40 tokens');
        await page.close();
    });

    it('shows dose curves, and two analyses beside each other', async () => {
        const { page } = await open(`${url}#/overview`);
        const doses = page.locator('[aria-labelledby="doses"]');
        await doses.locator('.panel').first().scrollIntoViewIfNeeded();
        await expect.poll(() => doses.locator('.panel canvas').count()).toBe(5);
        await doses.locator('.panel .u-over').first().hover();
        expect(await page.locator('.tip').innerText()).toMatch(
            /^en, [\d,]+ neurons deactivated \([\d.]+ %\)\nitself: \+/,
        );
        await doses.getByText('As a table').click();
        expect(await doses.locator('tbody tr').count()).toBe(15);
        const comparison = page.locator('[aria-labelledby="comparison"]');
        const [left, right] = await Promise.all(
            ['Before: base', 'After: aligned'].map((name) => comparison.getByText(name).boundingBox()),
        );
        expect(left!.y).toBe(right!.y);
        expect(left!.x + left!.width).toBeLessThan(right!.x);
        await page.close();
    });

    it('has only the cells in sight of a large matrix, and reads all of them by the keyboard', async () => {
        const names = [...new Set(floresCodes.map((code) => languageTag(code)!))].slice(0, 60);
        const other = join(folder, 'many');
        await writeExploredRun(other, 'm', buildMatrix, names);
        await exportSite(other, join(other, 'site'));
        const { url: plain, server } = await plainServer(join(other, 'site'));
        const { page, faults } = await open(`${plain}#/overview`);
        const matrix = page.getByRole('grid', { name: /perplexity, specific neurons/ });
        expect(await matrix.locator('[data-cell]').count()).toBeLessThan(1000);
        await matrix.locator('[tabindex="0"]').focus();
        await page.keyboard.press('Control+End');
        await expect.poll(() => page.evaluate('document.activeElement.dataset.cell')).toBe('59,59');
        const last = names.at(-1)!;
        expect(await page.locator('.tip').innerText()).toMatch(new RegExp(`^${last}, [\\d,]+ neurons of ${last} `));
        await page.keyboard.press('ArrowUp');
        await expect.poll(() => page.evaluate('document.activeElement.dataset.cell')).toBe('58,59');
        expect(await violations(page)).toEqual([]);
        expect(faults).toEqual([]);
        await page.close();
        server.close();
    });

    it('shows names of languages as text, whatever they are', async () => {
        const names = [hostileLanguage, 'de', '\u202eabc\u202d', 'x'.repeat(10_000), 'ar'];
        const other = join(folder, 'hostile');
        await writeExploredResults(other, await writeExploredRun(other, 'm', buildMatrix, names));
        await exportSite(other, join(other, 'site'));
        const { url: plain, server } = await plainServer(join(other, 'site'));
        for (const view of ['#/overview', '#/neurons', '#/neuron/0:7']) {
            for (const width of widths) {
                const { page, faults } = await open(plain + view, { width });
                expect(await overflow(page), view).toBeLessThanOrEqual(0);
                expect(await page.evaluate('document.documentElement.scrollHeight'), view).toBeLessThan(12_000);
                expect(await page.locator('main').innerText(), view).toContain(hostileLanguage);
                expect(await page.locator('main img, main script').count()).toBe(0);
                expect(faults).toEqual([]);
                await page.close();
            }
        }
        server.close();
    });

    it("shows a neuron's examples: whole characters, hostile texts as text, each in its direction", async () => {
        const { page, faults } = await open(`${url}#/neuron/0:7`);
        const examples = page.locator('section.examples');
        await examples.locator('.contexts .token').first().waitFor();
        const closed = examples.locator('details:not([open]) > summary');
        while ((await closed.count()) > 0) await closed.first().click();
        await expect.poll(() => examples.locator('bdi[lang="hi"][dir="ltr"]').count()).toBeGreaterThan(11);
        const line = (language: string) => examples.locator(`ul bdi[lang="${language}"]`).first();
        await expect.poll(() => line('zh').innerText()).toBe('人人有权享有休息。');
        expect(await line('zh').locator('.token').count()).toBe(6); // six bytes are two characters
        expect(await line('ar').getAttribute('dir')).toBe('rtl');
        expect(await line('ar').innerText()).toBe('لكل فرد الحق في الحياة 123 والحرية');
        expect(await line('hi').innerText()).toBe('सभी मनुष्यों को अधिकार');
        expect(await line('de').innerText()).toBe('Die Frau\u0308 grußt die Nachbarn.');
        expect(await line('en').innerText()).toContain(
            "The <script>document.title='taken'</script> [202E]gnp.exe[202C]⏎",
        );
        const colour = await line('de').locator('mark').evaluate('(one) => getComputedStyle(one).backgroundColor');
        expect(colour).not.toBe('rgba(0, 0, 0, 0)');
        expect(await violations(page)).toEqual([]);
        expect(await overflow(page)).toBeLessThanOrEqual(0);
        expect(faults).toEqual([]);
        await page.goto(`${url}#/neuron/0:8`);
        await expect.poll(() => examples.innerText()).toContain('No examples were collected of it');
        await page.close();
    });

    it('opens the neuron that is typed, and says which it does not know', async () => {
        const { page } = await open(`${url}#/neurons`);
        await page.getByLabel('Neuron', { exact: true }).fill('9:9');
        await page.getByRole('button', { name: 'Open' }).click();
        expect(await page.getByRole('alert').innerText()).toContain('no neuron "9:9"');
        await page.getByLabel('Neuron', { exact: true }).fill('2:shared:5');
        await page.getByRole('button', { name: 'Open' }).click();
        await expect.poll(() => page.locator('h1').innerText()).toContain('layer 2, shared expert');
        await page.goto(`${url}#/neuron/<img src=x>`);
        expect(await page.getByRole('alert').innerText()).toContain('no neuron "<img src=x>"');
        await page.close();
    });

    it('is the same from a plain file server', async () => {
        const out = join(folder, 'site');
        await exportSite(folder, out);
        const { url: plain, server } = await plainServer(out);
        for (const [name, view] of Object.entries(views)) {
            const [a, b] = [await open(url + view), await open(plain + view)];
            const words = (page: Page) => page.locator('main').innerText();
            for (const { page } of [a, b]) {
                await page.waitForSelector(last[name as keyof typeof views]);
                await expect.poll(() => words(page)).not.toContain('Reading ');
            }
            expect(b.faults).toEqual([]);
            const still = (text: string) => text.replace(/found in \d+ ms/, '');
            // Rows are asked for again when the tokens are read.
            await vi.waitFor(async () => expect(still(await words(b.page))).toBe(still(await words(a.page))), {
                timeout: 20_000,
            });
            await a.page.close();
            await b.page.close();
        }
        server.close();
    });

    it('says which file is missing', async () => {
        const page = await browser.newPage();
        await page.route('**/site.json', (route) => route.fulfill({ status: 404 }));
        await page.goto(url);
        await expect.poll(() => page.getByRole('alert').innerText()).toContain('data/site.json cannot be read: 404');
        await page.close();
        const broken = await browser.newPage();
        await broken.route('**/counts.0.bin', (route) => route.fulfill({ status: 200, body: 'short' }));
        await broken.goto(`${url}#/neurons`);
        await expect.poll(() => broken.getByRole('alert').innerText()).toContain('data/counts.0.bin has 5 bytes');
        await broken.close();
    });
});
