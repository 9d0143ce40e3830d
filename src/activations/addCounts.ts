import { defined } from '../support/defined.js';
import type { Activations, Counts, Values } from './Activations.js';

/**
 * Adds the counts of several parts of the texts: the result has values where all parts have them.
 * @param parts at least one; all of equal shapes
 */
export function addCounts(parts: readonly Counts[]): Counts {
    const [first] = parts as readonly [Counts];
    const values = parts.map((part) => part.values).filter((part) => part !== undefined);
    return {
        counts: first.counts.map((_, i) => sumOf(parts.map(({ counts }) => counts[i]!))),
        ...(first.routed === undefined
            ? {}
            : { routed: first.routed.map((_, i) => sumOf(parts.map(({ routed }) => routed![i]!))) }),
        tokens: sumOf(parts.map(({ tokens }) => tokens)),
        ...(values.length === parts.length ? { values: addValues(values) } : {}),
    };
}

function addValues(parts: readonly Values[]): Values {
    const [first] = parts as readonly [Values];
    return {
        sums: first.sums.map((_, i) => sumOf(parts.map(({ sums }) => sums[i]!))),
        histograms: first.histograms.map((_, i) => {
            const total = first.histograms[i]!.slice();
            for (const part of parts.slice(1)) addTo(total, part.histograms[i]!);
            return total;
        }),
        edges: first.edges,
    };
}

/** Adds one array of counts to another, of equal length. */
export function addTo(total: Uint32Array, more: Uint32Array): void {
    for (let j = 0; j < total.length; j++) total[j]! += more[j]!;
}

function sumOf([first, ...others]: readonly BigInt64Array[]): BigInt64Array {
    const total = first!.slice();
    for (const more of others) for (let j = 0; j < total.length; j++) total[j]! += more[j]!;
    return total;
}

/** Adds the counts of two parts of the texts, and their folds where both have as many; else folds are dropped. */
export function addActivations(a: Activations, b: Activations): Omit<Activations, 'source'> {
    const folds =
        a.folds?.length === b.folds?.length ? a.folds?.map((fold, f) => addCounts([fold, b.folds![f]!])) : undefined;
    return { languages: a.languages, ...defined({ sites: a.sites }), ...addCounts([a, b]), ...defined({ folds }) };
}
