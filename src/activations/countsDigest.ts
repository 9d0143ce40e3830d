import { Blake3Hasher } from '@napi-rs/blake-hash';
import type { Activations } from './Activations.js';

/** Names counts by themselves: languages, widths, counts and tokens. BLAKE3, hexadecimal. */
export function countsDigest({ languages, counts, tokens }: Activations): string {
    const hasher = new Blake3Hasher().update(JSON.stringify([languages, counts.map(({ length }) => length)]));
    for (const { buffer, byteOffset, byteLength } of [tokens, ...counts]) hasher.update(new Uint8Array(buffer, byteOffset, byteLength));
    return hasher.digest();
}
