/** A piece of a text: whole characters, of one token or of several that share one. */
export interface TextPiece {
    readonly text: string;
    /** How many tokens it is of. */
    readonly tokens: number;
}

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
const encoder = new TextEncoder();

/**
 * The text of tokens in pieces that can be shown by themselves: tokens that share a character, or a character and its
 * combining marks, share a piece. The pieces are of all tokens, in order; bytes that make no character are U+FFFD.
 * @param tokens as `tokenText` writes them
 */
export function textPieces(tokens: readonly string[]): TextPiece[] {
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true }); // U+FEFF is a character as any other
    const bytes = tokens.map(bytesOf);
    // Where each token ends in the text; within a character, where the character begins.
    const ends: number[] = [];
    let text = '';
    for (const own of bytes) {
        text += decoder.decode(own, { stream: true });
        ends.push(text.length);
    }
    text += decoder.decode(); // of a character that is not whole
    if (ends.length > 0) ends[ends.length - 1] = text.length;
    const borders = new Set([...graphemes.segment(text)].map(({ index }) => index)).add(text.length);
    const pieces: TextPiece[] = [];
    let [from, count] = [0, 0];
    for (const [i, end] of ends.entries()) {
        count++;
        const next = bytes[i + 1];
        if (next !== undefined && (end === from || !borders.has(end) || isWithin(next))) continue;
        pieces.push({ text: text.slice(from, end), tokens: count });
        [from, count] = [end, 0];
    }
    return pieces;
}

/** The bytes of a token; see `tokenText`. */
function bytesOf(token: string): Uint8Array {
    const bytes: number[] = [];
    for (const character of token) {
        const code = character.codePointAt(0)!;
        if (code >= 0xdc80 && code <= 0xdcff) bytes.push(code - 0xdc00);
        else bytes.push(...encoder.encode(character));
    }
    return Uint8Array.from(bytes);
}

/** Whether bytes begin within a character. */
function isWithin([first = 0]: Uint8Array): boolean {
    return (first & 0xc0) === 0x80;
}
