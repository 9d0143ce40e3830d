import { createRequire } from 'node:module';
import type ziggurat from '@stdlib/random-base-improved-ziggurat';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';

/** Dozens of small modules: loaded at their first use. */
const load = createRequire(import.meta.url);

/** Draws numbers, each independent of all before. */
export interface RandomNumbers {
    /** A number in (0, 1). */
    readonly uniform: () => number;
    /** A standard normal number. */
    readonly normal: () => number;
}

/** Numbers of a generator. */
export function randomNumbers(generator: RandomGenerator): RandomNumbers {
    const { factory } = load('@stdlib/random-base-improved-ziggurat') as typeof ziggurat;
    const uniform = (): number => ((generator.next() >>> 0) + 0.5) / 2 ** 32;
    return { uniform, normal: factory({ prng: uniform }) };
}
