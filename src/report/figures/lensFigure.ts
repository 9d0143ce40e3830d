import type { TopLevelSpec } from 'vega-lite';
import { lensKinds, type LensFile, type LensLayer } from '../../lens/lensFile.js';
import { meanShares } from '../../lens/meanShares.js';
import { layerChannel } from './layersFigure.js';
import type { Panel } from './specTypes.js';
import { classColors, colors, figureFrame, plotWidth, yExtent } from './theme.js';

/** What a likeliest token's language is called. */
export const lensLabels: Readonly<Record<keyof LensLayer, string>> = {
    english: 'English',
    own: "the text's own language",
    other: 'another language',
    untold: 'not to be told',
};
const kindColors: Readonly<Record<keyof LensLayer, string>> = {
    english: classColors.specific,
    own: classColors.related,
    other: classColors.general,
    untold: colors.missing,
};

/** Layer by layer, a bar of the mean shares over the languages other than English. */
export function lensFigure(lens: LensFile): TopLevelSpec {
    const layers = meanShares(lens);
    const values = layers.flatMap((shares, layer) =>
        lensKinds.map((kind, order) => ({ layer, order, kind: lensLabels[kind], share: shares[kind] })),
    );
    const panel: Panel = {
        width: plotWidth,
        height: 220,
        data: { values },
        encoding: {
            x: layerChannel(layers.length, 'layer (0 is the first)'),
            y: {
                field: 'share',
                type: 'quantitative',
                stack: 'zero',
                scale: { domain: [0, 1], nice: false },
                axis: {
                    values: [0, 0.25, 0.5, 0.75, 1],
                    format: '.0%',
                    title: 'likeliest tokens',
                    ...{ minExtent: yExtent, maxExtent: yExtent },
                },
            },
            order: { field: 'order', type: 'quantitative' },
            color: {
                field: 'kind',
                type: 'nominal',
                scale: {
                    domain: lensKinds.map((kind) => lensLabels[kind]),
                    range: lensKinds.map((kind) => kindColors[kind]),
                },
                legend: { title: null, orient: 'top', columns: 2 },
            },
        },
        layer: [{ mark: { type: 'bar', size: Math.max(2, Math.floor((0.8 * plotWidth) / layers.length)) } }],
    };
    return { ...figureFrame, vconcat: [panel] };
}
