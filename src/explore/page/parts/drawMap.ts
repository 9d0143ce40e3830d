import { classNames } from '../../siteFormat.js';
import { type Classified, firstRowFrom } from '../data/classified.js';
import type { LoadedSite } from '../data/site.js';
import { neuronsAt } from '../data/sites.js';
import type { Cursor, MapWindow } from './mapWindow.js';

/** Pixels for the numbers of the layers. */
export const gutter = 32;

/** Shares of a row: classes are told apart without colour too. */
const heights = { specific: 1, related: 0.75, general: 0.5 } as const;

export interface Drawing {
    readonly site: LoadedSite;
    readonly classified: Classified;
    readonly shown: MapWindow;
    readonly cursor: Cursor | undefined;
    readonly width: number;
    readonly rowHeight: number;
    /** Only this language's neurons have colours. */
    readonly language: number | undefined;
}

export function drawMap(canvas: HTMLCanvasElement, drawing: Drawing): void {
    const { site, classified, shown, cursor, width, rowHeight, language } = drawing;
    const { summary, starts } = site;
    const { sites } = summary;
    const scale = devicePixelRatio;
    canvas.width = (width + gutter) * scale;
    canvas.height = rowHeight * sites.length * scale;
    const context = canvas.getContext('2d')!;
    context.scale(scale, scale);
    const style = getComputedStyle(canvas);
    const names = ['band', 'card', 'faint', 'ink', 'muted', 'general', 'related', 'specific'] as const;
    const colors = Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`)]));
    const color = (name: (typeof names)[number]): string => colors[name]!;
    for (const row of sites.keys()) {
        context.fillStyle = color(row % 2 === 0 ? 'band' : 'card');
        context.fillRect(gutter, row * rowHeight, width, rowHeight);
    }
    drawLabels(context, sites, rowHeight, color('muted'));
    context.save();
    context.beginPath();
    context.rect(gutter, 0, width, rowHeight * sites.length);
    context.clip();
    context.translate(gutter, 0);
    const gap = rowHeight > 6 ? 1 : 0;
    // The rare ones last, on top.
    for (const kind of ['general', 'related', 'specific'] as const) {
        const code = classNames.indexOf(kind);
        for (const [row, { width: neurons, experts }] of sites.entries()) {
            const count = neurons * experts;
            const perPixel = ((shown.end - shown.begin) * count) / width;
            const from = Math.floor(shown.begin * count);
            const begin = firstRowFrom(classified, starts[row]! + from);
            for (let i = begin; i < classified.count; i++) {
                const index = classified.flat(i) - starts[row]!;
                if (index >= shown.end * count) break;
                if (classified.class(i) !== code) continue;
                const own = language === undefined || (kind !== 'general' && classified.isOf(i, language));
                context.fillStyle = color(own ? kind : 'faint');
                const x = (index - shown.begin * count) / perPixel;
                const height = heights[kind] * (rowHeight - gap);
                const top = (row + 1) * rowHeight - gap - height;
                context.fillRect(x, top, Math.max(1, 1 / perPixel - (perPixel < 0.2 ? 1 : 0)), height);
            }
        }
    }
    drawExperts(context, drawing, color('muted'));
    if (cursor !== undefined) drawCursor(context, drawing, cursor, color('ink'));
    context.restore();
}

/** Numbers of layers, as many as there is room for; a layer of several sites has one. */
function drawLabels(
    context: CanvasRenderingContext2D,
    sites: LoadedSite['summary']['sites'],
    rowHeight: number,
    color: string,
): void {
    context.fillStyle = color;
    context.font = '11px system-ui, sans-serif';
    context.textAlign = 'right';
    context.textBaseline = 'middle';
    let free = 0;
    for (const [row, { layer }] of sites.entries()) {
        const y = (row + 0.5) * rowHeight;
        if (y < free || sites[row - 1]?.layer === layer) continue;
        context.fillText(String(layer), gutter - 6, y);
        free = y + 14;
    }
}

/** Narrower experts have no lines between them. */
const leastExpert = 8;

/** Lines between the experts of a row. */
function drawExperts(
    context: CanvasRenderingContext2D,
    { site, shown, width, rowHeight }: Drawing,
    color: string,
): void {
    context.fillStyle = color;
    for (const [row, { experts }] of site.summary.sites.entries()) {
        const each = width / experts / (shown.end - shown.begin);
        if (experts === 1 || each < leastExpert) continue;
        for (let expert = Math.ceil(shown.begin * experts); expert <= shown.end * experts; expert++) {
            const x = (expert / experts - shown.begin) * experts * each;
            context.fillRect(Math.round(x), row * rowHeight, 1, rowHeight);
        }
    }
}

function drawCursor(
    context: CanvasRenderingContext2D,
    { site, shown, width, rowHeight }: Drawing,
    cursor: Cursor,
    color: string,
): void {
    const count = neuronsAt(site.summary.sites[cursor.site]!);
    const perPixel = ((shown.end - shown.begin) * count) / width;
    context.strokeStyle = color;
    context.lineWidth = 1.5;
    const size = Math.max(6, 1 / perPixel);
    const x = (cursor.index + 0.5 - shown.begin * count) / perPixel - size / 2;
    context.strokeRect(x, cursor.site * rowHeight - 1, size, rowHeight + 1);
}
