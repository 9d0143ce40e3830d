import type { ComponentChild } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { sum } from '../../../support/averages.js';
import type { ExploredNeuron, SortColumn, TokenSearch } from '../data/Query.js';
import { type LoadedSite, neuronRoute } from '../data/site.js';
import { useSize } from '../data/useSize.js';
import { type GridColumn, gridColumns, languageWidth } from './gridColumns.js';
import { GridHead } from './GridHead.js';
import { spanInSight } from './heatWindow.js';

const rowHeight = 32;
/** Browsers hold no taller element; longer lists scroll by shares of their length. */
const tallest = 8_000_000;

interface NeuronGridProps {
    readonly site: LoadedSite;
    readonly flats: Uint32Array;
    readonly sort: SortColumn;
    readonly descending: boolean;
    /** Shown first where a neuron has it. */
    readonly token: TokenSearch | undefined;
    readonly onSort: (column: SortColumn) => void;
}

/** Any number of neurons as a table of which only the rows in sight, and of these the columns in sight, exist. */
export function NeuronGrid({ site, flats, token, ...heads }: NeuronGridProps): ComponentChild {
    const box = useRef<HTMLDivElement>(null);
    const [current, setCurrent] = useState(0);
    const [[top, left], setScroll] = useState<readonly [top: number, left: number]>([0, 0]);
    const [width, height] = useSize(box, [1000, 480]);
    const columns = useMemo(() => gridColumns(site), [site]);
    const { least, inSight } = columnsInSight(columns, site.summary.languages.length, left, width);
    const { spacer, ratio, room, first, last } = rowsInSight(flats.length, top, height);
    const rows = useRows(site, flats, [first, last], token);
    useEffect(() => {
        setCurrent(0);
        if (box.current !== null) box.current.scrollTop = 0;
        setScroll([0, left]);
    }, [flats]);
    const show = (row: number): void => {
        const next = Math.max(0, Math.min(flats.length - 1, row));
        setCurrent(next);
        const element = box.current!;
        const y = next * rowHeight;
        const begin = element.scrollTop * ratio;
        if (y < begin) element.scrollTop = y / ratio;
        else if (y + rowHeight > begin + room) element.scrollTop = (y + rowHeight - room) / ratio;
    };
    const open = (): void => {
        if (flats.length > 0) location.hash = neuronRoute(flats[current]!, site);
    };
    const isShown = rows !== undefined && current >= rows.first && current < rows.first + rows.rows.length;
    return (
        <div
            ref={box}
            class="grid"
            role="grid"
            aria-label="Neurons"
            aria-rowcount={flats.length + 1}
            aria-colcount={columns.length}
            aria-activedescendant={isShown ? `row-${current}` : undefined}
            tabIndex={0}
            style={{ '--columns': tracks(columns), '--least': `${least}px`, maxWidth: mostWidth(columns) }}
            onScroll={({ currentTarget }) => setScroll([currentTarget.scrollTop, currentTarget.scrollLeft])}
            onKeyDown={(event) => takeKey(event, current, flats.length, room, show, open)}
        >
            <GridHead columns={columns} {...heads} />
            <div class="spacer" style={{ height: `${spacer}px` }}>
                {rows?.rows.map((row, i) => {
                    const place = rows.first + i;
                    const y = place * rowHeight - top * ratio + top;
                    return <Row key={row.flat} {...{ row, place, y, current, setCurrent, columns: inSight }} />;
                })}
            </div>
        </div>
    );
}

/** The columns that exist, and the least width of all, in pixels. */
function columnsInSight(columns: readonly GridColumn[], languages: number, left: number, width: number) {
    const fixed = columns.length - languages;
    const rem = useMemo(() => Number.parseFloat(getComputedStyle(document.documentElement).fontSize), []);
    const least = rem * sum(columns, ({ width: own }) => own);
    // From the right, since what stands before the languages may be stretched.
    const behindFixed = Math.max(width, least) - rem * languageWidth * languages;
    const across = spanInSight(left - behindFixed, width, rem * languageWidth, languages);
    return { least, inSight: [...columns.slice(0, fixed), ...columns.slice(fixed).slice(...across)] };
}

/** The rows that exist, `first` to before `last`, and how far the list scrolls: `ratio` pixels for each of `spacer`. */
function rowsInSight(count: number, top: number, height: number) {
    const content = count * rowHeight;
    const room = height - rowHeight; // below the head
    const spacer = Math.min(content, tallest);
    const ratio = spacer <= room ? 1 : Math.max(1, (content - room) / (spacer - room));
    const first = Math.max(0, Math.floor((top * ratio) / rowHeight) - 4);
    const last = Math.min(count, Math.ceil((top * ratio + height) / rowHeight) + 4);
    return { spacer, ratio, room, first, last };
}

interface Rows {
    readonly first: number;
    readonly of: Uint32Array;
    readonly rows: readonly ExploredNeuron[];
}

/** What is known of the rows in sight; undefined until it is read. */
function useRows(
    { table }: LoadedSite,
    flats: Uint32Array,
    [first, last]: readonly [number, number],
    token: TokenSearch | undefined,
): Rows | undefined {
    const [rows, setRows] = useState<Rows>();
    const tokensReady = table.tokens.ready.value;
    useEffect(() => {
        let wanted = true;
        void table.ask('rows', [...flats.subarray(first, last)], token).then((found) => {
            if (wanted) setRows({ first, of: flats, rows: found });
        });
        return () => void (wanted = false);
    }, [flats, first, last, tokensReady]);
    return rows?.of === flats ? rows : undefined;
}

function takeKey(
    event: KeyboardEvent,
    current: number,
    count: number,
    room: number,
    show: (row: number) => void,
    open: () => void,
): void {
    if (event.target !== event.currentTarget) return; // a heading's own keys
    const page = Math.max(1, Math.floor(room / rowHeight) - 1);
    const moves: Readonly<Record<string, number>> = {
        ArrowDown: current + 1,
        ArrowUp: current - 1,
        PageDown: current + page,
        PageUp: current - page,
        Home: 0,
        End: count - 1,
    };
    const to = moves[event.key];
    if (event.key === 'Enter') open();
    if (to === undefined) return;
    event.preventDefault();
    show(to);
}

interface RowProps {
    readonly row: ExploredNeuron;
    readonly place: number;
    /** Pixels from the top. */
    readonly y: number;
    readonly current: number;
    readonly setCurrent: (row: number) => void;
    readonly columns: readonly GridColumn[];
}

function Row({ row, place, y, current, setCurrent, columns }: RowProps): ComponentChild {
    return (
        <div
            role="row"
            id={`row-${place}`}
            class={place === current ? 'row current' : 'row'}
            aria-rowindex={place + 2}
            aria-selected={place === current}
            style={{ transform: `translateY(${y}px)` }}
            onClick={() => setCurrent(place)}
        >
            {columns.map(({ id, place: at, text }) => (
                <div key={id} role="gridcell" aria-colindex={at} class={id} style={{ gridColumn: at }}>
                    {text(row)}
                </div>
            ))}
        </div>
    );
}

/** The tracks of `grid-template-columns`. */
function tracks(columns: readonly GridColumn[]): string {
    return columns.map(({ width, most = width }) => `minmax(${width}rem, ${most}rem)`).join(' ');
}

/** All columns at their greatest width, between the table's borders. */
function mostWidth(columns: readonly GridColumn[]): string {
    return `calc(${sum(columns, ({ width, most = width }) => most)}rem + 2px)`;
}
