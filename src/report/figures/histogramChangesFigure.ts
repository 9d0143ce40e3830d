import type { TopLevelSpec } from 'vega-lite';
import type { AnalysisChange } from '../../experiments/Comparison.js';
import { formatDifference } from '../../support/format.js';
import { changedNumberAxis, changedPanels } from './changesFigure.js';
import { numberChannel, numbersUpTo } from './histogramFigure.js';
import { paddedDomain } from './paddedDomain.js';
import type { Channel, Layer, Panel } from './specTypes.js';
import { colors, figureFrame, plotWidth } from './theme.js';

/** Change of the number of neurons with N = 1..l (the paper's fig. 5): of all neurons, and of the selected. */
export function histogramChangesFigure({ histogram, histogramAll }: AnalysisChange): TopLevelSpec {
    const panels = [
        { changes: histogramAll, title: 'All neurons' },
        { changes: histogram, title: 'Selected neurons' },
    ];
    const shown = changedPanels(panels, ({ changes }) => changes.slice(1));
    return {
        ...figureFrame,
        spacing: 20,
        vconcat: shown.map(({ changes, title }, i) => changeBars(changes, title, i === shown.length - 1)),
    };
}

function changeBars(changes: readonly number[], title: string, last: boolean): Panel {
    const values = changes.slice(1).map((change, index) => ({
        n: index + 1,
        change,
        text: formatDifference(change),
    }));
    const x = numberChannel(last);
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
            opacity: values.length > numbersUpTo ? 0 : 1,
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
