import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';

/** One of this many is drawn. */
const nearest = 4;

/**
 * Draws for each member one of the candidates that are nearest to it by a key, no candidate twice. A member for which
 * none is left stands for itself.
 * @param members such as neurons or experts of one layer, by number
 * @param candidates others of them
 */
export function drawNearest(
    members: readonly number[],
    candidates: readonly number[],
    keyOf: (one: number) => number,
    generator: RandomGenerator,
): number[] {
    const left = new Set(candidates);
    return members.map((member) => {
        const pool = nearestTo(keyOf(member), left, keyOf);
        const drawn = pool.length === 0 ? member : pool[uniformInt(generator, 0, pool.length - 1)]!;
        left.delete(drawn);
        return drawn;
    });
}

/** The nearest first; of two that are equally near, the one with the lower number. */
function nearestTo(key: number, left: Iterable<number>, keyOf: (one: number) => number): number[] {
    const pool: { readonly one: number; readonly distance: number }[] = [];
    for (const one of left) {
        const distance = Math.abs(keyOf(one) - key);
        const isBefore = (other: (typeof pool)[number]): boolean =>
            other.distance < distance || (other.distance === distance && other.one < one);
        if (pool.length === nearest && isBefore(pool[nearest - 1]!)) continue;
        pool.splice(pool.filter(isBefore).length, 0, { one, distance });
        pool.length = Math.min(pool.length, nearest);
    }
    return pool.map(({ one }) => one);
}
