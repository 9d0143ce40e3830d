import type { ComponentChild, TargetedPointerEvent } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { classNames } from '../../siteFormat.js';
import { type Classified, nearestDrawn, rowOf } from '../data/classified.js';
import { onColorsChange } from '../data/onColorsChange.js';
import { type LoadedSite, neuronRoute } from '../data/site.js';
import { flatName, neuronsAt } from '../data/sites.js';
import { useSize } from '../data/useSize.js';
import { drawMap, gutter } from './drawMap.js';
import { languageCodes } from './languageText.js';
import { formatCount } from '../../../support/format.js';
import { type Cursor, cursorShare, type MapWindow, outside, panned, whole, zoomed } from './mapWindow.js';

/** Every neuron with a class: a row for each site, its neurons from left to right; it zooms down to one neuron. */
export function NeuronMap({ site, language }: { site: LoadedSite; language: number | undefined }): ComponentChild {
    const { sites, languages } = site.summary;
    const canvas = useRef<HTMLCanvasElement>(null);
    const frame = useRef<HTMLDivElement>(null);
    const [classified, setClassified] = useState<Classified>();
    const [shown, setShown] = useState(whole);
    const [cursor, setCursor] = useState<Cursor>();
    const width = Math.max(0, Math.floor(useSize(frame, [0, 0])[0]) - gutter);
    const rowHeight = Math.max(4, Math.min(16, Math.floor(480 / sites.length)));
    const most = Math.max(...sites.map(neuronsAt));
    const view: MapView = { site, classified, shown, setShown, cursor, setCursor, width, rowHeight, most };

    useEffect(() => void site.classified.then(setClassified, () => undefined), [site]);
    useEffect(() => {
        const draw = (): void => {
            if (classified !== undefined && width > 0)
                drawMap(canvas.current!, { site, classified, shown, cursor, width, rowHeight, language });
        };
        draw();
        return onColorsChange(draw);
    }, [classified, shown, cursor, width, language]);
    useWheel(canvas, view);
    return (
        <div class="map">
            <MapTools {...view} />
            <div class="canvas" ref={frame}>
                <canvas
                    ref={canvas}
                    tabIndex={0}
                    role="application"
                    aria-label={
                        'Map of the neurons: a row for each layer, from the first at the top; arrows move, ' +
                        'plus and minus zoom, Enter opens the neuron. The table of neurons holds the same as text.'
                    }
                    style={{ width: `${width + gutter}px`, height: `${rowHeight * sites.length}px` }}
                    onKeyDown={(event) => takeKey(event, view)}
                    {...usePointer(view)}
                />
            </div>
            <output class="small" aria-live="polite">
                {cursor === undefined
                    ? `${sites.length} rows, up to ${formatCount(most)} neurons each${
                          sites.some(({ experts }) => experts > 1) ? ', experts between lines' : ''
                      }. Point at a neuron to see which it is, click to open it, drag to move, turn the wheel with ` +
                      'Ctrl to zoom.'
                    : describe(cursor, site, classified, languages)}
            </output>
        </div>
    );
}

/** What the map shows, and how it is moved. */
interface MapView {
    readonly site: LoadedSite;
    readonly classified: Classified | undefined;
    readonly shown: MapWindow;
    readonly setShown: (change: (now: MapWindow) => MapWindow) => void;
    readonly cursor: Cursor | undefined;
    readonly setCursor: (to: (now: Cursor | undefined) => Cursor | undefined) => void;
    readonly width: number;
    readonly rowHeight: number;
    /** Neurons of the largest site. */
    readonly most: number;
}

function open({ site }: MapView, at: Cursor | undefined): void {
    if (at !== undefined) location.hash = neuronRoute(site.starts[at.site]! + at.index, site);
}

function MapTools({ setShown, most }: MapView): ComponentChild {
    const zoom = (factor: number) => () => setShown((now) => zoomed(now, factor, 0.5, most));
    const pan = (shares: number) => () => setShown((now) => panned(now, shares * (now.end - now.begin)));
    return (
        <div class="tools">
            <button type="button" onClick={zoom(0.5)}>
                Zoom in
            </button>
            <button type="button" onClick={zoom(2)}>
                Zoom out
            </button>
            <button type="button" aria-label="Move left" onClick={pan(-0.5)}>
                ←
            </button>
            <button type="button" aria-label="Move right" onClick={pan(0.5)}>
                →
            </button>
            <button type="button" onClick={() => setShown(() => whole)}>
                Whole
            </button>
        </div>
    );
}

