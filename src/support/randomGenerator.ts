import { hash } from 'node:crypto';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
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
    const digest = hash('sha256', bytes, 'buffer');
    return xoroshiro128plusFromState([0, 4, 8, 12].map((offset) => digest.readInt32LE(offset)));
}

/** Numbers of a text, for `randomGenerator`: those of its characters. */
export function numbersOf(text: string): number[] {
    return Array.from(text, (letter) => letter.codePointAt(0)!);
}

/** Draws some of a pool, each once and all as likely, and leaves the pool in another order. */
export function drawFrom<T>(pool: T[], count: number, generator: RandomGenerator): T[] {
    for (let i = 0; i < count; i++) {
        const swap = uniformInt(generator, i, pool.length - 1);
        [pool[i], pool[swap]] = [pool[swap]!, pool[i]!];
    }
    return pool.slice(0, count);
}
