import { expect, it } from 'vitest';
import type { NativeModel } from '../../../src/engine/native/addon.js';
import { TokenTexts } from '../../../src/engine/passes/TokenTexts.js';

/** Tokens: `<s>` (special), `a`, bytes of `é`, ` the`. */
const model = {
    pieces: (special: boolean) =>
        Promise.resolve({
            bytes: Buffer.from(`${special ? '<s>' : ''}aé the`),
            ends: Int32Array.from(special ? [3, 4, 5, 6, 10] : [0, 1, 2, 3, 7]),
        }),
} as unknown as NativeModel;

it('tokens are bytes; special ones are written out where asked for', async () => {
    const texts = await TokenTexts.of(model);
    expect(texts.textOf([0, 1, 2, 3, 4])).toBe('aé the');
    expect(texts.textOf([0, 1, 2, 3, 4], true)).toBe('<s>aé the');
    expect(texts.textOf([2])).toBe('\uFFFD');
    expect(texts.textOf([])).toBe('');
    expect([...texts.bytesOf(4)]).toEqual([...Buffer.from(' the')]);
    expect([texts.size, texts.longest]).toEqual([5, 4]);
});

it.each([-1, 5, 1.5, NaN, Infinity, -0.5, 2 ** 31, 2 ** 32, 2 ** 32 + 1, -(2 ** 32), 1e300])(
    'there is no token %d',
    async (token) => {
        const texts = await TokenTexts.of(model);
        for (const special of [false, true]) {
            expect(() => texts.bytesOf(token, special)).toThrow(/no token/);
            expect(() => texts.textOf([1, token], special)).toThrow(/no token/);
        }
        expect(texts.has(token)).toBe(false);
    },
);
