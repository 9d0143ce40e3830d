import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeEffects } from '../../src/effects/effectsFile.js';
import { explore } from '../../src/explore/explore.js';
import { languageTag } from '../../src/languages/languageTag.js';
import { browserPath, openBrowser, openPage, overflow, violations } from '../helpers/browser.js';
import { cli } from '../helpers/cli.js';
import { writeExploredRun } from '../helpers/exploredRun.js';
import { floresCodes } from '../helpers/floresCodes.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';
import { buildMatrix } from '../unit/report/fixture.js';

type Fields = readonly string[];

/** The fields of each line of a CSV file that has no line breaks within fields. */
function fieldsOf(text: string): Fields[] {
    const lines = text.trimEnd().split('\n');
    return lines.map((line) => Array.from(line.matchAll(/(?:^|,)("(?:[^"]|"")*"|[^,]*)/g), ([, field]) => field!));
}

describe.skipIf(browserPath === undefined)('the table of neurons', { timeout: 60_000 }, () => {
    const folder = temporaryFolder();
    const stop = new AbortController();
    const ended: Promise<void>[] = [];
    let browser: Browser;
    let url: string;

    const serve = (run: string): Promise<string> =>
        new Promise((onStart, reject) => {
            const served = explore(run, { signal: stop.signal, onStart });
            served.catch(reject);
            ended.push(served);
        });
    beforeAll(async () => {
        await writeExploredRun(folder, 'a model', buildMatrix);
        const tokens = { 1: ' raised by it', 2: 'y'.repeat(1_000_000) };
        const raised: [number, number][] = [
            [1, 2],
            [2, 1],
        ];
        await writeEffects(folder, { model: 'f', tokens, neurons: [{ neuron: [0, 7], raised, lowered: [] }] });
        url = await serve(folder);
        browser = await openBrowser();
    });
    afterAll(async () => {
        await browser.close();
        stop.abort();
        await Promise.all(ended);
    });

    const found = async (page: Page): Promise<number> =>
        Number((await page.getByText('neurons, found in').innerText()).replace(/ .*/, '').replaceAll(',', ''));

    it('finds neurons by their tokens, in one language or any, and shows hostile ones as text', async () => {
        const { page, faults } = await openPage(browser, `${url}#/neurons?classes=any`);
        const all = await found(page);
        const field = page.getByLabel('Token', { exact: true });
        await field.fill('NACH');
        await expect.poll(() => found(page)).toBeLessThan(all);
        expect(page.url()).toContain('token=NACH');
        const german = await found(page);
        expect(german).toBeGreaterThan(0);
        const first = page.locator('.grid .row').first();
        await expect.poll(() => first.locator('.tokens .high').innerText()).toBe('Nach');
        await page.getByLabel(/^among/).selectOption('zh');
        await expect.poll(() => found(page)).toBe(0);
        await page.getByLabel(/^among/).selectOption('raised');
        await field.fill('raised by it');
        await expect.poll(() => found(page)).toBe(1);
        await expect.poll(() => first.locator('.tokens .high').innerText()).toBe('▁raised▁by▁it');
        await page.getByLabel(/^among/).selectOption('any');
        await field.fill('<script>');
        await expect.poll(() => found(page)).toBeGreaterThan(german);
        const again = await openPage(browser, page.url());
        await expect.poll(() => found(again.page)).toBe(await found(page));
        await again.page.close();
        await field.fill('\u202eGNP');
        await expect.poll(() => first.locator('.tokens .high').first().innerText()).toBe('\\u{202e}gnp.exe');
        await field.fill('y'.repeat(1_000_000));
        await expect.poll(() => found(page)).toBe(1);
        expect((await first.locator('.tokens').innerText()).length).toBeLessThan(200);
        expect(await page.locator('.grid script').count()).toBe(0);
        expect(await page.title()).not.toBe('taken');
        expect(await overflow(page)).toBeLessThanOrEqual(0);
        expect(faults).toEqual([]);
        await page.close();
    });

    it('saves the neurons that are filtered, all of them, as `neurons` writes them', async () => {
        const { page, faults } = await openPage(browser, `${url}#/neurons?classes=any&sort=place`);
        const saved = async (): Promise<Fields[]> => {
            const download = page.waitForEvent('download');
            await page.getByRole('button', { name: 'CSV' }).click();
            const file = await download;
            expect(file.suggestedFilename()).toBe('neurons.csv');
            return fieldsOf(readFileSync(await file.path(), 'utf8'));
        };
        const [head, ...rows] = await saved();
        const out = join(folder, 'all.csv');
        await cli('neurons', folder, '--class', 'specific,related,general,none', '--out', out);
        const [wantedHead, ...wanted] = fieldsOf(readFileSync(out, 'utf8'));
        expect(head).toEqual(wantedHead);
        expect(rows.length).toBe(await found(page));
        const score = head!.indexOf('score');
        const byName = new Map(wanted.map((row) => [row[0], row]));
        for (const row of rows) {
            const other = byName.get(row[0])!;
            const [own, its] = [row, other].map((one) => one.toSpliced(score, 1));
            expect(own).toEqual(its);
            expect(Math.fround(Number(row[score]))).toBe(Math.fround(Number(other[score])));
        }
        await page.getByText('specific', { exact: true }).first().click();
        await expect.poll(() => found(page)).toBeLessThan(rows.length);
        expect(await saved()).toHaveLength((await found(page)) + 1);
        expect(faults).toEqual([]);
        await page.close();
    });

    it('is as wide as its columns need on a wide screen', async () => {
        const { page } = await openPage(browser, `${url}#/neurons?classes=any`, { width: 2560 });
        await page.waitForSelector('.grid .row');
        const grid = (await page.getByRole('grid', { name: 'Neurons' }).boundingBox())!;
        const rem = 16;
        const languages = (await page.locator('.grid .head .languages').boundingBox())!;
        expect(languages.width).toBeLessThanOrEqual(20 * rem + 1);
        const last = (await page.getByRole('columnheader').last().boundingBox())!;
        expect(grid.x + grid.width - last.x - last.width).toBeLessThan(3);
        expect(await overflow(page)).toBeLessThanOrEqual(0);
        await page.close();
    });

    it('has only the columns in sight of 204 languages, and the name of the neuron beside them', async () => {
        const many = join(folder, 'many');
        const names = [...new Set(floresCodes.map((code) => languageTag(code)!))];
        await writeExploredRun(many, 'm', buildMatrix, names);
        const { page, faults } = await openPage(browser, `${await serve(many)}#/neurons?classes=any`);
        const grid = page.getByRole('grid', { name: 'Neurons' });
        await page.waitForSelector('.grid .row');
        const total = names.length + 6;
        expect(await grid.getAttribute('aria-colcount')).toBe(String(total));
        const cells = (): Promise<number> => page.locator('.grid .row').first().getByRole('gridcell').count();
        expect(await cells()).toBeLessThan(30);
        const name = page.locator('.grid .row .place').first();
        const x = (await name.boundingBox())!.x;
        await grid.evaluate((box) => (box.scrollLeft = box.scrollWidth));
        const lastHead = page.getByRole('columnheader').last();
        await expect.poll(() => lastHead.getAttribute('aria-colindex')).toBe(String(total));
        expect(await lastHead.innerText()).toBe(names.at(-1));
        expect((await name.boundingBox())!.x).toBe(x);
        // Headings stand above their numbers.
        const under = page.locator(`.grid .row [aria-colindex="${total}"]`).first();
        expect((await under.boundingBox())!.x).toBe((await lastHead.boundingBox())!.x);
        expect(await cells()).toBeLessThan(40);
        // Tab goes through all headings, whether they exist yet or not.
        await grid.evaluate((box) => (box.scrollLeft = 0));
        await expect.poll(() => page.getByRole('columnheader', { name: names[0]!, exact: true }).count()).toBe(1);
        await page.getByRole('button', { name: names[0]!, exact: true }).focus();
        for (let k = 1; k < 40; k++) await page.keyboard.press('Tab');
        await expect.poll(() => page.evaluate('document.activeElement.innerText')).toBe(names[39]);
        expect(await violations(page)).toEqual([]);
        expect(faults).toEqual([]);
        await page.close();
    });
});
