import type { TopLevelSpec } from 'vega-lite';
import type { BarsFigure, CheckFigure, GridFigure, LinesFigure, NumberForm } from '../../checks/CheckResult.js';
import { formats } from '../../checks/checkWords.js';
import { formatCompact, formatPercentPoints } from '../../support/format.js';
import { isFiniteNumber } from '../facts/numbers.js';
import { colorBarPanel, heatmap, type HeatmapCell } from './heatmap.js';
import {
    type Channel,
    classColors,
    colors,
    figureFrame,
    labelText,
    type Layer,
    type Panel,
    plotWidth,
    seriesChannel,
    wholeTicks,
} from './theme.js';

/** Draws the figure of a check by its form. */
export function checkFigure(figure: CheckFigure): TopLevelSpec {
    const panels = { bars: barsPanels, grid: gridPanels, lines: linesPanels }[figure.form] as (
        figure: CheckFigure,
    ) => Panel[];
    return { ...figureFrame, spacing: 22, vconcat: panels(figure) };
}

/** Colours and shapes of the series of a figure, in their order. */
const seriesColors = [
    ...[classColors.specific, classColors.related, classColors.general],
    ...[colors.unclassified, colors.muted],
];
const seriesShapes = ['circle', 'square', 'triangle-up', 'diamond', 'cross'];

/** A legend above that is no wider than the plot and its axis, so that the figure is not either. */
function legendOf(series: Readonly<Record<string, unknown>>): { readonly orient: 'top'; readonly columns: number } {
    const letterWidth = 6.5;
    const symbolWidth = 30;
    const longest = Math.max(...Object.keys(series).map((name) => name.length));
    const columns = Math.floor((plotWidth + 60) / (letterWidth * longest + symbolWidth));
    return { orient: 'top', columns: Math.max(1, Math.min(3, columns)) };
}

/** Where there are more series than colours, a colour comes again with another shape. */
function looksOf(names: readonly string[]): Record<string, { readonly color: string; readonly shape: string }> {
    const labels = [...new Set(names.map(labelText))];
    const at = (list: readonly string[], i: number): string => list[i % list.length]!;
    return Object.fromEntries(
        labels.map((name, i) => {
            const again = Math.floor(i / seriesColors.length);
            return [name, { color: at(seriesColors, i), shape: at(seriesShapes, i + again) }];
        }),
    );
}

const axisFormats: Readonly<Record<NumberForm, string>> = {
    share: ',.0%',
    count: ',d',
    number: ',~g',
    change: '+,.0%',
};

function barsPanels({ title, numbers, bars }: BarsFigure): Panel[] {
    const groups = looksOf(bars.map(({ group }) => group));
    const end = axisEnd(bars);
    const shown = (number: number | null | undefined): number | null =>
        isFiniteNumber(number) ? Math.min(end, Math.max(-end, number)) : null;
    const values = bars.map((bar, place) => ({
        place: `${place}`,
        label: labelText(bar.label),
        series: labelText(bar.group),
        value: shown(bar.value),
        low: shown(bar.interval?.[0]),
        high: shown(bar.interval?.[1]),
        text: `${reachOf(bar) > end ? `${beyond} ` : ''}${formats[numbers](bar.value)}`,
    }));
    const several = Object.keys(groups).length > 1;
    // Bars of one label in a row have it once, at the first.
    const labels = Object.fromEntries(
        values.map(({ place, label }, i) => [place, label === values[i - 1]?.label ? '' : label]),
    );
    const y: Channel<'y'> = {
        field: 'place',
        type: 'nominal',
        sort: null,
        axis: {
            ...{ title: null, domain: false, ticks: false, labelPadding: 8, labelLimit: 300 },
            labelExpr: `${JSON.stringify(labels)}[datum.value]`,
        },
    };
    const color = seriesChannel(groups, 'color', legendOf(groups));
    const x: Channel<'x'> = {
        field: 'value',
        type: 'quantitative',
        axis: {
            ...{ format: axisFormats[numbers], tickCount: 5, labelOverlap: true },
            title: end === Infinity ? title : `${title} (${beyond}: beyond the axis)`,
        },
    };
    const rule = (mark: { readonly color: string; readonly strokeWidth: number }): Layer => ({
        transform: [{ filter: 'isValid(datum.low) && isValid(datum.high)' }],
        mark: { type: 'rule', ...mark },
        encoding: { x: { field: 'low', type: 'quantitative' }, x2: { field: 'high' }, y },
    });
    // edged, since bars are as dark, or in dark mode as light, as the line
    const interval = [
        rule({ color: colors.background, strokeWidth: 4 }),
        rule({ color: colors.ink, strokeWidth: 1.5 }),
    ];
    // behind the end of the interval, where there is one
    const text: Layer = {
        transform: [{ calculate: 'max(datum.value, isValid(datum.high) ? datum.high : datum.value, 0)', as: 'end' }],
        mark: { type: 'text', align: 'left', dx: 5, fontSize: 12, color: colors.ink },
        encoding: { x: { field: 'end', type: 'quantitative' }, y, text: { field: 'text', type: 'nominal' } },
    };
    const bar: Layer = {
        mark: { type: 'bar' },
        encoding: { x, y, color: several ? color : { ...color, legend: null } },
    };
    return [{ width: plotWidth - 70, height: { step: 25 }, data: { values }, layer: [bar, ...interval, text] }];
}

