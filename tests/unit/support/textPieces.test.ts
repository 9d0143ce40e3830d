import { describe, expect, it } from 'vitest';
import { textPieces } from '../../../src/support/textPieces.js';
import { tokenText } from '../../../src/support/tokenText.js';

/** Tokens that are these texts, or bytes. */
function piecesOf(tokens: readonly (string | readonly number[])[]): [text: string, tokens: number][] {
    const texts = tokens.map((token) => tokenText(Buffer.from(token as string)));
    return textPieces(texts).map(({ text, tokens: n }) => [text, n]);
}

describe('the pieces of a text', () => {
    it('are its tokens where these are whole characters', () => {
        expect(piecesOf(['Every', 'one', ' 人人', '\u0627\u0644', ''])).toEqual([
            ['Every', 1],
            ['one', 1],
            [' 人人', 1],
            ['\u0627\u0644', 1],
            ['', 1],
        ]);
        // whose second halves in UTF-16 are what `tokenText` writes for bytes
        expect(piecesOf(['💀', '📈!', '🂀'])).toEqual([
            ['💀', 1],
            ['📈!', 1],
            ['🂀', 1],
        ]);
        expect(piecesOf([])).toEqual([]);
    });

    it('join tokens that share a character, a mark, a flag or a joined emoji', () => {
        const [a, b, c] = Buffer.from('受');
        expect(piecesOf([[0x61, a!], [b!], [c!, 0x62], 'd'])).toEqual([
            ['a受b', 3],
            ['d', 1],
        ]);
        expect(piecesOf(['e', '\u0301', 'x'])).toEqual([
            ['e\u0301', 2],
            ['x', 1],
        ]);
        expect(piecesOf(['क', '्', 'ष', 'ा', '!'])).toEqual([
            ['क्षा', 4],
            ['!', 1],
        ]);
        expect(piecesOf(['👩', '\u200d', '💻', '🇩', '🇪'])).toEqual([
            ['👩\u200d💻', 3],
            ['🇩🇪', 2],
        ]);
    });

    it('have every token once, whatever the bytes are', () => {
        for (const broken of [
            [[0xff], [0xe4]],
            [[0x80], 'a'],
            [[0xe4], 'a', [0xb8]],
            ['', ''],
        ]) {
            const pieces = piecesOf(broken);
            expect(pieces.reduce((sum, [, n]) => sum + n, 0)).toBe(broken.length);
        }
        expect(piecesOf([[0xe4], [0xb8]])).toEqual([['\ufffd', 2]]);
    });
});
