import { describe, expect, it } from 'vitest';
import { tokenBytes } from '../../../src/engine/passes/tokenBytes.js';

/** Tokens of these pieces, and the bytes that they stand for in a text. */
function bytesIn(text: string | undefined, pieces: readonly (string | Uint8Array)[]): number[] {
    const bytesOf = (token: number): Uint8Array => Buffer.from(pieces[token]!);
    return [...tokenBytes(Int32Array.from(pieces.keys()), text, { bytesOf })];
}

describe('bytes that tokens stand for', () => {
    it('are those of their pieces, parts of characters among them', () => {
        const [first, ...rest] = [...Buffer.from('\u0e44')].map((byte) => Uint8Array.of(byte));
        expect(bytesIn('Ja, \u0e44!', ['Ja', ', ', first!, ...rest, '!'])).toEqual([2, 2, 1, 1, 1, 1]);
    });

    it('leave out the blank that a vocabulary puts in front of a word, not one of the text', () => {
        expect(bytesIn('Hello you', [' Hello', ' you'])).toEqual([5, 4]);
        expect(bytesIn(' Hello', [' ', ' Hello'])).toEqual([1, 5]);
        expect(bytesIn('  x', ['   ', 'x'])).toEqual([2, 1]);
        expect(bytesIn('Hello', [' ', 'Hello'])).toEqual([0, 5]);
        expect(bytesIn('<s>Hello<s>you', ['<s>', ' Hello', '<s>', ' you'])).toEqual([3, 5, 3, 3]);
    });

    it('are all bytes of the pieces where the text is not known, or was changed by the vocabulary', () => {
        expect(bytesIn(undefined, [' Hello', ' you'])).toEqual([6, 4]);
        expect(bytesIn('HELLO YOU', ['hello', ' you'])).toEqual([5, 4]);
    });
});
