import type { TokenTexts } from '../../engine/TokenTexts.js';
import type { TokenTrace } from './liveFormat.js';

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/**
 * The text of tokens in pieces that can be shown by themselves: tokens that share a character, or a character and its
 * combining marks, share a piece. Special tokens are written out.
 */
export function textPieces(tokens: Int32Array, texts: Pick<TokenTexts, 'bytesOf'>): TokenTrace['pieces'] {
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true }); // U+FEFF is a character as any other
    // Where each token ends in the text; within a character, where the character begins.
    const ends: number[] = [];
    let text = '';
    for (const token of tokens) {
        text += decoder.decode(texts.bytesOf(token, true), { stream: true });
        ends.push(text.length);
    }
    text += decoder.decode(); // of a character that is not whole
    if (ends.length > 0) ends[ends.length - 1] = text.length;
    const borders = new Set([...graphemes.segment(text)].map(({ index }) => index)).add(text.length);
    const pieces: { text: string; tokens: number }[] = [];
    let [from, count] = [0, 0];
    for (const [i, end] of ends.entries()) {
        count++;
        const next = tokens[i + 1];
        if (next !== undefined && (end === from || !borders.has(end) || isWithin(texts.bytesOf(next, true)))) continue;
        pieces.push({ text: text.slice(from, end), tokens: count });
        [from, count] = [end, 0];
    }
    return pieces;
}

/** Whether bytes begin within a character. */
function isWithin([first = 0]: Uint8Array): boolean {
    return (first & 0xc0) === 0x80;
}
