import type { TopLevelSpec } from 'vega-lite';
import type { LanguageOverlap } from '../../neurons/languageOverlap.js';
import { colors, figureConfig, labelText, plotWidth } from './theme.js';

/** More languages have no room for numbers in their cells. */
const mostNumbers = 12;

/** Language by language, the share of their neurons that two have in common. The diagonal, always 1, is left empty. */
export function overlapFigure({ languages, jaccard }: LanguageOverlap): TopLevelSpec {
    const order = languages.map(labelText);
    const values = order.flatMap((a, i) =>
        order.flatMap((b, j) => {
            const value = jaccard[i]![j]!;
            return i === j || value === null ? [] : [{ a, b, value, text: value === 0 ? '0' : value.toFixed(2) }];
        }),
    );
    const largest = Math.max(...values.map(({ value }) => value));
    const place = { type: 'nominal', sort: null, scale: { domain: order } } as const;
    const encoding = {
        x: { field: 'b', ...place, axis: { title: null, orient: 'top', labelAngle: 0, domain: false, ticks: false } },
        y: { field: 'a', ...place, axis: { title: null, domain: false, ticks: false } },
    } as const;
    return {
        background: colors.background,
        padding: { left: 6, right: 16, top: 8, bottom: 6 },
        config: figureConfig,
        width: plotWidth,
        height: { step: 25 },
        data: { values },
        encoding,
        layer: [
            {
                mark: { type: 'rect', stroke: colors.cellGap },
                encoding: {
                    color: {
                        field: 'value',
                        type: 'quantitative',
                        scale: { scheme: 'blues', domain: [0, largest] },
                        legend: { title: 'Jaccard index', orient: 'bottom', format: '.2f', tickCount: 3 },
                    },
                },
            },
            ...(order.length > mostNumbers
                ? []
                : [
                      {
                          mark: { type: 'text' as const, fontSize: 12 },
                          encoding: {
                              text: { field: 'text', type: 'nominal' as const },
                              color: {
                                  condition: { test: `datum.value > ${largest / 2}`, value: colors.cellLight },
                                  value: colors.cellDark,
                              },
                          },
                      },
                  ]),
        ],
    };
}
