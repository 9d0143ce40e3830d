import type { ComponentChild } from 'preact';
import { useState } from 'preact/hooks';

export interface HeatCell {
    readonly text: string;
    /** From -1 to 1: what is shown as colour; null: grey. */
    readonly strength: number | null;
    /** One sentence on the cell. */
    readonly tip: string;
}

/** A matrix as a table: colour, number, and a sentence on the cell that is pointed at or has the focus. */
export function Heatmap({
    caption,
    rowTitle,
    columnTitle,
    rows,
    columns,
    cells,
}: {
    caption: string;
    rowTitle: string;
    columnTitle: string;
    rows: readonly string[];
    columns: readonly string[];
    cells: readonly (readonly HeatCell[])[];
}): ComponentChild {
    const [at, setAt] = useState<readonly [number, number]>();
    const [row, column] = at ?? [0, 0];
    const onKeyDown = (event: KeyboardEvent): void => {
        const moves: Readonly<Record<string, readonly [number, number]>> = {
            ArrowLeft: [0, -1],
            ArrowRight: [0, 1],
            ArrowUp: [-1, 0],
            ArrowDown: [1, 0],
        };
        const move = moves[event.key];
        if (move === undefined) return;
        event.preventDefault();
        const next = [
            Math.max(0, Math.min(rows.length - 1, row + move[0])),
            Math.max(0, Math.min(columns.length - 1, column + move[1])),
        ] as const;
        setAt(next);
        (event.currentTarget as HTMLElement).querySelector<HTMLElement>(`[data-cell="${next.join()}"]`)?.focus();
    };
    return (
        <div class="heat">
            <div class="scroll">
                <table role="grid" aria-label={caption} onKeyDown={onKeyDown}>
                    <thead>
                        <tr>
                            <th scope="col" class="corner">
                                {rowTitle} ↓ &nbsp; {columnTitle} →
                            </th>
                            {columns.map((name) => (
                                <th key={name} scope="col">
                                    {name}
                                </th>
                            ))}
                        </tr>
                    </thead>
                    <tbody>
                        {rows.map((name, r) => (
                            <tr key={name}>
                                <th scope="row">{name}</th>
                                {columns.map((other, c) => {
                                    const { text, strength, tip } = cells[r]![c]!;
                                    return (
                                        <td
                                            key={other}
                                            data-cell={`${r},${c}`}
                                            tabIndex={r === row && c === column ? 0 : -1}
                                            class={strength === null ? 'plain' : strength < 0 ? 'gain' : 'harm'}
                                            style={
                                                strength === null
                                                    ? undefined
                                                    : { '--strength': `${Math.round(Math.abs(strength) * 55)}%` }
                                            }
                                            title={tip}
                                            onFocus={() => setAt([r, c])}
                                            onPointerEnter={() => setAt([r, c])}
                                        >
                                            {text}
                                        </td>
                                    );
                                })}
                            </tr>
                        ))}
                    </tbody>
                </table>
            </div>
            <output class="small" aria-live="polite">
                {at === undefined ? 'Point at a cell to read it.' : cells[row]?.[column]?.tip}
            </output>
        </div>
    );
}
