import type { ComponentChild } from 'preact';
import type { SortColumn } from '../data/Query.js';
import type { GridColumn } from './gridColumns.js';

/** Headings of the table of neurons. All of them exist, so that Tab and readers go through all. */
export function GridHead({
    columns,
    sort,
    descending,
    onSort,
}: {
    columns: readonly GridColumn[];
    sort: SortColumn;
    descending: boolean;
    onSort: (column: SortColumn) => void;
}): ComponentChild {
    return (
        <div role="row" class="head" aria-rowindex={1}>
            {columns.map(({ id, place, label, title, sort: by }) => (
                <div
                    key={id}
                    role="columnheader"
                    aria-colindex={place}
                    title={title}
                    class={id}
                    aria-sort={by !== undefined && by === sort ? (descending ? 'descending' : 'ascending') : undefined}
                >
                    {by === undefined ? (
                        label
                    ) : (
                        <button type="button" onClick={() => onSort(by)}>
                            {label}
                            {by === sort ? (descending ? ' ↓' : ' ↑') : ''}
                        </button>
                    )}
                </div>
            ))}
        </div>
    );
}
