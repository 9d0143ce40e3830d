import { createHash } from 'node:crypto';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';

/**
 * Makes a generator of random numbers from a list of numbers. Every bit of the list matters: lists that differ by one
 * in one number, or in length, give unrelated draws from the first on. xoroshiro128+ alone spreads a seed so little
 * that the first draws of neighbouring seeds are alike.
 */
export function randomGenerator(...numbers: readonly number[]): RandomGenerator {
    const bytes = Buffer.alloc(8 * numbers.length);
    for (const [i, number] of numbers.entries()) bytes.writeDoubleLE(number, 8 * i);
    const hash = createHash('sha256').update(bytes).digest();
    return xoroshiro128plusFromState([0, 4, 8, 12].map((offset) => hash.readInt32LE(offset)));
}
