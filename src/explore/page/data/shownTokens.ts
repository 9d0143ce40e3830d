import { type TextPiece, textPieces } from '../../../support/textPieces.js';

/** A piece of an example. */
export interface ShownPiece extends Pick<TextPiece, 'text'> {
    /** The greatest activation of its tokens. */
    readonly value: number;
    /** Whether the example's own token is in it. */
    readonly isOwn: boolean;
}

/** An example's tokens in pieces, ready to be shown. */
export function shownTokens(tokens: readonly string[], values: readonly number[], at: number): ShownPiece[] {
    let from = 0;
    return textPieces(tokens).map(({ text, tokens: count }) => {
        const to = from + count;
        const piece = {
            text: visible(text),
            value: Math.max(...values.slice(from, to)),
            isOwn: from <= at && at < to,
        };
        from = to;
        return piece;
    });
}

/** What would break lines or turn directions is shown by a sign. */
export function visible(text: string): string {
    return text
        .replaceAll('\n', '⏎')
        .replaceAll('\t', '⇥')
        .replace(/[\p{Cc}\p{Bidi_C}\u2028\u2029]/gu, (one) => {
            const code = one.codePointAt(0)!;
            return code < 0x20 ? String.fromCodePoint(0x2400 + code) : `[${code.toString(16).toUpperCase()}]`;
        });
}
