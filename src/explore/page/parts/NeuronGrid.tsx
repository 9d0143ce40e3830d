import type { ComponentChild } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { SiteSummary } from '../../siteFormat.js';
import { type LoadedSite, neuronRoute } from '../data/site.js';
import { flatName } from '../data/sites.js';
import type { ExploredNeuron, SortColumn } from '../data/Query.js';
import { languageCodes } from './languageText.js';
import { formatThree } from './formatThree.js';

const rowHeight = 32;
/** Browsers hold no taller element; longer lists scroll by shares of their length. */
const tallest = 8_000_000;

interface Column {
    readonly id: string;
    readonly label: string;
    readonly title: string;
    readonly sort?: SortColumn;
    readonly text: (row: ExploredNeuron) => ComponentChild;
}

function columnsOf(site: LoadedSite): Column[] {
    const { summary, starts } = site;
    const { languages, sites, threshold } = summary;
    return [
        {
            id: 'place',
            label: 'neuron',
            title: 'Layer and neuron; of an expert: layer, expert, neuron',
            sort: 'place',
            text: ({ flat }) => {
                return (
                    <a href={neuronRoute(flat, site)} tabIndex={-1}>
                        {flatName(flat, sites, starts)}
                    </a>
                );
            },
        },
        { id: 'class', label: 'class', title: 'Class', text: (row) => <span class={row.class}>{row.class}</span> },
        {
            id: 'languages',
            label: 'languages',
            title: 'Languages that it is classified for',
            text: (row) => languageCodes(languages, row.languages),
        },
        {
            id: 'high',
            label: 'N',
            title: 'Number of languages in which it is high',
            sort: 'high',
            text: (row) => row.high,
        },
        {
            id: 'score',
            label: 'score',
            title: 'The score that neurons are selected by; the lowest are selected',
            sort: 'score',
            text: (row) => formatThree(row.score),
        },
        ...languages.map(({ tag, english }, k): Column => ({
            id: String(k),
            label: tag,
            title: `Activation probability in ${english}`,
            sort: k,
            text: ({ probabilities }) => (
                <span class={probabilities[k]! > threshold ? 'high' : ''}>{formatThree(probabilities[k]!)}</span>
            ),
        })),
    ];
}

/** Any number of neurons as a table of which only the rows in sight exist. */
export function NeuronGrid({
    site,
    flats,
    sort,
    descending,
    onSort,
}: {
    site: LoadedSite;
    flats: Uint32Array;
    sort: SortColumn;
    descending: boolean;
    onSort: (column: SortColumn) => void;
}): ComponentChild {
    const box = useRef<HTMLDivElement>(null);
    const [top, setTop] = useState(0);
    const [height, setHeight] = useState(480);
    const [rows, setRows] = useState<{
        readonly first: number;
        readonly of: Uint32Array;
        readonly rows: ExploredNeuron[];
    }>();
    const [current, setCurrent] = useState(0);
    const columns = columnsOf(site);

    const content = flats.length * rowHeight;
    const room = height - rowHeight; // below the head
    const spacer = Math.min(content, tallest);
    /** Pixels of the list for each that is scrolled. */
    const ratio = spacer <= room ? 1 : Math.max(1, (content - room) / (spacer - room));
    const first = Math.max(0, Math.floor((top * ratio) / rowHeight) - 4);
    const last = Math.min(flats.length, Math.ceil((top * ratio + height) / rowHeight) + 4);

    useEffect(() => {
        const observer = new ResizeObserver(([entry]) => setHeight(entry!.contentRect.height));
        observer.observe(box.current!);
        return () => observer.disconnect();
    }, []);
    useEffect(() => {
        let wanted = true;
        void site.table.ask('rows', [...flats.subarray(first, last)]).then((found) => {
            if (wanted) setRows({ first, of: flats, rows: found });
        });
        return () => void (wanted = false);
    }, [flats, first, last]);
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
            style={{ '--columns': columnWidths(site.summary) }}
            onScroll={({ currentTarget }) => setTop(currentTarget.scrollTop)}
            onKeyDown={onKeyDown}
        >
            <div role="row" class="head" aria-rowindex={1}>
                {columns.map(({ id, label, title, sort: by }) => (
                    <div
                        key={id}
                        role="columnheader"
                        title={title}
                        class={id}
                        aria-sort={
                            by !== undefined && by === sort ? (descending ? 'descending' : 'ascending') : undefined
                        }
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
                            {columns.map(({ id, text }) => (
                                <div key={id} role="gridcell" class={id}>
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

function columnWidths({ languages, sites }: SiteSummary): string {
    const routed = sites.some(({ kind }) => kind === 'routed');
    return `${routed ? 9 : 7}rem 5rem minmax(7rem, 1fr) 3rem 4.5rem repeat(${languages.length}, 4rem)`;
}
