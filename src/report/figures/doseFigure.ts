import type { TopLevelSpec } from 'vega-lite';
import type { DoseCurves } from '../../experiments/results/DoseCurves.js';
import { type DosePoint, dosePoints } from '../../experiments/resultFiles/doseTable.js';
import type { MetricWords } from '../../experiments/metric/Metric.js';
import { inUnit } from '../../experiments/metric/effectUnits.js';
import { metricOf } from '../../experiments/registry/metrics.js';
import {
    type Channel,
    classColors,
    colors,
    figureFrame,
    labelText,
    type Layer,
    paddedDomain,
    type Panel,
    seriesChannel,
} from './theme.js';

/** Panels of languages beside each other. */
const panelColumns = 5;
const panelWidth = 150;
const panelHeight = 150;
/** Fewest and most labels on a logarithmic axis. */
const fewestTicks = 3;
const mostTicks = 6;

/** The lines of a panel. Dashes and shapes tell them apart without colour. */
const series = {
    itself: { color: classColors.specific, dash: [1, 0], shape: 'circle' },
    'others, in the mean': { color: classColors.related, dash: [6, 3], shape: 'square' },
    'itself, random neurons': { color: colors.unclassified, dash: [2, 2], shape: 'diamond' },
};
type SeriesName = keyof typeof series;
const legend = { orient: 'bottom' } as const;

/** A point of a line, with the range of the seeds where it is of random neurons. */
interface Row {
    readonly share: number;
    readonly series: SeriesName;
    readonly value: number | null;
    readonly low: number | null;
    readonly high: number | null;
}

/** A dose on the figure's axes: perplexity as a multiple of the whole model's, accuracy as a change in points. */
export interface DrawnDose {
    readonly point: DosePoint;
    /** Neurons changed, in percent of all. */
    readonly share: number;
    readonly own: number | null;
    readonly others: number | null;
    readonly random: number | null;
    readonly lowest: number | null;
    readonly highest: number | null;
}

/** What is drawn of dose curves, and the ends of the axes, which all languages have in common. */
export interface DrawnCurves {
    /** Those that have neurons at these doses. */
    readonly languages: readonly { readonly language: string; readonly doses: readonly DrawnDose[] }[];
    /** Doses, in percent. */
    readonly ticks: readonly number[];
    readonly x: readonly [number, number];
    readonly y: readonly [number, number];
}

export function drawnCurves(curves: DoseCurves): DrawnCurves {
    const words = metricOf(curves.metric);
    const { relative } = words;
    const shown = (effect: number | null): number | null => {
        if (effect === null || !Number.isFinite(effect)) return null;
        return relative ? 1 + effect : inUnit(effect, words);
    };
    const doses = dosePoints(curves)
        .filter(({ neurons }) => neurons > 0)
        .map((point): DrawnDose => ({
            point,
            share: (100 * point.neurons) / curves.total,
            own: shown(point.inOwn.own),
            others: shown(point.inOthers.own),
            random: shown(point.inOwn.random),
            lowest: shown(point.inOwn.lowest),
            highest: shown(point.inOwn.highest),
        }));
    const drawn = doses.filter(({ own, others, random }) => [own, others, random].some((value) => value !== null));
    return {
        languages: curves.languages
            .map((language) => ({ language, doses: doses.filter(({ point }) => point.language === language) }))
            .filter((one) => one.doses.length > 0),
        ticks: curves.doses.map(({ share }) => Number((100 * share).toPrecision(12))),
        x: domainOf(
            drawn.map(({ share }) => share),
            true,
        ),
        y: domainOf(
            [
                ...doses.flatMap(({ own, others, random, lowest, highest }) =>
                    random === null ? [own, others] : [own, others, random, lowest, highest],
                ),
                relative ? 1 : 0,
            ],
            relative,
        ),
    };
}

/**
 * A panel for each language: what more and more of its neurons do to it and to the others, beside the range of as many
 * random ones. Perplexity on a logarithmic scale.
 */
export function doseFigure(curves: DoseCurves): TopLevelSpec {
    const words = metricOf(curves.metric);
    const { languages, ticks, x, y } = drawnCurves(curves);
    return {
        ...figureFrame,
        spacing: { row: 26, column: 22 },
        columns: panelColumns,
        concat: languages.map(({ language, doses }, i) =>
            panel(labelText(language), doses.flatMap(rowsOf), {
                words,
                ticks,
                x,
                y,
                isFirst: i % panelColumns === 0,
                isLow: i + panelColumns >= languages.length,
            }),
        ),
    };
}

