import type { TopLevelSpec } from 'vega-lite';
import type { AnalysisChange, Comparison, MetricChange } from '../../experiments/Comparison.js';
import { type NeuronClass, neuronClasses } from '../../neurons/NeuronAnalysis.js';
import { formatCount } from '../../support/format.js';
import { metricOf } from '../../experiments/metrics.js';
import type { Channel, Layer, Panel } from './specTypes.js';
import {
    classColors,
    classChannels,
    classLabels,
    colors,
    figureFrame,
    plotWidth,
    yExtent,
    labelText,
    wholeTicks,
} from './theme.js';

/** A zero has no sign. */
const zeroPlain = "datum.value === 0 ? '0' : datum.label";

/** Change of each layer's neurons (the paper's fig. 4), general ones on a scale of their own. */
export function layerChangesFigure({ layers }: AnalysisChange): TopLevelSpec {
    return {
        ...figureFrame,
        vconcat: [
            layersPanel(layers, ['specific', 'related'], { height: 170, title: null }),
            layersPanel(layers, ['general'], { height: 120, title: 'layer (0 is the first)' }),
        ],
    };
}

function layersPanel(
    layers: AnalysisChange['layers'],
    classes: readonly NeuronClass[],
    options: { height: number; title: string | null },
): Panel {
    const values = layers.flatMap((layer, index) =>
        classes.map((kind) => ({ layer: index, class: classLabels[kind], change: layer[kind] })),
    );
    const { color, shape } = classChannels;
    const zero: Layer = {
        data: { values: [{}] },
        mark: { type: 'rule', color: colors.muted },
        encoding: { x: { value: 0 }, x2: { value: 'width' }, y: { datum: 0 } },
    };
    return {
        width: plotWidth,
        height: options.height,
        data: { values },
        encoding: {
            x: {
                field: 'layer',
                type: 'quantitative',
                scale: { domain: [-0.5, layers.length - 0.5], nice: false },
                axis: {
                    values: wholeTicks(0, layers.length - 1, 12),
                    format: 'd',
                    grid: false,
                    title: options.title,
                    labels: options.title !== null,
                },
            },
            y: {
                field: 'change',
                type: 'quantitative',
                axis: {
                    tickMinStep: 1,
                    tickCount: 5,
                    format: '+,d',
                    labelExpr: zeroPlain,
                    title: 'change',
                    minExtent: yExtent,
                    maxExtent: yExtent,
                },
            },
        },
        layer: [
            zero,
            { mark: { type: 'line', strokeWidth: 1.6 }, encoding: { color } },
            {
                mark: { type: 'point', filled: true, opacity: 1, size: layers.length > 24 ? 34 : 54 },
                encoding: { color, shape },
            },
        ],
    };
}

/** Change of the number of neurons with N = 1..l (the paper's fig. 5): of all neurons, and of the selected. */
export function histogramChangesFigure({ histogram, histogramAll }: AnalysisChange): TopLevelSpec {
    return {
        ...figureFrame,
        spacing: 20,
        vconcat: [
            changeBars(histogramAll, 'All neurons', null),
            changeBars(histogram, 'Selected neurons', 'N: languages in which a neuron is high'),
        ],
    };
}

function changeBars(changes: readonly number[], title: string, axisTitle: string | null): Panel {
    const values = changes.slice(1).map((change, index) => ({
        n: index + 1,
        change,
        text: change > 0 ? `+${formatCount(change)}` : formatCount(change),
    }));
    const most = Math.max(1, ...values.map(({ change }) => Math.abs(change)));
    const x: Channel<'x'> = {
        field: 'n',
        type: 'ordinal',
        axis: { labelAngle: 0, labelOverlap: 'parity', title: axisTitle },
        scale: { paddingInner: 0.22, paddingOuter: 0.2 },
    };
    const y: Channel<'y'> = {
        field: 'change',
        type: 'quantitative',
        stack: null,
        scale: {
            domain: [
                Math.min(0, ...values.map(({ change }) => change)) - 0.14 * most,
                Math.max(0, ...values.map(({ change }) => change)) + 0.14 * most,
            ],
            nice: false,
        },
        axis: {
            tickMinStep: 1,
            tickCount: 5,
            format: '+,d',
            labelExpr: zeroPlain,
            title: 'change',
            minExtent: yExtent,
            maxExtent: yExtent,
        },
    };
    const text = (rises: boolean): Layer => ({
        transform: [{ filter: rises ? 'datum.change >= 0' : 'datum.change < 0' }],
        mark: {
            type: 'text',
            dy: rises ? -7 : 8,
            fontSize: 11.5,
            color: colors.ink,
            opacity: values.length > 15 ? 0 : 1,
        },
        encoding: { x, y, text: { field: 'text', type: 'nominal' } },
    });
    return {
        width: plotWidth,
        height: 130,
        title,
        data: { values },
        layer: [{ mark: { type: 'bar', color: colors.muted }, encoding: { x, y } }, text(true), text(false)],
    };
}

/** Neurons of each language before (hollow) and after (filled), those of trained languages first. */
export function languageChangesFigure({ languages, trained, analyses }: Comparison): TopLevelSpec {
    const [first, last] = [analyses[0]!, analyses[analyses.length - 1]!];
    const values = languages.map((language) => ({
        language,
        before: first.perLanguage[language]?.total ?? 0,
        after: last.perLanguage[language]?.total ?? 0,
    }));
    return beforeAfter(values, trained, { title: 'specific + related neurons', format: ',d', least: 1 });
}

