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

/** Opens a page; what goes wrong in it is in `faults`. */
export async function openPage(
    browser: Browser,
    at: string,
    { width = 1300, colorScheme = 'light' }: { width?: number; colorScheme?: 'light' | 'dark' } = {},
): Promise<{ readonly page: Page; readonly faults: string[] }> {
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme, bypassCSP: true });
    const faults: string[] = [];
    page.on('pageerror', ({ message }) => faults.push(message));
    page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
    await page.goto(at);
    await page.waitForSelector('h1');
    return { page, faults };
}

/** Widths of a phone and of a desk. */
export const widths = [390, 1300] as const;

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe-core finds wrong with a page, one line each. */
export async function violations(page: Page): Promise<string[]> {
    await page.evaluate(axe);
    return page.evaluate(async () => {
        const { axe: run } = globalThis as unknown as {
            axe: {
                run(): Promise<{ violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] }>;
            };
        };
        const found = await run.run();
        return found.violations.map(({ id, nodes }) => `${id}: ${nodes[0]!.html} ${nodes[0]!.failureSummary}`);
    });
}

/** Pixels by which a page is wider than its window. */
export function overflow(page: Page): Promise<number> {
    return page.evaluate('document.documentElement.scrollWidth - innerWidth') as Promise<number>;
}
