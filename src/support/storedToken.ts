/**
 * A token's text as databases take it: bytes that are no whole character (`tokenText`) and NUL are written as
 * vocabularies write them, `<0xE4>`; a token without a text is `<empty>`.
 */
export function storedToken(text: string): string {
    if (text === '') return '<empty>';
    return text.replaceAll(/\0|\p{Surrogate}/gu, (unit) => byteName(unit.charCodeAt(0) & 0xff));
}

function byteName(byte: number): string {
    return `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;
}
