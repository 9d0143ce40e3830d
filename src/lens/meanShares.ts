import { sum } from '../support/averages.js';
import { type LensFile, type LensLayer, lensKinds } from './lensFile.js';

/** Shares of likeliest tokens by their language; together 1. */
export type LensShares = Readonly<Record<keyof LensLayer, number>>;

/** Shares behind one layer. @param tokens that were looked at */
export function sharesOf(layer: LensLayer, tokens: number): LensShares {
    return Object.fromEntries(lensKinds.map((kind) => [kind, layer[kind] / tokens])) as LensShares;
}

/** The texts that `meanShares` are over, in words. */
export function meanTexts({ languages, english }: LensFile): string {
    return languages.some(({ language }) => language !== english) ? 'languages other than English' : 'English texts';
}

/**
 * Behind each layer, the mean shares over the text languages other than English, each language alike; over English
 * where there is no other.
 */
export function meanShares({ languages, english }: LensFile): LensShares[] {
    const others = languages.filter(({ language }) => language !== english);
    const some = others.length > 0 ? others : languages;
    return (some[0]?.layers ?? []).map((_, layer) => {
        const shares = some.map(({ layers, tokens }) => sharesOf(layers[layer]!, tokens));
        const mean = (kind: keyof LensLayer): number => sum(shares, (one) => one[kind]) / shares.length;
        return Object.fromEntries(lensKinds.map((kind) => [kind, mean(kind)])) as LensShares;
    });
}
