import type { TopLevelSpec } from 'vega-lite';
import type { AnalysisChange } from '../../experiments/Comparison.js';
import { formatDifference } from '../../support/format.js';
import { changedNumberAxis } from './changesFigure.js';
import { paddedDomain } from './paddedDomain.js';
import type { Channel, Layer, Panel } from './specTypes.js';
import { colors, figureFrame, plotWidth } from './theme.js';

/** Change of the number of neurons with N = 1..l (the paper's fig. 5): of all neurons, and of the selected. */
export function histogramChangesFigure({ histogram, histogramAll }: AnalysisChange): TopLevelSpec {
    const panels = [
        { changes: histogramAll, title: 'All neurons' },
        { changes: histogram, title: 'Selected neurons' },
    ];
    const changed = panels.filter(({ changes }) => changes.slice(1).some((change) => change !== 0));
    // A panel of zeros says nothing; where nothing changed, one says so.
    const shown = changed.length > 0 ? changed : panels.slice(0, 1);
    return {
        ...figureFrame,
        spacing: 20,
        vconcat: shown.map(({ changes, title }, i) =>
            changeBars(changes, title, i === shown.length - 1 ? 'N: languages in which a neuron is high' : null),
        ),
    };
}

function changeBars(changes: readonly number[], title: string, axisTitle: string | null): Panel {
    const values = changes.slice(1).map((change, index) => ({
        n: index + 1,
        change,
        text: formatDifference(change),
    }));
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
        // Room for the numbers above and below the bars.
        scale: { domain: paddedDomain([0, ...values.map(({ change }) => change)], 0.16), nice: false },
        axis: changedNumberAxis,
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
