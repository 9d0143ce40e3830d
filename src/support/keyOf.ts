import { createHash } from 'node:crypto';

/** The plain data that a key is made of. */
export type KeyPart =
    string | number | boolean | null | undefined | readonly KeyPart[] | { readonly [name: string]: KeyPart };

/** Hexadecimal digits of a key: 96 bits, so that a billion results of one folder have different keys. */
const keyDigits = 24;

/**
 * The key of a result, from everything that shaped it. Equal parts give equal keys, whatever the order of an
 * object's properties; an undefined property counts as absent. The key is the leading bits of a sha256, hexadecimal.
 */
export function keyOf(parts: KeyPart): string {
    return createHash('sha256').update(canonical(parts)).digest('hex').slice(0, keyDigits);
}

function canonical(part: KeyPart): string {
    if (part === null || typeof part !== 'object') return JSON.stringify(part) ?? 'null';
    if (Array.isArray(part)) return `[${part.map(canonical).join()}]`;
    const named = Object.entries(part as { readonly [name: string]: KeyPart }).filter(
        ([, value]) => value !== undefined,
    );
    return `{${named
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, value]) => `${JSON.stringify(name)}:${canonical(value)}`)
        .join()}}`;
}
