/**
 * A token's text on one line: `▁` for a blank, escapes for line breaks, control characters and what turns the direction
 * of writing, `‹e4bd›` for bytes that are no whole characters.
 * @param longest characters, or bytes; what is longer ends in `…`
 */
export function shownToken(text: string | readonly number[], longest = 40): string {
    const isText = typeof text === 'string';
    const parts = isText ? [...text] : text.map((byte) => byte.toString(16).padStart(2, '0'));
    const cut = parts.length > longest ? [...parts.slice(0, longest), '…'] : parts;
    if (!isText) return `‹${cut.join('')}›`;
    return cut
        .join('')
        .replaceAll(' ', '▁')
        .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, escaped);
}

function escaped(character: string): string {
    const named: Readonly<Record<string, string>> = { '\n': '\\n', '\t': '\\t', '\r': '\\r' };
    return named[character] ?? `\\u{${character.codePointAt(0)!.toString(16)}}`;
}
