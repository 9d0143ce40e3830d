import type { TokenTexts } from './TokenTexts.js';

const blank = 0x20;

/**
 * Bytes of a text that each of its tokens stands for, in UTF-8; special tokens stand for what they are written as. A
 * blank that the vocabulary put in front of a word is none of the text's. Where a vocabulary changes texts in other
 * ways, such as to lower case, they are the bytes of what it made of the text.
 * @param text undefined: not known; all bytes of the tokens
 */
export function tokenBytes(
    tokens: Int32Array,
    text: string | undefined,
    texts: Pick<TokenTexts, 'bytesOf'>,
): Int32Array {
    const written = text === undefined ? undefined : Buffer.from(text);
    let at = 0;
    return tokens.map((token) => {
        const piece = texts.bytesOf(token, true);
        const follows = (part: Uint8Array): boolean => written!.subarray(at, at + part.length).equals(part);
        const isAdded = written !== undefined && piece[0] === blank && !follows(piece) && follows(piece.subarray(1));
        const bytes = piece.length - Number(isAdded);
        at += bytes;
        return bytes;
    });
}
