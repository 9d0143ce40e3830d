/** Colours of cells: a fixed number of steps, so that the page's style sheet can give each its colour in dark mode. */

type Stop = readonly [position: number, color: string];

/**
 * Colour stops by position, −1 to 1. Blue and red are told apart by colour-blind readers; the blue
 * end stays lighter than the red one, so that in a grey print the darkest cells are the worst hurt.
 */
const lightStops: readonly Stop[] = [
    [-1, '#3b86bd'],
    [-0.5, '#a3cbe3'],
    [0, '#f7f7f4'],
    [0.33, '#fdd3a8'],
    [0.66, '#e8703f'],
    [1, '#8c1a1a'],
];
/** The same for a dark page: nothing is a dark cell, much a saturated one; white text is read on all. */
const darkStops: readonly Stop[] = [
    [-1, '#2b6ea6'],
    [-0.5, '#244a66'],
    [0, '#20262d'],
    [0.33, '#573423'],
    [0.66, '#9a4420'],
    [1, '#c2372b'],
];

/** Steps from 0 to 1. */
const steps = 20;

/** The colour of a position from −1 (better, or less) to 1 (worse, or more). */
export function cellColor(position: number): string {
    return interpolate(lightStops, stepOf(position) / steps);
}

/** The same on a dark page. */
export function darkCellColor(position: number): string {
    return interpolate(darkStops, stepOf(position) / steps);
}

/** Whether light text is read better on the cell of a position. */
export function wantsLightText(position: number): boolean {
    return position > 0.74;
}

/** Each cell colour and its colour on a dark page. */
export function darkCellColors(): [light: string, dark: string][] {
    return Array.from({ length: 2 * steps + 1 }, (_, i) => (i - steps) / steps).map((position) => [
        interpolate(lightStops, position),
        interpolate(darkStops, position),
    ]);
}

/** The steps of the colour bar between two positions: where each begins and ends, and its colour. */
export function colorBar(low: number, high: number): { readonly from: number; readonly to: number; fill: string }[] {
    const [first, last] = [stepOf(low), stepOf(high)];
    return Array.from({ length: last - first + 1 }, (_, i) => first + i).map((step) => ({
        from: (step - 0.5) / steps,
        to: (step + 0.5) / steps,
        fill: cellColor(step / steps),
    }));
}

function stepOf(position: number): number {
    return Math.round(Math.max(-1, Math.min(1, position)) * steps);
}

function interpolate(stops: readonly Stop[], position: number): string {
    const place = Math.max(
        1,
        stops.findIndex(([at]) => at >= position),
    );
    const [[from, a], [to, b]] = [stops[place - 1]!, stops[place]!];
    const share = (position - from) / (to - from);
    const channel = (color: string, i: number): number => parseInt(color.slice(1 + 2 * i, 3 + 2 * i), 16);
    const mixed = [0, 1, 2].map((i) => Math.round(channel(a, i) + share * (channel(b, i) - channel(a, i))));
    return `#${mixed.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
}
