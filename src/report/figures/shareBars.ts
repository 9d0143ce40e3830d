import type { TopLevelSpec } from 'vega-lite';
import type { NeuronClass } from '../../neurons/analysis/NeuronAnalysis.js';
import { formatShare } from '../../support/format.js';
import type { Measured } from '../facts/numbers.js';
import {
    type Channel,
    classColors,
    classLabels,
    colors,
    figureFrame,
    namesChannel,
    ofClasses,
    type Panel,
    plotWidth,
} from './theme.js';

/** One group of bars: a share, or null, for each class. */
export interface ShareGroup {
    readonly title: string;
    readonly shares: readonly (readonly [NeuronClass, Measured])[];
}

/** Shares of classes as bars from 0 to 1, one group below another. */
export function shareBars(groups: readonly ShareGroup[]): TopLevelSpec {
    return {
        ...figureFrame,
        vconcat: groups.map((group, index) => panel(group, index === groups.length - 1)),
    };
}

function panel({ title, shares }: ShareGroup, last: boolean): Panel {
    const values = shares.map(([kind, share]) => ({
        class: classLabels[kind],
        share: share ?? 0,
        text: formatShare(share),
    }));
    const classes = shares.map(([kind]) => kind);
    const labels = classes.map((kind) => classLabels[kind]);
    const y: Channel<'y'> = {
        field: 'class',
        type: 'nominal',
        sort: null,
        scale: { domain: labels, paddingInner: 0.25 },
        axis: { title: null, domain: false, ticks: false, labelPadding: 8, minExtent: 120, maxExtent: 120 },
    };
    const x: Channel<'x'> = {
        field: 'share',
        type: 'quantitative',
        scale: { domain: [0, 1.12], nice: false },
        axis: { values: [0, 0.25, 0.5, 0.75, 1], format: '.0%', title: last ? 'share' : null, labels: last },
    };
    return {
        width: plotWidth - 70,
        height: { step: 25 },
        title,
        data: { values },
        layer: [
            {
                mark: 'bar',
                encoding: {
                    x,
                    y,
                    color: namesChannel('class', ofClasses(classColors, classes), null),
                },
            },
            {
                mark: { type: 'text', align: 'left', dx: 5, fontSize: 12, color: colors.ink },
                encoding: { x, y, text: { field: 'text', type: 'nominal' } },
            },
        ],
    };
}
