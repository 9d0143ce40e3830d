import { createHash } from 'node:crypto';
import type { Activations } from './Activations.js';

/** Names counts by themselves: languages, widths, counts and tokens. sha256, hexadecimal. */
export function countsDigest({ languages, counts, tokens }: Activations): string {
    const hasher = createHash('sha256').update(JSON.stringify([languages, counts.map(({ length }) => length)]));
    for (const { buffer, byteOffset, byteLength } of [tokens, ...counts]) hasher.update(new Uint8Array(buffer, byteOffset, byteLength));
    return hasher.digest('hex');
}
