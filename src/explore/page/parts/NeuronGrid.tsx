import type { ComponentChild } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { ExploredNeuron, SortColumn, TokenSearch } from '../data/Query.js';
import { type LoadedSite, neuronRoute } from '../data/site.js';
import { type GridColumn, gridColumns, languageWidth } from './gridColumns.js';
import { GridHead } from './GridHead.js';
import { spanInSight } from './heatWindow.js';

const rowHeight = 32;
/** Browsers hold no taller element; longer lists scroll by shares of their length. */
const tallest = 8_000_000;

/** Any number of neurons as a table of which only the rows in sight, and of these the columns in sight, exist. */
export function NeuronGrid({
    site,
    flats,
    sort,
    descending,
    token,
    onSort,
}: {
    site: LoadedSite;
    flats: Uint32Array;
    sort: SortColumn;
    descending: boolean;
    /** Shown first where a neuron has it. */
    token: TokenSearch | undefined;
    onSort: (column: SortColumn) => void;
}): ComponentChild {
    const box = useRef<HTMLDivElement>(null);
    const [top, setTop] = useState(0);
    const [left, setLeft] = useState(0);
    const [[width, height], setSize] = useState<readonly [width: number, height: number]>([1000, 480]);
    const [rows, setRows] = useState<{
        readonly first: number;
        readonly of: Uint32Array;
        readonly rows: readonly ExploredNeuron[];
    }>();
    const [current, setCurrent] = useState(0);
    const columns = useMemo(() => gridColumns(site), [site]);
    const languages = site.summary.languages.length;
    const fixed = columns.length - languages;
    const [rem, least] = useMemo(() => {
        const pixels = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
        return [pixels, pixels * columns.reduce((sum, { width: own }) => sum + own, 0)];
    }, [columns]);
    // From the right, since what stands before the languages may be stretched.
    const behindFixed = Math.max(width, least) - rem * languageWidth * languages;
    const across = spanInSight(left - behindFixed, width, rem * languageWidth, languages);
    const inSight = [...columns.slice(0, fixed), ...columns.slice(fixed).slice(...across)];

    const content = flats.length * rowHeight;
    const room = height - rowHeight; // below the head
    const spacer = Math.min(content, tallest);
    /** Pixels of the list for each that is scrolled. */
    const ratio = spacer <= room ? 1 : Math.max(1, (content - room) / (spacer - room));
    const first = Math.max(0, Math.floor((top * ratio) / rowHeight) - 4);
    const last = Math.min(flats.length, Math.ceil((top * ratio + height) / rowHeight) + 4);

    useEffect(() => {
        const observer = new ResizeObserver(([entry]) =>
            setSize([entry!.contentRect.width, entry!.contentRect.height]),
        );
        observer.observe(box.current!);
        return () => observer.disconnect();
    }, []);
    const tokensReady = site.table.tokens.ready.value;
    useEffect(() => {
        let wanted = true;
        void site.table.ask('rows', [...flats.subarray(first, last)], token).then((found) => {
            if (wanted) setRows({ first, of: flats, rows: found });
        });
        return () => void (wanted = false);
    }, [flats, first, last, tokensReady]);
    useEffect(() => {
        setCurrent(0);
        if (box.current !== null) box.current.scrollTop = 0;
        setTop(0);
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
    const onKeyDown = (event: KeyboardEvent): void => {
        if (event.target !== event.currentTarget) return; // a heading's own keys
        const page = Math.max(1, Math.floor(room / rowHeight) - 1);
        const moves: Readonly<Record<string, number>> = {
            ArrowDown: current + 1,
            ArrowUp: current - 1,
            PageDown: current + page,
            PageUp: current - page,
            Home: 0,
            End: flats.length - 1,
        };
        const to = moves[event.key];
        if (to !== undefined) {
            event.preventDefault();
            show(to);
        } else if (event.key === 'Enter' && flats.length > 0) {
            location.hash = neuronRoute(flats[current]!, site);
        }
    };
    const shown = rows?.of === flats ? rows : undefined;
    return (
        <div
            ref={box}
            class="grid"
            role="grid"
            aria-label="Neurons"
            aria-rowcount={flats.length + 1}
            aria-colcount={columns.length}
            aria-activedescendant={
                shown !== undefined && current >= shown.first && current < shown.first + shown.rows.length
                    ? `row-${current}`
                    : undefined
            }
            tabIndex={0}
            style={{ '--columns': tracks(columns), '--least': `${least}px` }}
            onScroll={({ currentTarget }) => {
                setTop(currentTarget.scrollTop);
                setLeft(currentTarget.scrollLeft);
            }}
            onKeyDown={onKeyDown}
        >
            <GridHead columns={columns} sort={sort} descending={descending} onSort={onSort} />
            <div class="spacer" style={{ height: `${spacer}px` }}>
                {shown?.rows.map((row, i) => {
                    const place = shown.first + i;
                    return (
                        <div
                            key={row.flat}
                            role="row"
                            id={`row-${place}`}
                            class={place === current ? 'row current' : 'row'}
                            aria-rowindex={place + 2}
                            aria-selected={place === current}
                            style={{ transform: `translateY(${place * rowHeight - top * ratio + top}px)` }}
                            onClick={() => setCurrent(place)}
                        >
                            {inSight.map(({ id, place: at, text }) => (
                                <div key={id} role="gridcell" aria-colindex={at} class={id} style={{ gridColumn: at }}>
                                    {text(row)}
                                </div>
                            ))}
                        </div>
                    );
                })}
            </div>
        </div>
    );
}

/** The tracks of `grid-template-columns`. */
function tracks(columns: readonly GridColumn[]): string {
    return columns.map(({ width, stretches }) => (stretches ? `minmax(${width}rem, 1fr)` : `${width}rem`)).join(' ');
}
