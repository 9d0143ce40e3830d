import type { TokenTexts } from '../../src/engine/passes/TokenTexts.js';

/** A vocabulary whose tokens are bytes, and one, 256, that is special: written out it is `<s>`, else nothing. */
export const byteTokens = {
    size: 257,
    longest: 3,
    has: (token: number) => Number.isInteger(token) && token >= 0 && token < 257,
    bytesOf,
    textOf: (tokens: ArrayLike<number>, special = false) =>
        Buffer.concat(Array.from(tokens, (token) => bytesOf(token, special))).toString('utf8'),
} as unknown as TokenTexts;

/** A special token of it. */
export const specialToken = 256;

export function tokensOf(text: string): number[] {
    return [...Buffer.from(text)];
}

function bytesOf(token: number, special = false): Uint8Array {
    if (token < 256) return Uint8Array.of(token);
    return special ? Buffer.from('<s>') : new Uint8Array(0);
}