/** A metric of each language before (hollow) and after (filled), those of trained languages first. */
export function metricChangesFigure({ metric, perLanguage }: MetricChange, trained: readonly string[]): TopLevelSpec {
    const { noun, axis } = metricOf(metric);
    const values = Object.entries(perLanguage)
        .map(([language, { before, after }]) => ({ language, before, after }))
        .filter(({ before, after }) => Number.isFinite(before) && Number.isFinite(after));
    return beforeAfter(values, trained, {
        title: noun,
        ...axis,
    });
}

interface BeforeAfterRow {
    readonly language: string;
    readonly before: number;
    readonly after: number;
}

function beforeAfter(
    values: readonly BeforeAfterRow[],
    trained: readonly string[],
    axis: { title: string; format: string; least: number },
): TopLevelSpec {
    const name = (language: string) => labelText(trained.includes(language) ? `${language} (trained)` : language);
    const sorted = [
        ...values.filter(({ language }) => trained.includes(language)),
        ...values.filter(({ language }) => !trained.includes(language)),
    ];
    const rows = sorted.map((row) => ({ ...row, language: name(row.language) }));
    const most = Math.max(axis.least, ...rows.flatMap(({ before, after }) => [before, after]));
    const y: Channel<'y'> = {
        field: 'language',
        type: 'nominal',
        sort: null,
        scale: { domain: rows.map(({ language }) => language) },
        axis: { title: null, domain: false, ticks: false, grid: true, labelPadding: 8, labelLimit: 160 },
    };
    const x = (field: string) => ({
        field,
        type: 'quantitative' as const,
        scale: { domain: [0, most * 1.05], nice: false },
        axis: { title: axis.title, ...(axis.least === 1 ? { tickMinStep: 1 } : {}), tickCount: 6, format: axis.format },
    });
    const point = (field: string, filled: boolean): Layer => ({
        mark: {
            type: 'point',
            size: 80,
            filled,
            opacity: 1,
            strokeWidth: 1.8,
            shape: filled ? 'circle' : 'square',
            fill: filled ? classColors.specific : colors.background,
            ...(filled ? {} : { stroke: classColors.related }),
        },
        encoding: { y, x: x(field) },
    });
    return {
        ...figureFrame,
        width: plotWidth,
        height: { step: sorted.length > 20 ? 19 : 25 },
        data: { values: rows },
        layer: [
            {
                mark: { type: 'rule', color: colors.muted, strokeWidth: 1.6 },
                encoding: { y, x: x('before'), x2: { field: 'after' } },
            },
            point('before', false),
            point('after', true),
        ],
    };
}

/** Numbers by class along a series (the paper's figs. 17 to 19), and overlap with the first analysis. */
export function seriesFigure({ analyses, changes }: Comparison): TopLevelSpec {
    const numbers = analyses.flatMap(({ label, layers }) =>
        neuronClasses.map((kind) => ({
            analysis: labelText(label),
            class: classLabels[kind],
            value: layers.reduce((sum, layer) => sum + layer[kind], 0),
        })),
    );
    const overlaps = analyses.flatMap(({ label }, index) =>
        neuronClasses.flatMap((kind) => {
            const value = index === 0 ? 1 : (changes[index - 1]?.overlap[kind] ?? null);
            return value === null ? [] : [{ analysis: labelText(label), class: classLabels[kind], value }];
        }),
    );
    const order = analyses.map(({ label }) => labelText(label));
    const of = (classes: readonly NeuronClass[]) =>
        numbers.filter((value) => classes.some((kind) => classLabels[kind] === value.class));
    return {
        ...figureFrame,
        vconcat: [
            seriesPanel(of(['specific', 'related']), order, {
                height: 130,
                title: 'neurons',
                format: ',d',
                last: false,
            }),
            seriesPanel(of(['general']), order, { height: 100, title: 'neurons', format: ',d', last: false }),
            seriesPanel(overlaps, order, { height: 120, title: 'overlap with the first', format: '.0%', last: true }),
        ],
    };
}

function seriesPanel(
    values: readonly { analysis: string; class: string; value: number }[],
    order: readonly string[],
    options: { height: number; title: string; format: string; last: boolean },
): Panel {
    const { color, shape } = classChannels;
    return {
        width: plotWidth,
        height: options.height,
        data: { values: [...values] },
        encoding: {
            x: {
                field: 'analysis',
                type: 'ordinal',
                sort: null,
                scale: { domain: [...order] },
                axis: {
                    title: null,
                    labels: options.last,
                    labelAngle: order.length > 4 ? -40 : 0,
                    labelLimit: 120,
                    grid: false,
                },
            },
            y: {
                field: 'value',
                type: 'quantitative',
                scale: { zero: true },
                axis: {
                    tickCount: 4,
                    format: options.format,
                    title: options.title,
                    minExtent: yExtent,
                    maxExtent: yExtent,
                },
            },
        },
        layer: [
            { mark: { type: 'line', strokeWidth: 1.8 }, encoding: { color } },
            { mark: { type: 'point', filled: true, opacity: 1, size: 54 }, encoding: { color, shape } },
        ],
    };
}
