/**
 * A text without what a terminal obeys instead of showing it: control characters, which move the cursor or change
 * colours, and what turns the direction of writing, which would put other words in its place. Line breaks stay.
 */
export function printable(text: string): string {
    return text
        .replaceAll(/\r\n?/g, '\n')
        .replaceAll('\t', '    ')
        .replaceAll(/(?!\n)[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, '');
}
