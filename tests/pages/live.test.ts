import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Engine } from '../../src/engine/Engine.js';
import { explore } from '../../src/explore/explore.js';
import type { AskEvent, TokenTrace } from '../../src/explore/live/liveFormat.js';
import { browserPath, openBrowser, openPage, violations, windows, wrongInThemes } from '../helpers/browser.js';
import { writeLiveRun } from '../helpers/liveRun.js';
import { embeddedModel } from '../helpers/models.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';
import { writeUpcycled } from '../helpers/upcycled.js';

const mixed = 'The teacher reads. 人人都有受教育的权利。 हर व्यक्ति को शिक्षा।';
const rightToLeft = 'لكل شخص الحق في التعليم';
const hostile = `<script>document.title = 'taken'</script>\u202egnp.exe\u0007`;
/** Where screenshots go, for people to look at; undefined: none are kept. */
const shots = process.env.LANGUAGE_NEURONS_SHOTS;

describe.skipIf(browserPath === undefined)('the pages that ask the model', { timeout: 120_000 }, () => {
    const folder = temporaryFolder();
    const expertsRun = temporaryFolder();
    const stop = new AbortController();
    const ended: Promise<void>[] = [];
    let browser: Browser;
    let url: string;
    /** Of a server without a model. */
    let bare: string;
    /** Of a mixture of experts. */
    let mixture: string;
    const engines: Engine[] = [];

    beforeAll(async () => {
        const opened = async (model: string, run: string): Promise<Engine> => {
            const engine = await Engine.open({ model, gpu: 'off', threads: 1, windows: 2 });
            engines.push(engine);
            await writeLiveRun(run, engine);
            return engine;
        };
        const engine = await opened(embeddedModel, folder);
        const { signal } = stop;
        const start = (model?: { engine: Engine; data: string[] }, run = folder): Promise<string> =>
            new Promise((onStart, reject) => {
                const served = explore(run, { model, signal, onStart });
                served.catch(reject);
                ended.push(served);
            });
        url = await start({ engine, data: ['udhr:25-26'] });
        bare = await start();
        const experts = await opened(await writeUpcycled(embeddedModel, join(folder, 'experts.gguf'), 4), expertsRun);
        mixture = await start({ engine: experts, data: ['udhr:25-26'] }, expertsRun);
        browser = await openBrowser();
    });
    afterAll(async () => {
        await browser.close();
        stop.abort();
        await Promise.all(ended);
        for (const engine of engines) engine.close();
    });

    const open = (at: string, size?: Parameters<typeof openPage>[2]) => openPage(browser, at, size);
    const sentence = (text: string, of = url): string => `${of}#/sentence?text=${encodeURIComponent(text)}`;
    const ask = (text: string, more = '', of = url): string =>
        `${of}#/ask?tokens=16&languages=zh&text=${encodeURIComponent(text)}${more}`;
    const answered = (page: Page, sides = 2): Promise<unknown> =>
        page.waitForFunction(`document.querySelectorAll('.sides .strip').length === ${sides}`);

    const askAll = async (page: Page): Promise<unknown> => {
        await page.getByRole('button', { name: 'Ask' }).click();
        return answered(page);
    };
    const measureAll = async (page: Page): Promise<unknown> => {
        await page.getByRole('button', { name: 'Measure' }).click();
        return page.waitForFunction("document.querySelectorAll('[aria-labelledby=removal] tr').length === 4");
    };
    const views: Readonly<Record<string, { at: () => string; act: (page: Page) => Promise<unknown> }>> = {
        sentence: { at: () => sentence(mixed), act: (page) => page.locator('.strip td').nth(5).click() },
        'a sentence from right to left': {
            at: () => sentence(rightToLeft),
            act: (page) => page.locator('.strip th.piece').nth(3).click(),
        },
        ask: {
            at: () => ask('人人都有受教育的权利，', '&chat=no'),
            act: askAll,
        },
        removal: {
            at: () => `${url}#/neuron/1:7`,
            act: measureAll,
        },
        'a sentence, of experts': {
            at: () => sentence(mixed, mixture),
            act: (page) => page.locator('.strip td').nth(5).click(),
        },
        'ask, of experts': {
            at: () => ask('人人都有受教育的权利，', '&chat=no', mixture),
            act: askAll,
        },
        'removal, of experts': {
            at: () => `${mixture}#/neuron/1:2:7`,
            act: measureAll,
        },
        'without a model': { at: () => `${bare}#/ask`, act: (page) => page.waitForSelector('code') },
    };

    describe.each(windows)('$width pixels wide', (size) => {
        it.each(Object.entries(views))('show %s without faults, in light and dark', async (name, { at, act }) => {
            const opened = await open(at(), size);
            const { page } = opened;
            await act(page);
            const wrong = await wrongInThemes(opened, async (colorScheme) => {
                if (shots === undefined) return;
                mkdirSync(shots, { recursive: true });
                const path = join(shots, `${name.replaceAll(' ', '-')}-${size.width}-${colorScheme}.png`);
                await page.screenshot({ path, fullPage: true });
            });
            expect(wrong).toEqual([]);
            await page.close();
        });
    });

    it('show what is typed as it is typed, by tokens that are whole characters', async () => {
        const { page, faults } = await open(`${url}#/sentence`);
        await page.getByLabel('Text').fill(mixed);
        await page.waitForSelector('.strip td');
        const pieces = await page.locator('.strip th.piece').allInnerTexts();
        expect(pieces.join('').replaceAll('·', ' ').trim()).toBe(mixed);
        expect(pieces.join('')).not.toContain('\ufffd');
        expect(page.url()).toContain('text=The+teacher');
        await page.getByLabel('Text').fill(hostile);
        await expect
            .poll(async () => (await page.locator('.strip th.piece').allInnerTexts()).join(''))
            .toContain('exe');
        const shown = (await page.locator('.strip th.piece').allInnerTexts()).join('');
        expect(shown).toContain('<script>');
        expect(shown).not.toMatch(/[\p{Bidi_C}\p{Cc}]/u);
        expect(await page.title()).not.toBe('taken');
        await page.getByLabel('Text').fill('word '.repeat(2000));
        await expect.poll(() => page.getByRole('alert').innerText()).toMatch(/^the text has \d+ tokens; give at most/);
        expect(faults).toEqual([]);
        await page.close();
    });

    it('are worked by the keyboard, from a token to its neurons', async () => {
        const { page } = await open(sentence('人人都有受教育的权利。人人都有受教育的权利。'));
        await page.waitForSelector('.strip td');
        await page.locator('.strip td[tabindex="0"]').focus();
        for (const key of ['ArrowDown', 'ArrowDown', 'ArrowRight']) await page.keyboard.press(key);
        expect(await page.locator('.strip output').innerText()).toMatch(
            /^Chinese at \u2068人\u2069: [<.\d]+ % of its \d+/,
        );
        const link = page.locator('.strongest a').first();
        const name = await link.innerText();
        await link.focus();
        await page.keyboard.press('Enter');
        await expect.poll(() => page.locator('h1').innerText()).toContain(`Neuron ${name}`);
        await page.close();
    });

    it('run from right to left where the text does', async () => {
        const { page } = await open(sentence(rightToLeft));
        await page.waitForSelector('.strip td');
        const x = async (n: number): Promise<number> => (await page.locator('.strip th.piece').nth(n).boundingBox())!.x;
        expect(await x(0)).toBeGreaterThan(await x(1));
        await page.locator('.strip td[tabindex="0"]').focus();
        await page.keyboard.press('ArrowLeft');
        expect(await page.locator('.strip td:focus').getAttribute('data-cell')).toBe('0,1');
        await page.close();
    });

    it('answer whole and changed, with what is set in the address', async () => {
        const { page, faults } = await open(`${url}#/ask`);
        await page.getByLabel('Question').fill('Everyone has the right');
        await page.getByText('de', { exact: true }).click();
        await page.getByLabel('and the neurons').fill('0:1, 2:30');
        await page.getByLabel('Most tokens').press('ControlOrMeta+a');
        await page.keyboard.type('12');
        await page.keyboard.press('Tab');
        await page.getByLabel('Which').selectOption('specific');
        await page.getByRole('button', { name: 'Ask' }).click();
        await answered(page);
        const answers = await page.locator('.answer').allInnerTexts();
        expect(answers.every((answer) => answer.length > 0)).toBe(true);
        for (const part of ['languages=de', 'set=specific', 'tokens=12', 'neurons=0%3A1'])
            expect(page.url()).toContain(part);
        const again = await open(page.url());
        await again.page.getByRole('button', { name: 'Ask' }).click();
        await answered(again.page);
        expect(await again.page.locator('.answer').allInnerTexts()).toEqual(answers);
        await again.page.close();
        const share = page.getByLabel("Share of each language's neurons");
        const { width, height } = (await share.boundingBox())!;
        await share.click({ position: { x: width / 4, y: height / 2 } });
        // The middle of the thumb stays within the track.
        expect(Math.abs(Number(await share.inputValue()) - 25)).toBeLessThanOrEqual(5);
        await share.fill('30');
        await expect
            .poll(() => page.locator('form output').first().innerText())
            .toMatch(/^30 %: [1-9]\d* of \d+ of \u2068de\u2069$/);
        expect(page.url()).toContain('share=30');
        await page.getByRole('button', { name: 'Ask' }).click();
        await answered(page);
        await page.getByLabel('Factor of their activations').fill('1');
        await page.getByRole('button', { name: 'Ask' }).click();
        await answered(page, 1);
        await page.getByLabel('and the neurons').fill('99:1');
        expect(await page.getByRole('alert').innerText()).toMatch(
            /^there is no neuron "99:1": the model has layers 0 to \d+$/,
        );
        expect(await page.getByRole('button', { name: 'Ask' }).isDisabled()).toBe(true);
        expect(faults).toEqual([]);
        await page.close();
    });

    it('mark the token where the language of an answer changes', async () => {
        const { page, faults } = await open(ask('?'));
        const texts = ['Every', 'one', ' Jeder', ' <b>'];
        const shares = [0, 1, 2].map(() => texts.map(() => 0.5));
        const trace = {
            pieces: texts.map((text) => ({ text, tokens: 1 })),
            shares: { specific: shares, 'specific+related': shares },
            strongest: texts.map(() => [[7, 1.5]]),
        };
        const spans = [
            { language: 'en', from: 0, to: 2 },
            { language: 'de', from: 2, to: 3 },
            { language: null, from: 3, to: 4 },
        ];
        // What a small model does not do by itself.
        const events: AskEvent[] = [
            { kind: 'grew', side: 1, text: texts.join('') },
            { kind: 'ended', side: 1, end: 'stop', trace: trace as unknown as TokenTrace, spans, changedAt: 2 },
        ];
        const body = events.map((event) => `${JSON.stringify(event)}\n`).join('');
        await page.route('**/live/ask', (route) => route.fulfill({ status: 200, body }));
        await page.getByRole('button', { name: 'Ask' }).click();
        await answered(page, 1);
        expect(await page.locator('.strip th.changed').allInnerTexts()).toEqual(['·Jeder']);
        const words = await page.getByRole('region', { name: 'Changed model' }).innerText();
        expect(words).toContain('English (tokens 1 to 2), German (token 3), not to be told (token 4).');
        expect(words).toContain('It changes at token 3, which is marked.');
        expect(await page.locator('.answer b').count()).toBe(0);
        expect(await violations(page)).toEqual([]);
        expect(faults).toEqual([]);
        await page.close();
    });

    it('stop when they are told to, or left, and the next question is answered', async () => {
        const { page, faults } = await open(`${url}#/neuron/1:7`);
        await expect.poll(() => page.getByRole('button', { name: 'Measure' }).isEnabled()).toBe(true);
        // Within the page: a small model may have measured all before a second command reaches it.
        await page.evaluate(`(async () => {
            const button = (name) => [...document.querySelectorAll('button')].find((one) => one.textContent === name);
            button('Measure').click();
            while (button('Stop').disabled) await new Promise((next) => setTimeout(next));
            button('Stop').click();
        })()`);
        await expect.poll(() => page.getByRole('button', { name: 'Measure' }).isEnabled()).toBe(true);
        await page.getByRole('button', { name: 'Measure' }).click();
        await page.goto(sentence('Bread.')); // leaves the view
        await page.waitForSelector('.strip td');
        expect(faults).toEqual([]);
        await page.close();
    });
});
