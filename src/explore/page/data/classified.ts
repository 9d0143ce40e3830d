import { type ColumnArray, wordsFor } from '../../siteFormat.js';

/** The neurons that have a class, by flat index; `[neurons, 2 + words]` of `SiteSummary`. */
export interface Classified {
    readonly count: number;
    flat(row: number): number;
    class(row: number): number;
    isOf(row: number, language: number): boolean;
}

export function readClassified(data: ColumnArray, languages: number): Classified {
    const width = 2 + wordsFor(languages);
    return {
        count: data.length / width,
        flat: (row) => data[row * width]!,
        class: (row) => data[row * width + 1]!,
        isOf: (row, language) => (data[row * width + 2 + (language >> 5)]! & (1 << (language & 31))) !== 0,
    };
}

/** The row at or after a flat index, by bisection. */
export function firstRowFrom({ count, flat }: Classified, from: number): number {
    let [low, top] = [0, count];
    while (low < top) {
        const middle = (low + top) >> 1;
        if (flat(middle) < from) low = middle + 1;
        else top = middle;
    }
    return low;
}

export function rowOf(classified: Classified, flat: number): number | undefined {
    const row = firstRowFrom(classified, flat);
    return row < classified.count && classified.flat(row) === flat ? row : undefined;
}

export function nearestDrawn(
    classified: Classified | undefined,
    start: number,
    aimed: number,
    reach: number,
): number | undefined {
    if (classified === undefined) return undefined;
    let best: number | undefined;
    for (let row = firstRowFrom(classified, start + aimed - reach); row < classified.count; row++) {
        const index = classified.flat(row) - start;
        if (index > aimed + reach) break;
        if (index >= 0 && (best === undefined || Math.abs(index - aimed) < Math.abs(best - aimed))) best = index;
    }
    return best;
}
