import type { TopLevelSpec } from 'vega-lite';
import { formatCompact, formatShare } from '../../support/format.js';
import type { DataTable } from '../tables/DataTable.js';
import { heatmap, type HeatmapCell } from './heatmap.js';
import { figureFrame } from './theme.js';

/** Shares of answers that are cut off, from 0 to 1: neurons of a row, questions of a column. */
export function cutFigure({ columns: [done, ...columns], rows }: DataTable): TopLevelSpec {
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
