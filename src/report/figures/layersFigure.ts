import type { TopLevelSpec } from 'vega-lite';
import { type NeuronAnalysis, type NeuronClass, type Stages } from '../../neurons/NeuronAnalysis.js';
import {
    type Channel,
    classChannels,
    classLabels,
    classPoints,
    colors,
    figureFrame,
    type Layer,
    neuronsAxis,
    type Panel,
    plotWidth,
    wholeTicks,
} from './theme.js';

/** Dashes, and the theme's shapes, tell the lines apart without colour. */
const dashes: Readonly<Record<NeuronClass, number[]>> = { specific: [1, 0], related: [6, 3], general: [3, 2] };

export const layerTitle = 'layer (0 is the first)';

/**
 * Layer-wise distribution of the three classes (the paper's fig. 3). General neurons are of another
 * magnitude: they have a panel and a scale of their own. Where the four stages are seen, every other
 * one is shaded, and their numbers stand on top.
 */
export function layersFigure(analysis: NeuronAnalysis): TopLevelSpec {
    return {
        ...figureFrame,
        vconcat: [
            panel(analysis, ['specific', 'related'], {
                height: 190,
                title: analysis.general > 0 ? null : layerTitle,
                numbered: true,
            }),
            // A panel of zeros says nothing.
            ...(analysis.general > 0
                ? [panel(analysis, ['general'], { height: 130, title: layerTitle, numbered: false })]
                : []),
        ],
    };
}

function panel(
    analysis: NeuronAnalysis,
    classes: readonly NeuronClass[],
    options: { height: number; title: string | null; numbered: boolean },
): Panel {
    const layers = analysis.layers.length;
    const counts = analysis.layers.flatMap((layer) => classes.map((kind) => layer[kind]));
    const values = analysis.layers.flatMap((layer, index) =>
        classes.map((kind) => ({ layer: index, class: classLabels[kind], count: layer[kind] })),
    );
    const { color } = classChannels;
    // One layer for each class, not one dash scale: its legend would draw the symbols dashed.
    const lines = classes.map((kind): Layer => ({
        transform: [{ filter: `datum.class === '${classLabels[kind]}'` }],
        mark: { type: 'line', strokeWidth: 2, strokeDash: dashes[kind] },
        encoding: { color },
    }));
    return {
        width: plotWidth,
        height: options.height,
        data: { values },
        encoding: {
            x: layerChannel(layers, options.title),
            y: {
                field: 'count',
                type: 'quantitative',
                // An empty class still needs a scale.
                scale: {
                    domain: [0, Math.max(1, ...counts) * (options.numbered && analysis.stages.seen ? 1.14 : 1.06)],
                    nice: false,
                },
                axis: neuronsAxis,
            },
        },
        layer: [...stageLayers(analysis.stages, options.numbered), ...lines, classPoints(layers)],
    };
}

/** The horizontal axis of a figure by layer; without a title it has no numbers either, as another stands below. */
export function layerChannel(layers: number, title: string | null): Channel<'x'> {
    return {
        field: 'layer',
        type: 'quantitative',
        scale: { domain: [-0.5, layers - 0.5], nice: false },
        axis: { values: wholeTicks(0, layers - 1, 12), format: 'd', grid: false, title, labels: title !== null },
    };
}

/** Shading behind stages 2 and 4, and the stages' numbers on top. */
function stageLayers({ seen, stages }: Stages, numbered: boolean): Layer[] {
    if (!seen) return [];
    const values = stages.map(({ first, last }, index) => ({
        from: first - 0.5,
        to: last + 0.5,
        middle: (first + last) / 2,
        number: String(index + 1),
        shaded: index % 2 === 1,
    }));
    const bands: Layer = {
        data: { values: values.filter(({ shaded }) => shaded) },
        mark: { type: 'rect', color: colors.band, opacity: 1 },
        encoding: {
            x: { field: 'from', type: 'quantitative' },
            x2: { field: 'to' },
            y: { value: 0 },
            y2: { value: 'height' },
        },
    };
    const numbers: Layer = {
        data: { values },
        mark: { type: 'text', baseline: 'top', dy: 2, fontSize: 12.5, fontWeight: 600, color: colors.muted },
        encoding: {
            x: { field: 'middle', type: 'quantitative' },
            y: { value: 0 },
            text: { field: 'number', type: 'nominal' },
        },
    };
    return numbered ? [bands, numbers] : [bands];
}
