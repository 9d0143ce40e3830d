import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, chromium, type Page } from 'playwright-core';

/** The browser of this machine, or none: its tests then skip, saying so. */
export const browserPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
    existsSync,
);
if (browserPath === undefined)
    process.stderr.write('no Chromium here: pages are not looked at; apt-get install chromium\n');

export function openBrowser(): Promise<Browser> {
    return chromium.launch({ executablePath: browserPath!, args: ['--no-sandbox'] });
}

type Theme = 'light' | 'dark';

/** A page, the theme that it was opened in, and what went wrong in it. */
export interface OpenedPage {
    readonly page: Page;
    readonly colorScheme: Theme;
    readonly faults: readonly string[];
}

/** Opens a page; what goes wrong in it is in `faults`. */
export async function openPage(
    browser: Browser,
    at: string,
    { width = 1300, colorScheme = 'light' }: { width?: number; colorScheme?: Theme } = {},
): Promise<OpenedPage> {
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme, bypassCSP: true });
    const faults: string[] = [];
    page.on('pageerror', ({ message }) => faults.push(message));
    page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
    await page.goto(at);
    await page.waitForSelector('h1');
    return { page, colorScheme, faults };
}

/** Widths of a phone and of a desk, and the theme that a page is opened in there; it takes the other one later. */
export const windows = [
    { width: 390, colorScheme: 'dark' },
    { width: 1300, colorScheme: 'light' },
] as const;
export const widths = windows.map(({ width }) => width);

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
/** The rules of axe-core that colours alone decide. */
const colourRules = ['color-contrast', 'link-in-text-block'];

interface Violation {
    readonly id: string;
    readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/**
 * What axe-core finds wrong with a page, one line each.
 * @param rules `colours`: of a page whose other rules were looked at in another theme
 */
export async function violations(page: Page, rules: 'all' | 'colours' = 'all'): Promise<string[]> {
    if (!(await page.evaluate<boolean>("'axe' in globalThis"))) await page.evaluate(axe);
    const options = { resultTypes: ['violations'], ...(rules === 'colours' ? { runOnly: colourRules } : {}) };
    const { violations: found } = await page.evaluate<{ violations: Violation[] }>(
        `axe.run(${JSON.stringify(options)})`,
    );
    return found.map(({ id, nodes }) => `${id}: ${nodes[0]!.html} ${nodes[0]!.failureSummary}`);
}

/**
 * What is wrong with a page in both themes: what axe-core finds, what is wider than the window, what its console told.
 * @param see called in each theme
 */
export async function wrongInThemes(
    { page, colorScheme: first, faults }: OpenedPage,
    see?: (colorScheme: Theme) => Promise<unknown>,
): Promise<string[]> {
    const wrong: string[] = [];
    for (const colorScheme of [first, first === 'light' ? 'dark' : 'light'] as const) {
        await page.emulateMedia({ colorScheme });
        wrong.push(...(await violations(page, colorScheme === first ? 'all' : 'colours')));
        const wider = await overflow(page);
        if (wider > 0) wrong.push(`${wider} pixels wider than its window, ${colorScheme}`);
        await see?.(colorScheme);
    }
    return [...wrong, ...faults];
}

/** Pixels by which a page is wider than its window. */
export function overflow(page: Page): Promise<number> {
    return page.evaluate('document.documentElement.scrollWidth - innerWidth') as Promise<number>;
}
