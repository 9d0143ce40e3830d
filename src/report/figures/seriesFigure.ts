import type { TopLevelSpec } from 'vega-lite';
import type { Comparison } from '../../experiments/results/Comparison.js';
import { type NeuronClass, neuronClasses } from '../../neurons/analysis/NeuronAnalysis.js';
import { sum } from '../../support/averages.js';
import {
    classChannels,
    classLabels,
    classPoints,
    extents,
    figureFrame,
    labelText,
    type Panel,
    plotWidth,
} from './theme.js';

/** Numbers by class along a series (the paper's figs. 17 to 19), and overlap with the first analysis. */
export function seriesFigure({ analyses, changes }: Comparison): TopLevelSpec {
    const numbers = analyses.flatMap(({ label, layers }) =>
        neuronClasses.map((kind) => ({
            analysis: labelText(label),
            class: classLabels[kind],
            value: sum(layers, (layer) => layer[kind]),
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
    const { color } = classChannels;
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
                    ...extents,
                },
            },
        },
        layer: [{ mark: { type: 'line', strokeWidth: 1.8 }, encoding: { color } }, classPoints(0)],
    };
}
