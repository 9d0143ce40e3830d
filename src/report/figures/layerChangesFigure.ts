import type { TopLevelSpec } from 'vega-lite';
import type { AnalysisChange } from '../../experiments/Comparison.js';
import type { NeuronClass } from '../../neurons/NeuronAnalysis.js';
import { changedNumberAxis, changedPanels } from './changesFigure.js';
import { layerChannel, layerTitle } from './layersFigure.js';
import type { Layer, Panel } from './specTypes.js';
import { classChannels, classLabels, classPoints, colors, figureFrame, plotWidth } from './theme.js';

/** Change of each layer's neurons (the paper's fig. 4), general ones on a scale of their own. */
export function layerChangesFigure({ layers }: AnalysisChange): TopLevelSpec {
    const panels = [
        { classes: ['specific', 'related'] as const, height: 170 },
        { classes: ['general'] as const, height: 120 },
    ];
    const shown = changedPanels(panels, ({ classes }) => layers.flatMap((layer) => classes.map((kind) => layer[kind])));
    return {
        ...figureFrame,
        vconcat: shown.map(({ classes, height }, i) =>
            layersPanel(layers, classes, { height, title: i === shown.length - 1 ? layerTitle : null }),
        ),
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
    const { color } = classChannels;
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
            x: layerChannel(layers.length, options.title),
            y: {
                field: 'change',
                type: 'quantitative',
                axis: changedNumberAxis,
            },
        },
        layer: [zero, { mark: { type: 'line', strokeWidth: 1.6 }, encoding: { color } }, classPoints(layers.length)],
    };
}
