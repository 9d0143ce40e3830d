import { createHash } from 'node:crypto';

/** What a key can be made of: plain data. */
export type KeyPart =
    string | number | boolean | null | undefined | readonly KeyPart[] | { readonly [name: string]: KeyPart };

/** Hexadecimal digits of a key: 96 bits, with which a billion results of one folder have no two alike. */
const keyDigits = 24;

/**
 * Names a result by everything that shaped it: equal parts have equal keys, whatever the order of an
 * object's properties; one that is undefined counts as absent. The leading bits of a sha256, hexadecimal.
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
