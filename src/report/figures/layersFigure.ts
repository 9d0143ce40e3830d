import type { TopLevelSpec } from 'vega-lite';
import { type NeuronAnalysis, type NeuronClass, type Stages } from '../../neurons/analysis/NeuronAnalysis.js';
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
export function layersFigure({ layers, general, stages }: NeuronAnalysis): TopLevelSpec {
    const figure = (classes: readonly NeuronClass[], height: number, title: string | null, numbered = false): Panel => {
        const counts = layers.flatMap((layer) => classes.map((kind) => layer[kind]));
        // An empty class still needs a scale.
        const most = Math.max(1, ...counts) * (numbered && stages.seen ? 1.14 : 1.06);
        return layersPanel(layers, classes, {
            ...{ field: 'count', height, title, axis: neuronsAxis, strokeWidth: 2 },
            scale: { domain: [0, most], nice: false },
            below: stageLayers(stages, numbered),
        });
    };
    return {
        ...figureFrame,
        vconcat: [
            figure(['specific', 'related'], 190, general > 0 ? null : layerTitle, true),
            // A panel of zeros says nothing.
            ...(general > 0 ? [figure(['general'], 130, layerTitle)] : []),
        ],
    };
}

interface PanelOptions {
    readonly field: string;
    readonly height: number;
    /** Of the horizontal axis; null: another stands below. */
    readonly title: string | null;
    readonly axis: object;
    readonly scale?: { readonly domain: number[]; readonly nice: boolean };
    /** Behind the lines. */
    readonly below: readonly Layer[];
    readonly strokeWidth: number;
}

/** Lines of classes over the layers, from left to right. */
export function layersPanel(
    layers: readonly Readonly<Record<NeuronClass, number>>[],
    classes: readonly NeuronClass[],
    { field, height, title, axis, scale, below, strokeWidth }: PanelOptions,
): Panel {
    const values = layers.flatMap((layer, index) =>
        classes.map((kind) => ({ layer: index, class: classLabels[kind], [field]: layer[kind] })),
    );
    // One layer for each class, not one dash scale: its legend would draw the symbols dashed.
    const lines = classes.map((kind): Layer => ({
        transform: [{ filter: `datum.class === '${classLabels[kind]}'` }],
        mark: { type: 'line', strokeWidth, strokeDash: dashes[kind] },
        encoding: { color: classChannels.color },
    }));
    return {
        width: plotWidth,
        height,
        data: { values },
        encoding: {
            x: layerChannel(layers.length, title),
            y: { field, type: 'quantitative', axis, ...(scale && { scale }) },
        },
        layer: [...below, ...lines, classPoints(layers.length)],
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
