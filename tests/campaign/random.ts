import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** A whole number from 0 to below - 1. */
export type Random = (below: number) => number;

/** Draws that depend on a seed and on what they are for, and on nothing else: a case can be repeated alone. */
export function randomOf(seed: number, ...what: (string | number)[]): Random {
    let hash = 0x811c9dc5;
    for (const byte of Buffer.from([seed, ...what].join('/'))) hash = Math.imul(hash ^ byte, 0x01000193);
    // The generator's first draws of neighbouring seeds are alike: the hash is spread over all bits, the first ones
    // left out.
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
    const generator = xoroshiro128plus(hash ^ (hash >>> 15));
    for (let i = 0; i < 8; i++) uniformInt(generator, 0, 1);
    return (below) => uniformInt(generator, 0, Math.max(0, below - 1));
}

export function pick<T>(list: readonly T[], random: Random): T {
    return list[random(list.length)]!;
}
