import { formatPercentPoints, formatShare } from '../../support/format.js';
import { cellColor, colorBar, wantsLightText } from './palette.js';
import { type Channel, colors, labelText, type Panel } from './theme.js';
import { isComparable, isFiniteNumber, type Measured } from '../facts/numbers.js';

/** Changes below this many percent are shown in proportion, larger ones by their logarithm. */
export const linearUpTo = 1;

/** The scale reaches at least this many percent: noise must not look like an effect. */
export const leastLimit = 10;

/** More columns than this do not fit two panels beside each other; they get narrower cells. */
export const besideUpTo = 14;

/** Few rows or columns get large cells, so that a panel is no smaller than the titles on its sides. */
const leastSide = 210;

/** Vega's width of a character of an axis' title, in px. */
const titleCharacter = 10.4;

/** Positions closer to 0 than this have no room for their label beside its. */
const besideZero = 0.09;

/** One cell of a heatmap. */
export interface HeatmapCell {
    readonly row: string;
    readonly column: string;
    /** Its colour, −1 to 1 (`cellColor`); null: grey, with a muted number. */
    readonly position: number | null;
    /** Not measured: a darker grey. */
    readonly missing?: boolean;
    readonly text: string;
    readonly outlined?: boolean;
    /** Shown when the cell is pointed at. */
    readonly hover: string;
}

interface HeatmapOptions {
    readonly title?: string;
    readonly rows: readonly string[];
    readonly columns: readonly string[];
    readonly rowTitle: string | null;
    readonly columnTitle: string;
    /** Narrower than by default, in px. */
    readonly step?: number;
}

/** A matrix of cells, each with its number and its hover text. */
export function heatmap(cells: readonly HeatmapCell[], options: HeatmapOptions): Panel {
    const [rows, columns] = [options.rows.map(labelText), options.columns.map(labelText)];
    const values = cells.map((cell) => ({ ...cell, ...paint(cell), ...labelled(cell) }));
    const step =
        options.step ?? (columns.length > besideUpTo ? 34 : Math.max(42, Math.ceil(leastSide / columns.length)));
    const longest = Math.max(...columns.map((column) => column.length));
    const axis = { domain: false, ticks: false, labelPadding: 6, labelLimit: 160 };
    const x: Channel<'x'> = {
        field: 'column',
        type: 'nominal',
        scale: { domain: columns },
        // About 7 px a character: names wider than their cell stand aslant.
        axis: { ...axis, title: options.columnTitle, labelAngle: longest * 7 > step ? -45 : 0 },
    };
    const height = Math.max(28, Math.min(42, Math.ceil(leastSide / rows.length)));
    // A title longer than the axis, as Vega measures it, has a word a line; where one is longer still, it would push
    // the panel's own title away, and hangs below.
    const isLong = (line: string): boolean => line.length * titleCharacter > height * rows.length;
    const { rowTitle } = options;
    const lines = rowTitle !== null && isLong(rowTitle) ? rowTitle.split(' ') : rowTitle;
    const hangs = Array.isArray(lines) && lines.some(isLong);
    const y: Channel<'y'> = {
        field: 'row',
        type: 'nominal',
        scale: { domain: rows },
        axis: { ...axis, labelLimit: 240, title: lines, ...(hangs ? { titleAnchor: 'end' } : {}) },
    };
    return {
        ...(options.title === undefined ? {} : { title: options.title }),
        width: { step },
        height: { step: height },
        data: { values },
        encoding: { x, y },
        layer: [
            {
                mark: { type: 'rect', stroke: colors.cellGap, strokeWidth: 1 },
                encoding: { fill: { field: 'fill', type: 'nominal', scale: null } },
            },
            {
                transform: [{ filter: 'datum.outlined' }],
                mark: { type: 'rect', filled: false, stroke: colors.outline, strokeWidth: 2 },
            },
            {
                mark: { type: 'text', fontSize: columns.length > besideUpTo ? 11 : 12.5 },
                encoding: {
                    text: { field: 'text', type: 'nominal' },
                    color: { field: 'ink', type: 'nominal', scale: null },
                },
            },
            {
                // On top of the number, and filled, so that the whole cell can be pointed at.
                mark: { type: 'rect', color: colors.missing, opacity: 0, aria: true },
                encoding: { description: { field: 'hover', type: 'nominal' } },
            },
        ],
    };
}

function labelled({ row, column }: HeatmapCell): { readonly row: string; readonly column: string } {
    return { row: labelText(row), column: labelText(column) };
}