interface PanelOptions {
    readonly words: MetricWords;
    /** Doses, in percent. */
    readonly ticks: readonly number[];
    readonly x: readonly [number, number];
    readonly y: readonly [number, number];
    /** In its row: has the title of the vertical axis. */
    readonly isFirst: boolean;
    /** Nothing stands below it: has the title of the horizontal axis. */
    readonly isLow: boolean;
}

function panel(title: string, values: readonly Row[], { words, ticks, x, y, isFirst, isLow }: PanelOptions): Panel {
    const color = seriesChannel(series, 'color', legend);
    const shape = seriesChannel(series, 'shape', legend);
    const only = (name: SeriesName) => [{ filter: `datum.series === '${name}'` }];
    // One layer for each line, not one dash scale: its legend would draw the symbols dashed.
    const lines = Object.entries(series).map(([name, { dash }]): Layer => ({
        transform: only(name as SeriesName),
        mark: { type: 'line', strokeWidth: 2, strokeDash: dash },
        encoding: { color, y: { field: 'value', type: 'quantitative' } },
    }));
    const low: Channel<'y'> = { field: 'low', type: 'quantitative' };
    const band: Layer = {
        transform: only('itself, random neurons'),
        mark: { type: 'area', opacity: 0.35 },
        encoding: { color, y: low, y2: { field: 'high' } },
    };
    const points: Layer = {
        mark: { type: 'point', filled: true, opacity: 1, size: 40 },
        encoding: { color, shape, y: { field: 'value', type: 'quantitative' } },
    };
    const type = words.relative ? ('log' as const) : ('linear' as const);
    return {
        title,
        width: panelWidth,
        height: panelHeight,
        data: { values: [...values] },
        encoding: {
            x: {
                field: 'share',
                type: 'quantitative',
                scale: { type: 'log', domain: [...x], nice: false },
                axis: {
                    title: isLow ? 'neurons, % of all' : null,
                    values: ticks.filter((tick) => tick >= x[0] && tick <= x[1]),
                    format: '~g',
                    grid: false,
                    labelOverlap: 'greedy',
                },
            },
            y: {
                field: 'value',
                type: 'quantitative',
                scale: { type, domain: [...y], nice: false },
                axis: {
                    title: isFirst ? axisTitle(words) : null,
                    ...ticksOf(y, words.relative),
                    labelOverlap: 'greedy',
                },
            },
        },
        layer: [band, ...lines, points],
    };
}

/** Title of the vertical axis. */
export function axisTitle({ relative, unit }: MetricWords): string {
    return relative ? '× whole model' : unit;
}

function rowsOf({ share, own, others, random, lowest, highest }: DrawnDose): Row[] {
    const none = { low: null, high: null };
    const rows: Row[] = [
        { share, series: 'itself', value: own, ...none },
        { share, series: 'others, in the mean', value: others, ...none },
        { share, series: 'itself, random neurons', value: random, low: lowest, high: highest },
    ];
    return rows.filter(({ value }) => value !== null);
}

/** From the least to the greatest value, a little wider. */
function domainOf(values: readonly (number | null)[], logarithmic: boolean): [number, number] {
    const known = values.filter((value) => value !== null);
    if (known.length === 0) return [0.5, 2];
    if (!logarithmic) return paddedDomain(known, 0.06);
    const [least, most] = [Math.min(...known), Math.max(...known)];
    const margin = least === most ? 1.5 : (most / least) ** 0.06;
    return [least / margin, most * margin];
}

/** Ticks of values: d3's own, evenly spaced ones where a logarithmic axis is too short for 1, 2, 5. */
function ticksOf(
    y: readonly [number, number],
    isLog: boolean,
): { readonly values?: number[]; readonly tickCount?: number; readonly format: string } {
    // Not `~s` near 0, which writes 0.5 as 500m.
    if (!isLog) return { tickCount: 4, format: Math.max(...y.map(Math.abs)) < 1000 ? '~g' : '~s' };
    const values = logTicks(y);
    // Not `~s`, which writes 0.99 as 990m.
    return values.length < fewestTicks ? { tickCount: 4, format: '~g' } : { values, format: '~s' };
}

/** 1, 2, 5, 10, 20, … between two numbers; powers of 10, or of 100 and so on, where these are too many. */
function logTicks([least, most]: readonly [number, number]): number[] {
    const [first, last] = [Math.floor(Math.log10(least)), Math.ceil(Math.log10(most))];
    const within = (digits: readonly number[], step: number): number[] =>
        Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, i) => first + i * step)
            .flatMap((power) => digits.map((digit) => Number(`${digit}e${power}`)))
            .filter((tick) => tick >= least && tick <= most);
    const fine = within([1, 2, 5], 1);
    return fine.length <= mostTicks ? fine : within([1], Math.ceil((last - first) / mostTicks));
}
