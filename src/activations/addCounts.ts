import type { Counts } from './Activations.js';

/** Counts of several parts of the texts, added: those of their union. At least one part, of equal shapes. */
export function addCounts(parts: readonly Counts[]): Counts {
    const [first, ...rest] = parts;
    const counts = first!.counts.map((layer) => layer.slice());
    const tokens = first!.tokens.slice();
    for (const part of rest) {
        for (const [i, layer] of part.counts.entries()) {
            const into = counts[i]!;
            for (let j = 0; j < into.length; j++) into[j]! += layer[j]!;
        }
        for (const [k, n] of part.tokens.entries()) tokens[k]! += n;
    }
    return { counts, tokens };
}