function paint({ position, missing }: HeatmapCell): { readonly fill: string; readonly ink: string } {
    if (position === null) return { fill: missing === true ? colors.missing : colors.noise, ink: colors.muted };
    return { fill: cellColor(position), ink: wantsLightText(position) ? colors.cellLight : colors.cellDark };
}

/** The place of a share on the blue side of the colours, by the largest share; null, which is grey, for none. */
export function sharePosition(share: number, largest: number): number | null {
    return share === 0 || largest === 0 ? null : -share / largest;
}

/** The colour bar of shares from 0 to the largest. */
export function shareBarPanel(title: string, largest: number): Panel {
    const ticks = [0, 0.5, 1].map((part) => ({ position: -part, label: formatShare(part * largest) }));
    return colorBarPanel(title, [-1, 0], ticks, true);
}

/**
 * The colour bar of positions from `low` to `high`, which are those that the cells have.
 * @param reverse the lowest at the right
 */
export function colorBarPanel(
    title: string,
    [low, high]: readonly [number, number],
    ticks: readonly Tick[],
    reverse = false,
): Panel {
    const values = colorBar(low, high);
    const domain: [number, number] = [values[0]!.from, values.at(-1)!.to];
    const shown = ticks.filter(
        ({ position }) =>
            position >= domain[0] && position <= domain[1] && (position === 0 || Math.abs(position) > besideZero),
    );
    return {
        title: { text: title, fontWeight: 'normal', fontSize: 13, offset: 4 },
        width: Math.round(180 * (domain[1] - domain[0])) + 40,
        height: 12,
        data: { values },
        layer: [
            {
                mark: { type: 'rect' },
                encoding: {
                    x: {
                        field: 'from',
                        type: 'quantitative',
                        scale: { domain, nice: false, zero: false, reverse },
                        axis: {
                            values: shown.map(({ position }) => position),
                            labelExpr: tickLabels(shown),
                            title: null,
                            grid: false,
                            domain: false,
                            labelOverlap: false,
                        },
                    },
                    x2: { field: 'to' },
                    fill: { field: 'fill', type: 'nominal', scale: null },
                },
            },
        ],
    };
}

/** A symlog scale centred at 0, from −limit to +limit percent, mapped to positions −1 to 1. */
export interface DivergingScale {
    /** Largest magnitude shown, in percent. */
    readonly limit: number;
    /** Position of a value; null where it is missing or NaN; infinite values sit at the ends. */
    readonly position: (percent: Measured) => number | null;
    /** Positions to label, with their labels, from low to high. */
    readonly ticks: readonly Tick[];
}

/**
 * The scale that just holds all finite values.
 * @param label writes a tick. Default: its percent
 */
export function divergingScale(
    percents: readonly Measured[],
    label: (percent: number) => string = formatPercentPoints,
): DivergingScale {
    const magnitudes = percents.filter(isFiniteNumber).map(Math.abs);
    const limit = magnitudes.reduce((largest, value) => Math.max(largest, value), leastLimit);
    const magnitudeAt = (percent: number) => Math.log1p(percent / linearUpTo) / Math.log1p(limit / linearUpTo);
    const position = (percent: Measured) => {
        if (!isComparable(percent)) return null;
        return Math.sign(percent) * Math.min(1, magnitudeAt(Math.abs(percent)));
    };
    const marks = tickMagnitudes(limit);
    const signed = [...marks.map((mark) => -mark).reverse(), 0, ...marks];
    return {
        limit,
        position,
        ticks: signed.map((percent) => ({
            position: position(percent) ?? 0,
            label: label(percent)
                .replace(/(\.\d*?)0+$/, '$1')
                .replace(/\.$/, ''),
        })),
    };
}

/** A label of an axis or a colour bar, at its position. */
interface Tick {
    readonly position: number;
    readonly label: string;
}

/** Vega's expression that labels each position as its tick. */
export function tickLabels(ticks: readonly Tick[]): string {
    return ticks.reduceRight(
        (rest, { position, label }) => `abs(datum.value - ${position}) < 1e-9 ? '${label}' : ${rest}`,
        "''",
    );
}

/** Magnitudes to label: powers of ten, thinned to at most four, the limit instead of a close power. */
function tickMagnitudes(limit: number): number[] {
    const powers: number[] = [];
    for (let power = linearUpTo; power * 2 <= limit; power *= 10) powers.push(power);
    const step = Math.ceil(powers.length / 3);
    return [...powers.filter((_, index) => index % step === 0), limit];
}
