import { createHash } from 'node:crypto';
import type { Activations } from './Activations.js';

/**
 * Identifies counts by their content: languages, sizes of sites, counts, tokens, and the tokens routed to each expert.
 * sha256, hexadecimal.
 */
export function countsDigest({ languages, sites, counts, routed = [], tokens }: Activations): string {
    const hasher = createHash('sha256').update(
        JSON.stringify([languages, counts.map(({ length }) => length), ...(sites === undefined ? [] : [sites])]),
    );
    for (const { buffer, byteOffset, byteLength } of [tokens, ...counts, ...routed])
        hasher.update(new Uint8Array(buffer, byteOffset, byteLength));
    return hasher.digest('hex');
}
