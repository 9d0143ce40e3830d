import type { DeactivationSet } from '../../experiments/results/DeactivationMatrix.js';
import { metricOf } from '../../experiments/registry/metrics.js';
import { shownShares } from '../../experiments/metric/shownShares.js';
import { isDeactivation } from '../../interventions/Operation.js';
import { doneWords } from '../../interventions/operationWords.js';
import { formatCompact, formatShare } from '../../support/format.js';
import { html } from '../../support/html.js';
import { mean } from '../facts/numbers.js';
import { setLabel } from '../facts/setSentences.js';
import { fileSafe, type MeasuredOperation, resultPrefix } from '../tables/deactivationTable.js';
import { htmlTable } from '../tables/htmlTable.js';
import { section, type Section } from './Section.js';
import type { TopLevelSpec } from 'vega-lite';
import type { DataTable } from '../tables/DataTable.js';
import { heatmap, type HeatmapCell } from '../figures/heatmap.js';
import { figureFrame } from '../figures/theme.js';

/** How many answers are cut off where each language's neurons are changed; none where no answer is. */
export function cutSection(name: string, set: DeactivationSet, measured: MeasuredOperation): Section[] {
    const found = shownShares(set, metricOf(measured.metric)).find(({ words }) => words.name === 'cut');
    const cut = found?.words.isFault === true ? found.share : undefined;
    if (cut === undefined || [cut.baseline, ...cut.values].flat().every((share) => share === 0)) return [];
    const { operation } = measured;
    const removed = isDeactivation(operation);
    const done = removed ? 'removed' : 'changed';
    const own = set.rows.map((language, r) => cut.values[r]?.[set.columns.indexOf(language)] ?? null);
    const table = {
        name: `${resultPrefix(measured)}.${fileSafe(name)}.cut`,
        columns: [done, ...set.columns],
        rows: [['none', ...cut.baseline], ...set.rows.map((row, r) => [row, ...cut.values[r]!])],
    };
    const chapter = removed ? 'deactivation' : 'intervention';
    return [
        section(chapter, table, {
            title: `Answers cut off where ${setLabel(name)} neurons are ${removed ? done : doneWords(operation)}`,
            spec: cutFigure(table),
            label: `Share of the answers that are cut off in each language where the neurons of each are ${done}`,
            wide: true,
            caption: html`<p>
                An answer that reaches the limit of tokens is cut off, mostly before its result, and counts as wrong. On
                average, ${formatShare(mean(cut.baseline))} of the whole model’s answers are cut off, and
                ${formatShare(mean(own))} of those in a language whose own neurons are ${done}. Numbers are percent; the
                first row is the whole model.
            </p>`,
            numbers: htmlTable(table, {
                leadRows: 1,
                formats: Object.fromEntries(set.columns.map((column) => [column, formatShare])),
            }),
        }),
    ];
}

/** Shares of answers that are cut off, from 0 to 1: neurons of a row, questions of a column. */
function cutFigure({ columns: [done, ...columns], rows }: DataTable): TopLevelSpec {
    const cells = rows.flatMap(([row, ...shares]) =>
        (shares as number[]).map((share, c): HeatmapCell => ({
            row: row as string,
            column: columns[c]!,
            position: share === 0 ? null : share,
            text: share === 0 ? '0' : formatCompact(Math.round(100 * share)),
            outlined: row === columns[c],
            hover: `${row as string} ${done!}, asked in ${columns[c]!}: ${formatShare(share)} cut off`,
        })),
    );
    return {
        ...figureFrame,
        ...heatmap(cells, {
            rows: rows.map(([row]) => row as string),
            columns,
            rowTitle: `neurons ${done!}`,
            columnTitle: 'asked in',
        }),
    };
}
