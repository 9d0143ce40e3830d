import { isUtf8 } from 'node:buffer';

/** Bytes of a token's text that are kept; no vocabulary of words has longer ones. */
const mostTokenBytes = 256;

/**
 * The bytes of a token as text: what is UTF-8 is read so, every other byte is a code unit from U+DC80 to U+DCFF, which
 * no text has. Python's `surrogateescape` does the same. Behind the first `mostTokenBytes` stands `…`.
 */
export function tokenText(bytes: Uint8Array): string {
    if (bytes.length > mostTokenBytes) return `${tokenText(bytes.subarray(0, mostTokenBytes))}…`;
    if (isUtf8(bytes)) return Buffer.from(bytes).toString('utf8');
    let text = '';
    for (let at = 0; at < bytes.length;) {
        const length = [1, 2, 3, 4].find((n) => at + n <= bytes.length && isUtf8(bytes.subarray(at, at + n)));
        text +=
            length === undefined
                ? String.fromCharCode(0xdc00 + bytes[at]!)
                : Buffer.from(bytes.subarray(at, at + length)).toString('utf8');
        at += length ?? 1;
    }
    return text;
}
