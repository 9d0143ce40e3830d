/** A piece of a text: whole characters, of one token or of several that divide a character. */
export interface ShownPiece {
    readonly text: string;
    /** The greatest activation of its tokens. */
    readonly value: number;
    /** Whether the example's own token is in it. */
    readonly isOwn: boolean;
}

/** A byte that is no whole character by itself; see `Example.tokens`. */
const byteUnit = /[\udc80-\udcff]/;
/** What is nothing by itself: marks on the letter before, and joiners. */
const belongsToLast = /^[\p{M}\u200c\u200d]/u;

/** Joins tokens that are parts of a character, or marks on one, so that each piece can be written by itself. */
export function shownTokens(tokens: readonly string[], values: readonly number[], at: number): ShownPiece[] {
    const groups: { bytes: string; value: number; isOwn: boolean }[] = [];
    for (const [i, token] of tokens.entries()) {
        const last = groups.at(-1);
        const value = values[i]!;
        const divides = last !== undefined && byteUnit.test(token[0] ?? '') && byteUnit.test(last.bytes.at(-1) ?? '');
        if (last !== undefined && (divides || belongsToLast.test(token))) {
            last.bytes += token;
            last.value = Math.max(last.value, value);
            last.isOwn ||= i === at;
        } else groups.push({ bytes: token, value, isOwn: i === at });
    }
    return groups.map(({ bytes, value, isOwn }) => ({ text: visible(wholeText(bytes)), value, isOwn }));
}

/** A text whose bytes that were no characters are, if they are now; U+FFFD stands for others. */
export function wholeText(text: string): string {
    return text.replace(/[\udc80-\udcff]+/g, (units) =>
        new TextDecoder().decode(Uint8Array.from(units, (unit) => unit.charCodeAt(0) & 0xff)),
    );
}

/** What would break lines or turn directions is shown by a sign. */
function visible(text: string): string {
    return text
        .replaceAll('\n', '⏎')
        .replaceAll('\t', '⇥')
        .replace(/[\p{Cc}\u200e\u200f\u061c\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu, (one) => {
            const code = one.codePointAt(0)!;
            return code < 0x20 ? String.fromCodePoint(0x2400 + code) : `[${code.toString(16).toUpperCase()}]`;
        });
}
