import type { TopLevelSpec } from 'vega-lite';
import {
    classColors,
    colors,
    figureFrame,
    languageLabel,
    languageRows,
    type Layer,
    paddedDomain,
    plotWidth,
    seriesChannel,
} from './theme.js';
import type { SetCell } from '../facts/matrixFacts.js';
import { effectCell } from '../../experiments/metric/effectUnits.js';
import type { MetricWords } from '../../experiments/metric/Metric.js';
import { inPercent, meanOfFinite, type Measured } from '../facts/numbers.js';
import { divergingScale, type DivergingScale, tickLabels } from './heatmap.js';

/** What is drawn for each language. */
const series = {
    'itself, without its neurons': { color: classColors.specific, shape: 'circle' },
    'others, in the mean': { color: classColors.related, shape: 'square' },
    'itself, without random neurons': { color: colors.muted, shape: 'diamond' },
} as const;
const names = Object.keys(series);
const legend = { orient: 'top', columns: 1 } as const;

/** A language's row: effects as fractions, and the interval of its own. */
export interface OverviewRow {
    readonly language: string;
    readonly own: Measured;
    readonly interval: readonly [number, number] | null;
    readonly others: Measured;
    readonly random: Measured;
}

/** The rows of a set's cells, the languages that are hurt most first. */
export function overviewRows(
    rows: readonly (readonly SetCell[])[],
    words: Pick<MetricWords, 'harm' | 'relative'>,
): OverviewRow[] {
    return rows
        .flatMap((row): OverviewRow[] => {
            const own = row.find(({ row: changed, column }) => changed === column);
            if (own === undefined || (own.neurons ?? 0) === 0) return [];
            const others = meanOfFinite(
                row.filter((cell) => cell !== own).map(({ effect }) => effect),
                words,
            );
            return [{ language: own.row, own: own.effect, interval: own.interval, others, random: own.controlEffect }];
        })
        .sort((a, b) => words.harm * ((b.own ?? 0) - (a.own ?? 0)));
}

/**
 * What each language's own neurons do to it (with its 95 % interval) and to the others, beside as many random ones: on
 * a scale that is proportional near 0 and logarithmic beyond, as the matrices'.
 */
export function overviewFigure(rows: readonly OverviewRow[], words: MetricWords): TopLevelSpec {
    const { noun, unit, formatEffect } = words;
    const scale = divergingScale(
        rows.flatMap(({ own, interval, others, random }) => [own, ...(interval ?? []), others, random].map(inPercent)),
        (one) => effectCell(one / 100, words),
    );
    const at = (effect: Measured): number | null => scale.position(inPercent(effect));
    const language = (row: OverviewRow): string => languageLabel(row.language);
    const points = rows
        .flatMap((row) =>
            [row.own, row.others, row.random].map((effect, i) => ({
                language: language(row),
                series: names[i]!,
                position: at(effect),
                hover: `${row.language}, ${names[i]!}: ${formatEffect(effect)}`,
            })),
        )
        .filter(({ position }) => position !== null);
    const whiskers = rows.flatMap((row) =>
        row.interval === null ? [] : [{ language: language(row), low: at(row.interval[0]), high: at(row.interval[1]) }],
    );
    const positions = [
        0,
        ...points.map(({ position }) => position!),
        ...whiskers.flatMap(({ low, high }) => [low!, high!]),
    ];
    const x = axisOf(positions, scale, `change of ${noun} in ${unit}`);
    const { y, height } = languageRows(rows.map(language));
    const whisker: Layer = {
        data: { values: whiskers },
        mark: { type: 'rule', strokeWidth: 2, color: classColors.specific },
        encoding: { y, x: x('low'), x2: { field: 'high' } },
    };
    const dots: Layer = {
        data: { values: points },
        mark: { type: 'point', filled: true, opacity: 1, size: 80, aria: true },
        encoding: {
            y,
            x: x('position'),
            color: seriesChannel(series, 'color', legend),
            shape: seriesChannel(series, 'shape', legend),
            description: { field: 'hover', type: 'nominal' },
        },
    };
    return { ...figureFrame, width: plotWidth, height, layer: [whisker, dots] };
}

/** The horizontal axis of fields that hold positions on a scale, labelled in the scale's own units. */
function axisOf(positions: readonly number[], { ticks: all }: DivergingScale, title: string) {
    const [least, most] = paddedDomain(positions, 0.04);
    const ticks = all.filter(({ position }) => position >= least && position <= most);
    return (field: string) => ({
        field,
        type: 'quantitative' as const,
        scale: { domain: [least, most], nice: false, zero: false },
        axis: { values: ticks.map(({ position }) => position), labelExpr: tickLabels(ticks), title },
    });
}
