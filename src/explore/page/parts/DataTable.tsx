import { type ComponentChild, isValidElement } from 'preact';

export interface DataTableProps {
    readonly name: string;
    /** Headings; the first, and those that are elements of their own (`th`), as they are, else above numbers. */
    readonly columns: readonly ComponentChild[];
    /** The first cell names its row. A cell that is an element of its own (`td`) stays as it is. */
    readonly rows: readonly (readonly ComponentChild[])[];
    /** Of the style sheet. */
    readonly look?: string;
}

/** A plain table that scrolls where there is no room; its first column names the rows. */
export function DataTable({ name, columns, rows, look }: DataTableProps): ComponentChild {
    return (
        <div class="scroll" tabIndex={0} role="region" aria-label={name}>
            <table class={look}>
                <thead>
                    <tr>{columns.map((column, i) => heading(column, i === 0))}</tr>
                </thead>
                <tbody>
                    {rows.map(([first, ...rest], r) => (
                        <tr key={r}>
                            <th scope="row" class="text">
                                {first}
                            </th>
                            {rest.map((cell, c) => (is('td', cell) ? cell : <td key={c}>{cell}</td>))}
                        </tr>
                    ))}
                </tbody>
            </table>
        </div>
    );
}

/** A heading above words. */
export function heading(content: ComponentChild, isText = true): ComponentChild {
    if (is('th', content)) return content;
    return (
        <th scope="col" class={isText ? 'text' : ''}>
            {content}
        </th>
    );
}

function is(tag: 'td' | 'th', cell: ComponentChild): boolean {
    return isValidElement(cell) && cell.type === tag;
}
