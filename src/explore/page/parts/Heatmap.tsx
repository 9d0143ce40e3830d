import type { ComponentChild } from 'preact';
import { useState } from 'preact/hooks';
import { cellColor, darkCellColor, wantsLightText } from '../../../report/figures/palette.js';
import { type CellPlace, movedCell } from './movedCell.js';
import { useTip } from './useTip.js';

export interface HeatCell {
    readonly text: string;
    /** Its colour, −1 to 1; null: grey, and plain. */
    readonly position: number | null;
    readonly isOutlined?: boolean;
    /** Lines on the cell, the first of them a heading. */
    readonly tip: readonly string[];
    /** What a click or Enter opens. */
    readonly link?: string;
}

/** A heading of a row or a column. */
export interface HeatHeading {
    /** Unique on its side. */
    readonly key: string;
    readonly label: ComponentChild;
    readonly title?: string | undefined;
}

/** A matrix as a table: colour, number, and lines on the cell that is pointed at or has the focus. */
export function Heatmap({
    caption,
    rowTitle,
    columnTitle,
    rows,
    columns,
    cells,
    isDense = false,
}: {
    caption: string;
    rowTitle: string;
    columnTitle: string;
    rows: readonly HeatHeading[];
    columns: readonly HeatHeading[];
    cells: readonly (readonly HeatCell[])[];
    /** Without numbers, for many columns. */
    isDense?: boolean;
}): ComponentChild {
    const [at, setAt] = useState<CellPlace>([0, 0]);
    const { tip, show, hide } = useTip();
    const [row, column] = [Math.min(at[0], rows.length - 1), Math.min(at[1], columns.length - 1)];
    const tell = (element: HTMLElement, [r, c]: CellPlace): void =>
        show(cells[r]![c]!.tip, element.getBoundingClientRect());
    const onKeyDown = (event: KeyboardEvent): void => {
        const next = movedCell(event, [row, column], [rows.length, columns.length]);
        if (next === undefined) {
            const { link } = cells[row]![column]!;
            if (event.key === 'Enter' && link !== undefined) location.hash = link;
            return;
        }
        event.preventDefault();
        setAt(next);
        const table = event.currentTarget as HTMLElement;
        const cell = table.querySelector<HTMLElement>(`[data-cell="${next.join()}"]`);
        cell?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
        // The scrolling would hide what the focus shows.
        requestAnimationFrame(() => cell?.focus({ preventScroll: true }));
    };
    return (
        <div class={isDense ? 'heat dense' : 'heat'}>
            <div class="scroll">
                <table role="grid" aria-label={caption} onKeyDown={onKeyDown} onPointerLeave={hide}>
                    <thead>
                        <tr>
                            <th scope="col" class="corner">
                                {rowTitle}&nbsp;↓ {columnTitle}&nbsp;→
                            </th>
                            {columns.map(({ key, label, title }) => (
                                <th key={key} scope="col" title={title}>
                                    {label}
                                </th>
                            ))}
                        </tr>
                    </thead>
                    <tbody>
                        {rows.map(({ key, label, title }, r) => (
                            <tr key={key}>
                                <th scope="row" title={title}>
                                    {label}
                                </th>
                                {columns.map((other, c) => {
                                    const cell = cells[r]![c]!;
                                    return (
                                        <td
                                            key={other.key}
                                            data-cell={`${r},${c}`}
                                            tabIndex={r === row && c === column ? 0 : -1}
                                            aria-label={nameOf(cell)}
                                            class={classOf(cell)}
                                            style={styleOf(cell)}
                                            onFocus={({ currentTarget }) => {
                                                setAt([r, c]);
                                                tell(currentTarget, [r, c]);
                                            }}
                                            onBlur={hide}
                                            onPointerEnter={({ currentTarget }) => tell(currentTarget, [r, c])}
                                        >
                                            {isDense ? (
                                                ''
                                            ) : cell.link === undefined ? (
                                                cell.text
                                            ) : (
                                                <a href={cell.link} tabIndex={-1}>
                                                    {cell.text}
                                                </a>
                                            )}
                                        </td>
                                    );
                                })}
                            </tr>
                        ))}
                    </tbody>
                </table>
            </div>
            {tip}
        </div>
    );
}

function classOf({ position, isOutlined }: HeatCell): string {
    return [position === null ? 'plain' : wantsLightText(position) ? 'deep' : '', isOutlined === true ? 'own' : '']
        .filter((name) => name !== '')
        .join(' ');
}

/** What a screen reader says. */
function nameOf({ text, tip }: HeatCell): string {
    return [text, ...tip].filter((line) => line !== '').join('. ');
}

function styleOf({ position }: HeatCell): Readonly<Record<string, string>> | undefined {
    if (position === null) return undefined;
    return { '--light': cellColor(position), '--dark': darkCellColor(position) };
}
