/**
 * A token's text (`tokenText`) on one line: `▁` for a blank, escapes for line breaks, control characters and what turns
 * the direction of writing, `‹e4bd›` for bytes that are no whole characters.
 * @param longest characters and bytes; what is longer ends in `…`
 */
export function shownToken(text: string, longest = 40): string {
    const parts = [...text];
    const cut = parts.length > longest ? [...parts.slice(0, longest), '…'] : parts;
    return cut
        .join('')
        .replaceAll(' ', '▁')
        .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, escaped)
        .replace(/\p{Surrogate}+/gu, (units) => `‹${Array.from(units, byteOf).join('')}›`);
}

function byteOf(unit: string): string {
    return (unit.charCodeAt(0) & 0xff).toString(16).padStart(2, '0');
}

function escaped(character: string): string {
    const named: Readonly<Record<string, string>> = { '\n': '\\n', '\t': '\\t', '\r': '\\r' };
    return named[character] ?? `\\u{${character.codePointAt(0)!.toString(16)}}`;
}
