import { neuronsAt } from '../data/sites.js';
import type { LoadedSite } from '../data/site.js';

/** Share of the width that is shown, from `begin` to `end` in [0, 1], of every site alike. */
export interface MapWindow {
    readonly begin: number;
    readonly end: number;
}

/** A neuron of the map. */
export interface Cursor {
    readonly site: number;
    readonly index: number;
}

export const whole: MapWindow = { begin: 0, end: 1 };
/** Neurons across at the highest zoom. */
const fewest = 24;

/** @param at share of the window that stays where it is */
export function zoomed({ begin, end }: MapWindow, factor: number, at: number, most: number): MapWindow {
    const size = Math.min(1, Math.max(fewest / most, (end - begin) * factor));
    return panned({ begin: 0, end: size }, begin + at * (end - begin) - at * size);
}

export function panned({ begin, end }: MapWindow, by: number): MapWindow {
    const moved = Math.max(0, Math.min(1 - (end - begin), begin + by));
    return { begin: moved, end: moved + (end - begin) };
}

/** How far a place is outside a window; 0 within. */
export function outside({ begin, end }: MapWindow, at: number): number {
    if (at < begin) return at - begin - (end - begin) / 10;
    return at > end ? at - end + (end - begin) / 10 : 0;
}

export function cursorShare(
    cursor: Cursor | undefined,
    sites: LoadedSite['summary']['sites'],
    { begin, end }: MapWindow,
): number {
    if (cursor === undefined) return 0.5;
    const at = (cursor.index + 0.5) / neuronsAt(sites[cursor.site]!);
    return Math.max(0, Math.min(1, (at - begin) / (end - begin)));
}
