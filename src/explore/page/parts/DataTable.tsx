import type { ComponentChild } from 'preact';

/** A plain table that scrolls where there is no room; its first column names the rows. */
export function DataTable({
    name,
    columns,
    rows,
}: {
    name: string;
    columns: readonly string[];
    rows: readonly (readonly ComponentChild[])[];
}): ComponentChild {
    return (
        <div class="scroll" tabIndex={0} role="region" aria-label={name}>
            <table>
                <thead>
                    <tr>
                        {columns.map((column, i) => (
                            <th key={i} scope="col" class={i === 0 ? 'text' : ''}>
                                {column}
                            </th>
                        ))}
                    </tr>
                </thead>
                <tbody>
                    {rows.map(([first, ...rest], r) => (
                        <tr key={r}>
                            <th scope="row" class="text">
                                {first}
                            </th>
                            {rest.map((cell, c) => (
                                <td key={c}>{cell}</td>
                            ))}
                        </tr>
                    ))}
                </tbody>
            </table>
        </div>
    );
}