/** Not passive, as a listener of Preact's would be: the page must not zoom too. */
function useWheel(canvas: { readonly current: HTMLElement | null }, { setShown, most }: MapView): void {
    useEffect(() => {
        const element = canvas.current!;
        const onWheel = (event: WheelEvent): void => {
            if (!event.ctrlKey && !event.metaKey) return;
            event.preventDefault();
            const at = (event.offsetX - gutter) / (element.clientWidth - gutter);
            setShown((now) => zoomed(now, Math.exp(event.deltaY / 200), at, most));
        };
        element.addEventListener('wheel', onWheel, { passive: false });
        return () => element.removeEventListener('wheel', onWheel);
    }, [most]);
}

/** Dragging moves the map, a click opens a neuron. */
function usePointer(view: MapView) {
    const { shown, setShown, setCursor, width } = view;
    const drag = useRef<{ x: number; from: MapWindow; moved: boolean } | undefined>(undefined);
    return {
        onPointerDown(event: TargetedPointerEvent<HTMLCanvasElement>): void {
            drag.current = { x: event.offsetX, from: shown, moved: false };
            event.currentTarget.setPointerCapture(event.pointerId);
        },
        onPointerMove(event: PointerEvent): void {
            const from = drag.current;
            if (from !== undefined && (from.moved || Math.abs(event.offsetX - from.x) > 4)) {
                from.moved = true;
                const shares = (from.x - event.offsetX) / width;
                setShown(() => panned(from.from, shares * (from.from.end - from.from.begin)));
            } else setCursor(() => cursorAt(event, view));
        },
        onPointerUp(event: PointerEvent): void {
            if (drag.current?.moved === false) open(view, cursorAt(event, view));
            drag.current = undefined;
        },
        onPointerCancel(): void {
            drag.current = undefined;
        },
    };
}

function cursorAt(event: PointerEvent, { site, classified, shown, width, rowHeight }: MapView): Cursor | undefined {
    const { starts, summary } = site;
    const row = Math.floor(event.offsetY / rowHeight);
    const share = shown.begin + ((event.offsetX - gutter) / width) * (shown.end - shown.begin);
    if (row < 0 || row >= summary.sites.length) return undefined;
    const count = neuronsAt(summary.sites[row]!);
    const aimed = Math.max(0, Math.min(count - 1, Math.floor(share * count)));
    // A pixel may stand for many neurons: the nearest that is drawn within 3 px is meant.
    const reach = Math.ceil((3 / width) * (shown.end - shown.begin) * count);
    return { site: row, index: nearestDrawn(classified, starts[row]!, aimed, reach) ?? aimed };
}

function takeKey(event: KeyboardEvent, view: MapView): void {
    const { shown, setShown, cursor, setCursor, width, most } = view;
    const { sites } = view.site.summary;
    const move = (sitesDown: number, neurons: number): void =>
        setCursor((now) => {
            const row = Math.max(0, Math.min(sites.length - 1, (now?.site ?? 0) + sitesDown));
            const count = neuronsAt(sites[row]!);
            const begin = Math.floor(shown.begin * count);
            const index = Math.max(0, Math.min(count - 1, (now?.index ?? begin) + neurons));
            setShown((seen) => panned(seen, outside(seen, (index + 0.5) / count)));
            return { site: row, index };
        });
    const zoom = (factor: number): void =>
        setShown((now) => zoomed(now, factor, cursorShare(cursor, sites, now), most));
    const step = Math.max(1, Math.round(((shown.end - shown.begin) * most) / width));
    const actions: Readonly<Record<string, () => void>> = {
        ArrowLeft: () => move(0, -step),
        ArrowRight: () => move(0, step),
        ArrowUp: () => move(-1, 0),
        ArrowDown: () => move(1, 0),
        '+': () => zoom(0.5),
        '-': () => zoom(2),
        Home: () => setShown(() => whole),
        Enter: () => open(view, cursor),
    };
    const action = actions[event.key];
    if (action === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    action();
}

function describe(
    { site: row, index }: Cursor,
    { summary: { sites }, starts }: LoadedSite,
    classified: Classified | undefined,
    languages: LoadedSite['summary']['languages'],
): string {
    const flat = starts[row]! + index;
    const name = flatName(flat, sites, starts);
    const found = classified === undefined ? undefined : rowOf(classified, flat);
    const where = `Neuron ${name}, ${sites[row]!.name}`;
    if (found === undefined || classified === undefined) return `${where}: no class`;
    const kind = classNames[classified.class(found)]!;
    const of = languageCodes(
        languages,
        [...languages.keys()].filter((k) => classified.isOf(found, k)),
    );
    return kind === 'general' ? `${where}: general` : `${where}: ${kind} ${of}`;
}
