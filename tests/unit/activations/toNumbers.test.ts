import fc from 'fast-check';
import { expect, it } from 'vitest';
import { toNumbers } from '../../../src/activations/toNumbers.js';

it('counts as numbers are what BigInt makes of them', () => {
    fc.assert(
        fc.property(fc.array(fc.bigInt({ min: 0n, max: 2n ** 53n })), (list) => {
            const whole = BigInt64Array.from([0n, ...list]);
            const part = whole.subarray(1); // at an offset in its memory
            expect([...toNumbers(part)]).toEqual(list.map(Number));
        }),
    );
});
