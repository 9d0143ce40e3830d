import type { TopLevelSpec } from 'vega-lite';
import type { NeuronAnalysis, NeuronClass } from '../../neurons/NeuronAnalysis.js';
import type { Channel, Layer, Panel } from './specTypes.js';
import { CLASS_COLORS, CLASS_LABELS, COLORS, CONFIG, PLOT_WIDTH, wholeTicks } from './theme.js';

/** Above this many layers the points of a line touch each other. */
const POINTS_UP_TO = 48;

const CLASSES: readonly NeuronClass[] = ['specific', 'related', 'general'];
const LABELS = CLASSES.map(kind => CLASS_LABELS[kind]);

/**
 * Layer-wise distribution of the three classes (the paper's fig. 3). General neurons are of another
 * magnitude: they have a panel and a scale of their own.
 */
export function layersFigure(analysis: NeuronAnalysis): TopLevelSpec {
    return {
        background: COLORS.background,
        padding: { left: 6, right: 16, top: 8, bottom: 6 },
        config: CONFIG,
        vconcat: [
            panel(analysis, ['specific', 'related'], { height: 190, title: null }),
            panel(analysis, ['general'], { height: 130, title: 'layer (0 is the first)' }),
        ],
    };
}

function panel(analysis: NeuronAnalysis, classes: readonly NeuronClass[], options: { height: number; title: string | null }): Panel {
    const layers = analysis.layers.length;
    const counts = analysis.layers.flatMap(layer => classes.map(kind => layer[kind]));
    const values = analysis.layers.flatMap((layer, index) =>
        classes.map(kind => ({ layer: index, class: CLASS_LABELS[kind], count: layer[kind] })),
    );
    const key = { field: 'class', type: 'nominal' } as const;
    const legend = { title: null, orient: 'top', symbolSize: 90, columnPadding: 0 } as const;
    const color: Channel<'color'> = { ...key, scale: { domain: LABELS, range: CLASSES.map(kind => CLASS_COLORS[kind]) }, legend };
    // Dashes and shapes tell the lines apart without colour.
    const strokeDash: Channel<'strokeDash'> = { ...key, scale: { domain: LABELS, range: [[1, 0], [6, 3], [3, 2]] }, legend };
    const shape: Channel<'shape'> = { ...key, scale: { domain: LABELS, range: ['circle', 'square', 'triangle-up'] }, legend };
    const lines: Layer = { mark: { type: 'line', strokeWidth: 2 }, encoding: { color, strokeDash } };
    const points: Layer = {
        mark: { type: 'point', filled: true, size: layers > 24 ? 34 : 54, opacity: layers > POINTS_UP_TO ? 0 : 1 },
        encoding: { color, shape },
    };
    return {
        width: PLOT_WIDTH,
        height: options.height,
        data: { values },
        encoding: {
            x: {
                field: 'layer',
                type: 'quantitative',
                scale: { domain: [-0.5, layers - 0.5], nice: false },
                axis: {
                    values: wholeTicks(0, layers - 1, 12),
                    format: 'd',
                    grid: false,
                    title: options.title,
                    labels: options.title !== null,
                },
            },
            y: {
                field: 'count',
                type: 'quantitative',
                // An empty class still needs a scale.
                scale: { domain: [0, Math.max(1, ...counts) * 1.06], nice: false },
                axis: { tickMinStep: 1, tickCount: 5, format: ',d', title: 'neurons', minExtent: 48 },
            },
        },
        layer: [lines, points],
    };
}
