import type { Classified } from '../data/classified.js';
import { classNames } from '../../siteFormat.js';

/** Neurons that languages share: of each pair, in both, and in either. Specific and related ones. */
export interface Overlap {
    /** `[languages][languages]` */
    readonly both: readonly (readonly number[])[];
    /** Of each language. */
    readonly own: readonly number[];
}

const general = classNames.indexOf('general');

export function overlapOf(classified: Classified, languages: number): Overlap {
    const both = Array.from({ length: languages }, () => new Array<number>(languages).fill(0));
    const own = new Array<number>(languages).fill(0);
    for (let row = 0; row < classified.count; row++) {
        if (classified.class(row) === general) continue;
        const of: number[] = [];
        for (let k = 0; k < languages; k++) if (classified.isOf(row, k)) of.push(k);
        for (const a of of) {
            own[a]!++;
            for (const b of of) both[a]![b]!++;
        }
    }
    return { both, own };
}

/** |A ∩ B| / |A ∪ B|; null where both are empty. */
export function jaccard({ both, own }: Overlap, a: number, b: number): number | null {
    const either = own[a]! + own[b]! - both[a]![b]!;
    return either === 0 ? null : both[a]![b]! / either;
}
