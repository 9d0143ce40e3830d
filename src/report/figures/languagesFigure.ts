import type { TopLevelSpec } from 'vega-lite';
import type { NeuronAnalysis } from '../../neurons/analysis/NeuronAnalysis.js';
import { languageCounts } from '../facts/analysisFacts.js';
import { formatCount } from '../../support/format.js';
import { ownValue } from '../facts/numbers.js';
import {
    classColors,
    classLabels,
    colors,
    figureFrame,
    languageLabel,
    languageRows,
    type Layer,
    namesChannel,
    ofClasses,
    plotWidth,
} from './theme.js';

/**
 * Neurons of each language, specific and related ones stacked, most neurons first; with the 95 %
 * interval of the sum where the counts were kept in folds.
 */
export function languagesFigure(analysis: NeuronAnalysis): TopLevelSpec {
    // Equal totals keep the analysis' order: sort is stable.
    const languages = languageCounts(analysis).sort((a, b) => b.total - a.total);
    const order = languages.map(({ language }) => languageLabel(language));
    const intervals = languages.flatMap(({ language, total }) => {
        const interval = ownValue(analysis.stability?.intervals.perLanguage ?? {}, language)?.total;
        return interval === undefined
            ? []
            : [{ language: languageLabel(language), low: interval[0], high: interval[1], total }];
    });
    const largest = Math.max(1, ...languages.map(({ total }) => total), ...intervals.map(({ high }) => high));
    const values = languages.flatMap(({ language, specific, related }) => [
        { language: languageLabel(language), class: classLabels.specific, count: specific, order: 0 },
        { language: languageLabel(language), class: classLabels.related, count: related, order: 1 },
    ]);
    const totals = languages.map(({ language, total }) => ({
        language: languageLabel(language),
        text: formatCount(total),
        // The number stands beside the whisker.
        count: Math.max(total, ownValue(analysis.stability?.intervals.perLanguage ?? {}, language)?.total[1] ?? 0),
    }));
    const { y, height } = languageRows(order, { grid: false });
    const x = countAxis(largest);
    return {
        ...figureFrame,
        width: plotWidth,
        height,
        layer: [
            {
                data: { values },
                mark: 'bar',
                encoding: {
                    y,
                    x: x('count', 'zero'),
                    order: { field: 'order', type: 'quantitative' },
                    color: classColor,
                },
            },
            ...whiskers(intervals, y, x),
            {
                data: { values: totals },
                mark: { type: 'text', align: 'left', dx: 5, fontSize: 12, color: colors.ink },
                encoding: { y, x: x('count', null), text: { field: 'text', type: 'nominal' } },
            },
        ],
    };
}

function countAxis(largest: number) {
    return (field: string, stack: 'zero' | null) => ({
        field,
        type: 'quantitative' as const,
        stack,
        scale: { domain: [0, largest * 1.12], nice: false },
        axis: { title: 'neurons', tickMinStep: 1, tickCount: 6, format: ',d' },
    });
}

const classColor = namesChannel('class', ofClasses(classColors, ['specific', 'related']), {
    ...{ title: null, orient: 'top', symbolType: 'square', symbolSize: 110, columnPadding: 0 },
} as const);

/** Lines from `low` to `high` with an end at each; their light edge is seen on dark bars. */
function whiskers(
    values: readonly { readonly low: number; readonly high: number }[],
    y: ReturnType<typeof languageRows>['y'],
    x: ReturnType<typeof countAxis>,
): Layer[] {
    const data = { values: [...values] };
    const edges = [
        { strokeWidth: 4, color: colors.background },
        { strokeWidth: 1.4, color: colors.ink },
    ];
    return [
        ...edges.map((edge): Layer => ({
            data,
            mark: { type: 'rule' as const, ...edge },
            encoding: { y, x: x('low', null), x2: { field: 'high' } },
        })),
        ...(['low', 'high'] as const).map((end): Layer => ({
            data,
            mark: { type: 'tick', orient: 'vertical', size: 8, thickness: 1.4, color: colors.ink },
            encoding: { y, x: x(end, null) },
        })),
    ];
}
