import type { TopLevelSpec } from 'vega-lite';
import type { DoseCurves } from '../../experiments/results/DoseCurves.js';
import { type DosePoint, dosePoints } from '../../experiments/resultFiles/doseTable.js';
import type { MetricWords } from '../../experiments/metric/Metric.js';
import { inUnit } from '../../experiments/metric/effectUnits.js';
import { metricOf } from '../../experiments/registry/metrics.js';
import { axisTicks } from './axisTicks.js';
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
/** Not `~s` below 1000, which writes 0.5 as 500m. */
const tickLabel = "format(datum.value, abs(datum.value) < 1000 ? '~g' : '~s')";

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
    readonly x: readonly [number, number];
    readonly y: readonly [number, number];
    /** Of `x`: the doses, in percent, or others where languages have fewer neurons than those. */
    readonly xTicks: readonly number[];
    readonly yTicks: readonly number[];
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
    const x = domainOf(
        drawn.map(({ share }) => share),
        true,
    );
    const y = domainOf(
        [
            ...doses.flatMap(({ own, others, random, lowest, highest }) =>
                random === null ? [own, others] : [own, others, random, lowest, highest],
            ),
            relative ? 1 : 0,
        ],
        relative,
    );
    const reached = curves.doses
        .map(({ share }) => Number((100 * share).toPrecision(12)))
        .filter((tick) => tick >= x[0] && tick <= x[1]);
    return {
        languages: curves.languages
            .map((language) => ({ language, doses: doses.filter(({ point }) => point.language === language) }))
            .filter((one) => one.doses.length > 0),
        x,
        y,
        xTicks: reached.length < 2 ? axisTicks(x, true) : reached,
        yTicks: axisTicks(y, relative),
    };
}

/**
 * A panel for each language: what more and more of its neurons do to it and to the others, beside the range of as many
 * random ones. Perplexity on a logarithmic scale.
 */
export function doseFigure(curves: DoseCurves): TopLevelSpec {
    const words = metricOf(curves.metric);
    const { languages, ...axes } = drawnCurves(curves);
    return {
        ...figureFrame,
        spacing: { row: 26, column: 22 },
        columns: panelColumns,
        concat: languages.map(({ language, doses }, i) =>
            panel(labelText(language), doses.flatMap(rowsOf), {
                words,
                axes,
                isFirst: i % panelColumns === 0,
                isLow: i + panelColumns >= languages.length,
            }),
        ),
    };
}

interface PanelOptions {
    readonly words: MetricWords;
    readonly axes: Omit<DrawnCurves, 'languages'>;
    /** In its row: has the title of the vertical axis. */
    readonly isFirst: boolean;
    /** Nothing stands below it: has the title of the horizontal axis. */
    readonly isLow: boolean;
}

function panel(title: string, values: readonly Row[], { words, axes, isFirst, isLow }: PanelOptions): Panel {
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
                scale: { type: 'log', domain: [...axes.x], nice: false },
                axis: {
                    title: isLow ? 'neurons, % of all' : null,
                    values: [...axes.xTicks],
                    labelExpr: tickLabel,
                    grid: false,
                    labelOverlap: 'greedy',
                },
            },
            y: {
                field: 'value',
                type: 'quantitative',
                scale: { type, domain: [...axes.y], nice: false },
                axis: {
                    title: isFirst ? axisTitle(words) : null,
                    values: [...axes.yTicks],
                    labelExpr: tickLabel,
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
