import { channel } from 'node:diagnostics_channel';
import type { TopLevelSpec } from 'vega-lite';
import { escapeHtml } from '../../support/html.js';

/** Vega's remarks on specifications: for who writes these, not for whoever asks for a figure. */
export const figureRemarks = channel('language-neurons:figure');

/**
 * Renders a figure as one SVG document. The same specification gives the same bytes.
 * @param id Prefix of the ids inside, so that many figures can share a page.
 * @param label What a screen reader says.
 */
export async function renderSvg(spec: TopLevelSpec, id: string, label: string): Promise<string> {
    // Loaded here because the two take half a second, which commands without a report should not pay.
    const [vega, vegaLite] = await Promise.all([import('vega'), import('vega-lite')]);
    const logger = vega.logger(vega.Warn, undefined, (_method, _level, messages) => {
        figureRemarks.publish(`${id}: ${messages.join(' ')}`);
    });
    const view = new vega.View(vega.parse(vegaLite.compile(spec, { logger }).spec), { renderer: 'none', logger });
    try {
        const svg = withHoverTexts(localIds(await view.toSVG(), id));
        return svg.replace('<svg ', `<svg role="img" aria-label="${escapeHtml(label)}" `);
    } finally {
        view.finalize();
    }
}

/** Renumbers ids from 0: Vega counts clip paths and gradients over the whole process. */
function localIds(svg: string, prefix: string): string {
    const names = new Map<string, string>();
    for (const [, name] of svg.matchAll(/ id="([^"]+)"/g)) {
        if (name !== undefined && !names.has(name)) names.set(name, `${prefix}-${names.size}`);
    }
    return svg
        .replace(/ id="([^"]+)"/g, (_, name: string) => ` id="${names.get(name) ?? name}"`)
        .replace(/url\(#([^)]+)\)/g, (_, name: string) => `url(#${names.get(name) ?? name})`);
}

/** Descriptions of marks as titles, which browsers show when a mark is pointed at and screen readers say. */
function withHoverTexts(svg: string): string {
    // The figure is one image to a screen reader: its parts have no roles of their own.
    const named = svg.replace(
        /<path aria-label="([^"]*)" role="graphics-symbol" aria-roledescription="[^"]*"([^>]*)\/>/g,
        '<path$2><title>$1</title></path>',
    );
    return named.replace(
        / role="graphics-(?:symbol|object)" aria-roledescription="[^"]*"(?: aria-label="[^"]*")?/g,
        '',
    );
}
