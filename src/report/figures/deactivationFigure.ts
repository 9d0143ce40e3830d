import { isDeactivation } from '../../interventions/Operation.js';
import type { TopLevelSpec } from 'vega-lite';
import type { DeactivationMatrix, DeactivationSet } from '../../experiments/DeactivationMatrix.js';
import { leastSignTestP } from '../../experiments/tooFewRight.js';
import { formatCount, formatNumber, formatPercentPoints, formatQuantity } from '../../support/format.js';
import { cellsOf, type SetCell, setsOf } from '../matrixFacts.js';
import type { MetricWords } from '../../experiments/Metric.js';
import { metricOf } from '../../experiments/metrics.js';
import { isComparable, type Measured } from '../numbers.js';
import { divergingScale, type DivergingScale } from './divergingScale.js';
import { besideUpTo, colorBarPanel, heatmap, type HeatmapCell } from './heatmap.js';
import { figureFrame } from './theme.js';

/** One colour scale for all sets of a matrix and their controls, so that their figures can be compared. */
export function commonScale(matrix: DeactivationMatrix): DivergingScale {
    const cells = setsOf(matrix).flatMap(([, set]) => cellsOf(set, matrix.metric).flat());
    return divergingScale(cells.flatMap((cell) => [own(cell), control(cell)]).map(coloured));
}

interface CellOptions {
    readonly words: MetricWords;
    readonly scale: DivergingScale;
}

/** What a panel shows of a cell. */
interface Shown {
    readonly effect: Measured;
    /** Grey: not to be told from chance. */
    readonly noise: boolean;
    readonly words: string;
}

function own(cell: SetCell): Shown {
    const { effect, noise, tooFew } = cell;
    return { effect, noise, words: tooFew ? tooFewWords(cell) : noise ? 'Does not differ from random neurons.' : '' };
}

function control(cell: SetCell): Shown {
    const { controlEffect: effect, controlNoise: noise, controlTooFew } = cell;
    return { effect, noise, words: controlTooFew ? tooFewWords(cell) : noise ? 'Within the margin of error.' : '' };
}

/** The percentage that a cell's colour stands for; null where it is grey. */
function coloured({ effect, noise }: Shown): Measured {
    return noise ? null : percent(effect);
}

/**
 * Change of the metric when a language's neurons are removed, or changed otherwise (rows), in each language (columns),
 * and the random control (the paper's figs. 2 and 6-13). Red is harm.
 */
export function deactivationFigure(
    name: string,
    set: DeactivationSet,
    { metric, operation }: Pick<DeactivationMatrix, 'metric' | 'operation'>,
    scale: DivergingScale,
): TopLevelSpec {
    const words = metricOf(metric);
    const rowTitle = isDeactivation(operation) ? 'deactivated language' : 'changed language';
    const beside = set.columns.length <= besideUpTo;
    const cells = cellsOf(set, metric).flat();
    const change = isDeactivation(operation) ? 'removed' : 'changed';
    const sides = [
        {
            title: `Own ${name.replaceAll('+', ' + ')} neurons`,
            side: own,
            done: `Neurons ${change}`,
            rowTitle,
        },
        {
            title: 'Control: random neurons',
            done: `Random neurons ${change} in the place`,
            side: control,
            rowTitle: beside ? null : rowTitle,
        },
    ].map(({ side, done, ...titles }) => ({
        ...titles,
        cells: cells.map((cell) => heatmapCell(cell, side(cell), done, { words, scale })),
    }));
    const panels = sides.map(({ cells: shown, ...titles }) =>
        heatmap(shown, { ...titles, rows: set.rows, columns: set.columns, columnTitle: 'evaluated language' }),
    );
    const positions = sides.flatMap(({ cells: shown }) => shown.map(({ position }) => position ?? 0));
    const ticks = scale.ticks.map(({ position, label }) => ({ position: words.harm * position, label }));
    const bar = positions.some((position) => position !== 0)
        ? [
              colorBarPanel(
                  `change of ${words.noun} in ${words.unit}; grey: does not differ`,
                  [Math.min(0, ...positions), Math.max(0, ...positions)],
                  ticks.sort((a, b) => a.position - b.position),
              ),
          ]
        : [];
    return {
        ...figureFrame,
        spacing: 26,
        vconcat: [...(beside ? [{ spacing: 26, hconcat: panels }] : panels), ...bar],
    };
}

function heatmapCell(cell: SetCell, shown: Shown, done: string, { words, scale }: CellOptions): HeatmapCell {
    const place = scale.position(coloured(shown));
    const isOwn = cell.row === cell.column;
    const measured = isComparable(shown.effect);
    const effect = measured ? `${words.formatEffect(shown.effect)}. ${shown.words}` : 'not measured';
    return {
        row: cell.row,
        column: cell.column,
        position: place === null ? null : words.harm * place,
        missing: !measured,
        text: formatPercentPoints(percent(shown.effect)),
        outlined: isOwn,
        hover: `${done} of ${cell.row}, ${words.noun} in ${isOwn ? 'itself' : cell.column}: ${effect}`.trim(),
    };
}

/** Why a cell is grey. */
function tooFewWords({ baseline, samples }: SetCell): string {
    const right = Math.round((baseline ?? 0) * (samples ?? 0));
    return (
        `The whole model answers ${formatCount(right)} of ${formatQuantity(samples ?? 0, 'question')} rightly: ` +
        `even a fall to 0 would not differ from chance (p = ${formatNumber(leastSignTestP(right))}).`
    );
}

function percent(fraction: Measured): Measured {
    return fraction === null ? null : fraction * 100;
}
