import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { describe, expect, it } from 'vitest';
import { drawResamples } from '../../../src/experiments/statistics/resampling.js';
import { randomNeurons } from '../../../src/neurons/controls/randomNeurons.js';
import { denseSites } from '../../../src/engine/types/Site.js';
import { randomGenerator } from '../../../src/support/randomGenerator.js';

const seeds = Array.from({ length: 10_000 }, (_, i) => i + 1);

/** Pearson's correlation. */
function correlation(x: readonly number[], y: readonly number[]): number {
    const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
    const [mx, my] = [mean(x), mean(y)];
    const product = mean(x.map((value, i) => (value - mx) * (y[i]! - my)));
    const deviation = (values: readonly number[], center: number): number =>
        Math.sqrt(mean(values.map((value) => (value - center) ** 2)));
    return product / (deviation(x, mx) * deviation(y, my));
}

/** Chi-squared of values in [0, 1) over equal bins, in standard deviations from its mean. */
function unevenness(values: readonly number[], bins: number): number {
    const counts = new Array<number>(bins).fill(0);
    for (const value of values) counts[Math.floor(value * bins)]!++;
    const expected = values.length / bins;
    const chi = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    return (chi - (bins - 1)) / Math.sqrt(2 * (bins - 1));
}

const draws: Record<string, (random: RandomGenerator) => number> = {
    'a float': uniformFloat64,
    'a number below 1,000': (random) => uniformInt(random, 0, 999) / 1000,
    'the lowest bits': (random) => (random.next() & 0xffff) / 65_536,
    'the highest bits': (random) => (random.next() >>> 16) / 65_536,
};
const families: Record<string, (seed: number) => RandomGenerator> = {
    'one number': (seed) => randomGenerator(seed),
    'the first of three': (seed) => randomGenerator(seed, 5, 0),
    'the last of three': (seed) => randomGenerator(1, 5, seed),
    negative: (seed) => randomGenerator(-seed),
    'above 32 bits': (seed) => randomGenerator(seed * 2 ** 32),
    fractions: (seed) => randomGenerator(seed / 16_384),
};

describe.each(Object.entries(families))('first draws of neighbouring seeds: %s', (_, make) => {
    const generators = seeds.map(make);

    it.each(Object.entries(draws))(
        '%s is uniform, and neighbours have nothing to do with each other',
        (_name, draw) => {
            const first = generators.map((generator) => draw(generator.clone()));
            // Of 10,000 draws a correlation has a deviation of 0.01; the seeds are fixed, so this holds or does not.
            for (const distance of [1, 2, 3, 10, 100]) {
                expect(Math.abs(correlation(first.slice(distance), first.slice(0, -distance)))).toBeLessThan(0.045);
            }
            expect(Math.abs(correlation(first, seeds))).toBeLessThan(0.045);
            expect(unevenness(first, 100)).toBeLessThan(4.5);
            expect(unevenness(first, 100)).toBeGreaterThan(-4.5);
            // Pairs of neighbours on a grid of 10 by 10 are uniform too.
            const pairs = first.slice(1).map((value, i) => (Math.floor(value * 10) + Math.min(0.999, first[i]!)) / 10);
            expect(unevenness(pairs, 100)).toBeLessThan(4.5);
        },
    );
});

it('lists that differ in order or length alone have generators of their own', () => {
    const lists = [[], [0], [0, 0], [1], [0, 1], [1, 0], [1, 0, 0], [1.5], [-1], [2 ** 40]];
    expect(new Set(lists.map((list) => randomGenerator(...list).next())).size).toBe(lists.length);
    expect(randomGenerator(1, 2).next()).toBe(randomGenerator(1, 2).next());
});

it('random neurons of neighbouring seeds have no more in common than chance gives', () => {
    const width = 1000;
    // The first neuron drawn for each seed: one is asked for, another is left out.
    const drawn = seeds
        .slice(0, 4000)
        .map((seed) => randomNeurons([[0, width - 1]], denseSites([width]), seed)[0]![1] / (width - 1));
    expect(unevenness(drawn, 50)).toBeLessThan(4.5);
    expect(Math.abs(correlation(drawn.slice(1), drawn.slice(0, -1)))).toBeLessThan(0.07);
});

it('resamples of neighbouring numbers of units begin anew', () => {
    const first = Array.from(
        { length: 400 },
        (_, i) => drawResamples(60 + i, 1)[0]!.findIndex((times) => times > 2) / 200,
    );
    expect(Math.abs(correlation(first.slice(1), first.slice(0, -1)))).toBeLessThan(0.22);
});
