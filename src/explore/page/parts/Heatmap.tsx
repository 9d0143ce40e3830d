import type { ComponentChild } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { cellColor, darkCellColor, wantsLightText } from '../../../report/figures/palette.js';
import { useHeatWindow } from './heatWindow.js';
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

/** A matrix of more layers has cells too narrow for numbers. */
export const mostLayersWithNumbers = 24;

interface HeatmapProps {
    readonly caption: string;
    readonly rowTitle: string;
    readonly columnTitle: string;
    readonly rows: readonly HeatHeading[];
    readonly columns: readonly HeatHeading[];
    /** Asked for the cells in sight alone. */
    readonly cellAt: (row: number, column: number) => HeatCell;
    /** Without numbers, for many columns. */
    readonly isDense?: boolean;
}

/** A matrix as a table: colour, number, and lines on the cell that is pointed at or has the focus. */
export function Heatmap(props: HeatmapProps): ComponentChild {
    const { caption, rowTitle, columnTitle, rows, columns, cellAt, isDense = false } = props;
    const [at, setAt] = useState<CellPlace>([0, 0]);
    const { tip, show, hide } = useTip();
    const box = useRef<HTMLDivElement>(null);
    const { isWindowed, rows: down, columns: across, reveal } = useHeatWindow(box, rows.length, columns.length);
    // One cell can be reached by Tab, and it must exist.
    const [row, column] = [within(at[0], down), within(at[1], across)];
    const onKeyDown = (event: KeyboardEvent): void => {
        const next = movedCell(event, [row, column], [rows.length, columns.length]);
        const link = event.key === 'Enter' ? cellAt(row, column).link : undefined;
        if (link !== undefined) location.hash = link;
        if (next === undefined) return;
        event.preventDefault();
        setAt(next);
        reveal(...next);
        focusCell(box, next);
    };
    const drawn = (r: number, c: number): ComponentChild => {
        const cell = cellAt(r, c);
        const tell = (element: HTMLElement): void => show(cell.tip, element.getBoundingClientRect());
        return (
            <td
                key={columns[c]!.key}
                data-cell={`${r},${c}`}
                aria-colindex={c + 2}
                tabIndex={r === row && c === column ? 0 : -1}
                aria-label={nameOf(cell)}
                class={classOf(cell)}
                style={styleOf(cell)}
                onFocus={({ currentTarget }) => {
                    setAt([r, c]);
                    tell(currentTarget);
                }}
                onBlur={hide}
                onPointerEnter={({ currentTarget }) => tell(currentTarget)}
            >
                {!isDense && <CellText cell={cell} />}
            </td>
        );
    };
    const corner = `${rowTitle}\u00a0↓ ${columnTitle}\u00a0→`;
    return (
        <div class={['heat', isDense ? 'dense' : '', isWindowed ? 'windowed' : ''].join(' ')}>
            <div class="scroll" ref={box}>
                <table
                    role="grid"
                    aria-label={caption}
                    aria-rowcount={rows.length + 1}
                    aria-colcount={columns.length + 1}
                    onKeyDown={onKeyDown}
                    onPointerLeave={hide}
                >
                    <Cells {...{ rows, columns, down, across, corner, isWindowed, drawn }} />
                </table>
            </div>
            {tip}
        </div>
    );
}

function focusCell(box: { readonly current: HTMLElement | null }, place: CellPlace): void {
    const find = (): HTMLElement | null | undefined => box.current?.querySelector(`[data-cell="${place.join()}"]`);
    // A frame for the cell to exist, and one for the scrolling, which would hide what the focus shows.
    requestAnimationFrame(() => {
        find()?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
        requestAnimationFrame(() => find()?.focus({ preventScroll: true }));
    });
}

interface CellsProps extends Pick<HeatmapProps, 'rows' | 'columns'> {
    /** Rows and columns that exist, from the first to before the last. */
    readonly down: readonly [number, number];
    readonly across: readonly [number, number];
    readonly corner: string;
    readonly isWindowed: boolean;
    readonly drawn: (row: number, column: number) => ComponentChild;
}

function Cells({ rows, columns, down, across, corner, isWindowed, drawn }: CellsProps): ComponentChild {
    const inSight = (cells: readonly ComponentChild[]): ComponentChild => [
        <Gap count={across[0]} />,
        ...cells,
        <Gap count={columns.length - across[1]} />,
    ];
    const [shownRows, shownColumns] = [indices(down), indices(across)];
    const headings = shownColumns.map((c) => (
        <th key={columns[c]!.key} scope="col" title={columns[c]!.title} aria-colindex={c + 2}>
            {columns[c]!.label}
        </th>
    ));
    return (
        <>
            {isWindowed && (
                <colgroup>
                    <col class="headings" />
                    <col span={columns.length} />
                </colgroup>
            )}
            <thead>
                <tr aria-rowindex={1}>
                    <th scope="col" class="corner">
                        {corner}
                    </th>
                    {inSight(headings)}
                </tr>
            </thead>
            <tbody>
                <RowGap count={down[0]} columns={columns.length} />
                {shownRows.map((r) => (
                    <tr key={rows[r]!.key} aria-rowindex={r + 2}>
                        <th scope="row" title={rows[r]!.title}>
                            {rows[r]!.label}
                        </th>
                        {inSight(shownColumns.map((c) => drawn(r, c)))}
                    </tr>
                ))}
                <RowGap count={rows.length - down[1]} columns={columns.length} />
            </tbody>
        </>
    );
}

function CellText({ cell: { text, link } }: { cell: HeatCell }): ComponentChild {
    if (link === undefined || text === '') return text;
    return (
        <a href={link} tabIndex={-1}>
            {text}
        </a>
    );
}

/** In the place of columns out of sight. */
function Gap({ count }: { count: number }): ComponentChild {
    return count > 0 && <td class="gap" aria-hidden="true" colSpan={count} />;
}

/** In the place of rows out of sight. */
function RowGap({ count, columns }: { count: number; columns: number }): ComponentChild {
    return (
        count > 0 && (
            <tr class="gap" aria-hidden="true" style={{ height: `calc(${count} * var(--row))` }}>
                <td colSpan={columns + 1} />
            </tr>
        )
    );
}

function indices([first, last]: readonly [number, number]): number[] {
    return Array.from({ length: last - first }, (_, i) => first + i);
}

function within(place: number, [first, last]: readonly [number, number]): number {
    return Math.max(first, Math.min(last - 1, place));
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
