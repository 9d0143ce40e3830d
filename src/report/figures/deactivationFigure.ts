import { isDeactivation } from '../../interventions/Operation.js';
import type { TopLevelSpec } from 'vega-lite';
import type { DeactivationMatrix, DeactivationSet } from '../../experiments/results/DeactivationMatrix.js';
import { cellsOf, type SetCell } from '../facts/matrixFacts.js';
import type { MetricWords } from '../../experiments/metric/Metric.js';
import { metricOf } from '../../experiments/registry/metrics.js';
import { besideUpTo, colorBarPanel, type DivergingScale, heatmap, type HeatmapCell } from './heatmap.js';
import { type ShownCell, shownCell } from './shownCells.js';
import { figureFrame } from './theme.js';

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
    const beside = set.columns.length <= besideUpTo;
    const cells = cellsOf(set, metric).flat();
    const change = isDeactivation(operation) ? 'removed' : 'changed';
    const rowTitle = `neurons ${change}`;
    const sides = (
        [
            {
                title: `Own ${name.replaceAll('+', ' + ')} neurons`,
                side: 'own',
                done: `Neurons ${change}`,
                rowTitle,
            },
            {
                title: 'Control: random neurons',
                done: `Random neurons ${change} in the place`,
                side: 'control',
                rowTitle: beside ? null : rowTitle,
            },
        ] as const
    ).map(({ side, done, ...titles }) => ({
        ...titles,
        cells: cells.map((cell) => heatmapCell(cell, shownCell(cell, side, words, scale), done, words)),
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

function heatmapCell({ row, column }: SetCell, shown: ShownCell, done: string, words: MetricWords): HeatmapCell {
    const { effect, position, isMissing, text, note } = shown;
    const isOwn = row === column;
    const told = isMissing ? 'not measured' : `${words.formatEffect(effect)}. ${note}`;
    return {
        row,
        column,
        position,
        missing: isMissing,
        text,
        outlined: isOwn,
        hover: `${done} of ${row}, ${words.noun} in ${isOwn ? 'itself' : column}: ${told}`.trim(),
    };
}
