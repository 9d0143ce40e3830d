import type { Counts } from './Activations.js';

/**
 * Counts of chosen folds, other ones for each language.
 * @param chosen folds of each language
 */
export function mixedFolds(folds: readonly Counts[], chosen: readonly (readonly number[])[]): Counts {
    const l = chosen.length;
    const mixed = (of: (fold: Counts) => readonly BigInt64Array[]): BigInt64Array[] =>
        of(folds[0]!).map((first, site) => {
            const sums = new BigInt64Array(first.length);
            for (const [k, own] of chosen.entries())
                for (const fold of own) {
                    const counts = of(folds[fold]!)[site]!;
                    for (let i = k; i < sums.length; i += l) sums[i]! += counts[i]!;
                }
            return sums;
        });
    const { routed } = folds[0]!;
    return {
        counts: mixed(({ counts }) => counts),
        ...(routed === undefined ? {} : { routed: mixed((fold) => fold.routed!) }),
        tokens: mixed(({ tokens }) => [tokens])[0]!,
    };
}
