import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type KeyPart, keyOf } from '../../../src/support/keyOf.js';

it('a key tells apart what differs, and nothing else', () => {
    expect(keyOf({ a: 1, b: [2, 'x'] })).toBe(keyOf({ b: [2, 'x'], a: 1 }));
    expect(keyOf({ a: 1, b: undefined })).toBe(keyOf({ a: 1 }));
    const parts = fc.jsonValue();
    fc.assert(
        fc.property(parts, parts, (a, b) => {
            const same = canonical(a) === canonical(b);
            expect(keyOf(a as KeyPart) === keyOf(b as KeyPart)).toBe(same);
        }),
        { numRuns: 2000 },
    );
    expect(new Set([keyOf(1), keyOf('1'), keyOf([1]), keyOf(null), keyOf(true), keyOf({}), keyOf([])]).size).toBe(7);
    expect(keyOf({ model: 'm' })).toMatch(/^[0-9a-f]{24}$/);
});

function canonical(value: unknown): string {
    return JSON.stringify(value, (_, part: unknown) =>
        part !== null && typeof part === 'object' && !Array.isArray(part)
            ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
            : part,
    );
}
