import type { ComponentChild } from 'preact';
import type { SortColumn } from '../data/Query.js';
import type { GridColumn } from './gridColumns.js';

interface GridHeadProps {
    readonly columns: readonly GridColumn[];
    readonly sort: SortColumn;
    readonly descending: boolean;
    readonly onSort: (column: SortColumn) => void;
}

/** Headings of the table of neurons. All of them exist, so that Tab and readers go through all. */
export function GridHead({ columns, sort, descending, onSort }: GridHeadProps): ComponentChild {
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
