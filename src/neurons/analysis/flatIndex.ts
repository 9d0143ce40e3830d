import type { NeuronIndex } from './NeuronAnalysis.js';

/** The flat index of each site's first neuron: sites follow one another. */
export function siteStarts(widths: readonly number[]): number[] {
    let start = 0;
    return widths.map((width) => {
        const begin = start;
        start += width;
        return begin;
    });
}

/** Turns flat indices into [site, index]. */
export function locator(widths: readonly number[]): (flat: number) => NeuronIndex {
    const starts = siteStarts(widths);
    return (flat) => {
        let low = 0;
        let top = starts.length - 1;
        while (low < top) {
            const middle = (low + top + 1) >> 1;
            if (starts[middle]! <= flat) low = middle;
            else top = middle - 1;
        }
        return [low, flat - starts[low]!];
    };
}
