import { createHash } from 'node:crypto';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';

/**
 * A generator of random numbers that every bit of every number given decides: lists that differ, if only in
 * one number by one, or in their length, have unrelated generators from the first draw on. xoroshiro128+
 * alone spreads a seed so little that the first draws of neighbouring seeds are alike.
 */
export function randomGenerator(...numbers: readonly number[]): RandomGenerator {
    const bytes = Buffer.alloc(8 * numbers.length);
    for (const [i, number] of numbers.entries()) bytes.writeDoubleLE(number, 8 * i);
    const hash = createHash('sha256').update(bytes).digest();
    return xoroshiro128plusFromState([0, 4, 8, 12].map((offset) => hash.readInt32LE(offset)));
}