type Bar = BarsFigure['bars'][number];

/** Stands before the number of a bar that ends beyond the axis. */
const beyond = '→';
/** A bar that is so many times as long as three of four bars are would make them invisible. */
const farBeyond = 10;

/** Where bars end that are far longer than the others, a little behind these; Infinity where there are none. */
function axisEnd(bars: readonly Bar[]): number {
    const reaches = bars.map(reachOf).sort((a, b) => a - b);
    const usual = reaches[Math.floor(0.75 * (reaches.length - 1))]!;
    const longest = reaches.findLast((reach) => reach <= farBeyond * usual)!;
    return usual === 0 || longest === reaches.at(-1) ? Infinity : 1.15 * longest;
}

/** How far a bar and its interval go from 0. */
function reachOf({ value, interval = [0, 0] }: Bar): number {
    return Math.max(...[value, ...interval].map((number) => (isFiniteNumber(number) ? Math.abs(number) : 0)));
}

function gridPanels(figure: GridFigure): Panel[] {
    const { title, numbers, rows, columns, values } = figure;
    const has = (cells: GridFigure['grey'], r: number, c: number): boolean =>
        cells.some(([row, column]) => row === r && column === c);
    const finite = values.flat().filter(isFiniteNumber);
    const largest = Math.max(0, ...finite.map(Math.abs));
    const sign = numbers === 'change' ? 1 : -1; // a change for the worse is red, how much there is of something blue
    const cells = values.flatMap((line, r) =>
        line.map((value, c): HeatmapCell => {
            const isShown = isFiniteNumber(value) && !has(figure.grey, r, c);
            return {
                ...{ row: rows[r]!, column: columns[c]! },
                position: isShown ? (largest === 0 ? 0 : (sign * value) / largest) : null,
                missing: value === null,
                text: value === null ? '' : cellText(value, numbers),
                outlined: has(figure.outlined, r, c),
                hover: `${rows[r]!}, ${columns[c]!}: ${formats[numbers](value)}`,
            };
        }),
    );
    const panel = heatmap(cells, { rows, columns, rowTitle: figure.rowTitle, columnTitle: figure.columnTitle });
    const least = finite.some((value) => value < 0) ? -1 : 0;
    const ends = [least * sign, sign].sort((a, b) => a - b) as [number, number];
    const ticks = [-1, -0.5, 0, 0.5, 1]
        .filter((part) => part >= least && (numbers !== 'count' || Number.isInteger(part * largest)))
        .map((part) => ({ position: sign * part, label: formats[numbers](part * largest) }));
    return largest === 0 ? [panel] : [panel, colorBarPanel(title, ends, ticks, sign < 0)];
}

/** A number in at most five characters. */
function cellText(value: number, numbers: NumberForm): string {
    if (!Number.isFinite(value)) return formats[numbers](value);
    if (numbers === 'change') return formatPercentPoints(100 * value);
    if (numbers === 'share') return String(Math.round(100 * value));
    return numbers === 'count' ? formatCompact(value) : formats.number(value).slice(0, 5);
}

/** Layers and the like have ticks at whole numbers only. */
function ticksOf(xs: readonly number[]): { readonly values?: number[] } {
    if (xs.length === 0 || !xs.every(Number.isInteger)) return {};
    return { values: wholeTicks(Math.min(...xs), Math.max(...xs), 12) };
}

function linesPanels({ xTitle, xLog, yTitle, numbers, lines }: LinesFigure): Panel[] {
    const series = looksOf(lines.map(({ label }) => label));
    const values = lines.flatMap(({ label, points }) =>
        points
            .filter(({ x, y }) => isFiniteNumber(y) && Number.isFinite(x))
            .map(({ x, y, interval }) => ({
                ...{ series: labelText(label), x, y },
                low: interval?.[0] ?? null,
                high: interval?.[1] ?? null,
            })),
    );
    const legend = legendOf(series);
    const color = seriesChannel(series, 'color', legend);
    const shape = seriesChannel(series, 'shape', legend);
    const y: Channel<'y'> = { field: 'y', type: 'quantitative', axis: { title: yTitle, format: axisFormats[numbers] } };
    const interval: Layer = {
        transform: [{ filter: 'isValid(datum.low) && isValid(datum.high)' }],
        mark: { type: 'rule', strokeWidth: 1.2, opacity: 0.6 },
        encoding: { color, y: { field: 'low', type: 'quantitative' }, y2: { field: 'high' } },
    };
    return [
        {
            width: plotWidth,
            height: 240,
            data: { values },
            encoding: {
                x: {
                    field: 'x',
                    type: 'quantitative',
                    scale: { type: xLog ? 'log' : 'linear', zero: false },
                    axis: {
                        title: xTitle,
                        format: ',~g',
                        labelOverlap: 'greedy',
                        ...ticksOf(values.map(({ x }) => x)),
                    },
                },
            },
            layer: [
                { mark: { type: 'line', strokeWidth: 2 }, encoding: { color, y } },
                interval,
                { mark: { type: 'point', filled: true, opacity: 1, size: 45 }, encoding: { color, shape, y } },
            ],
        },
    ];
}
