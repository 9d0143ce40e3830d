import { defined } from '../support/defined.js';
import type { Activations, Counts } from './Activations.js';

/** Counts of several parts of the texts, added: those of their union. At least one part, of equal shapes. */
export function addCounts(parts: readonly Counts[]): Counts {
    const [first] = parts;
    const sum = (of: (part: Counts) => BigInt64Array): BigInt64Array => {
        const total = of(first!).slice();
        for (const part of parts.slice(1)) {
            const more = of(part);
            for (let j = 0; j < total.length; j++) total[j]! += more[j]!;
        }
        return total;
    };
    return {
        counts: first!.counts.map((_, i) => sum(({ counts }) => counts[i]!)),
        ...(first!.routed === undefined
            ? {}
            : { routed: first!.routed.map((_, i) => sum(({ routed }) => routed![i]!)) }),
        tokens: sum(({ tokens }) => tokens),
    };
}

/** Counts of two parts of the texts with their folds, which are dropped where they are not as many in both. */
export function addActivations(a: Activations, b: Activations): Omit<Activations, 'source'> {
    const folds =
        a.folds?.length === b.folds?.length ? a.folds?.map((fold, f) => addCounts([fold, b.folds![f]!])) : undefined;
    return { languages: a.languages, ...defined({ sites: a.sites }), ...addCounts([a, b]), ...defined({ folds }) };
}
