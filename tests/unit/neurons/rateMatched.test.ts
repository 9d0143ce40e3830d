import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Activations } from '../../../src/activations/Activations.js';
import { denseSites, type Site } from '../../../src/engine/types/Site.js';
import { drawNearest } from '../../../src/neurons/controls/drawNearest.js';
import type { NeuronIndex } from '../../../src/neurons/analysis/NeuronAnalysis.js';
import { pooledRates, rateMatched } from '../../../src/neurons/controls/rateMatched.js';
import { randomGenerator } from '../../../src/support/randomGenerator.js';

describe('controls that are active as often', () => {
    const width = 400;
    const sites = denseSites([width, width]);
    const rates = [0, 1].map((site) =>
        Float64Array.from({ length: width }, (_, j) => ((j * 37 + site) % width) / width),
    );
    const set: NeuronIndex[] = [0, 1].flatMap((site) => [3, 50, 51, 200, 399].map((j): NeuronIndex => [site, j]));

    it('are as many others of the same layers, and of about the same probabilities', () => {
        for (let seed = 1; seed <= 20; seed++) {
            const drawn = rateMatched(set, sites, rates, seed);
            expect(drawn).toEqual(rateMatched(set, sites, rates, seed));
            expect(new Set([...drawn, ...set].map(String)).size).toBe(2 * set.length);
            expect(drawn.map(([site]) => site)).toEqual(set.map(([site]) => site));
            const sorted = (neurons: readonly NeuronIndex[]): number[] =>
                neurons.map(([site, j]) => site + rates[site]![j]!).sort((a, b) => a - b);
            // Each is one of the four nearest that are free: at most five steps away, as a neighbour may be taken.
            for (const [i, rate] of sorted(drawn).entries())
                expect(Math.abs(rate - sorted(set)[i]!)).toBeLessThanOrEqual(5.01 / width);
        }
        const different = new Set(
            Array.from({ length: 20 }, (_, seed) => String(rateMatched(set, sites, rates, seed))),
        );
        expect(different.size).toBeGreaterThan(15);
    });

    it('stay in an expert, and are none that was not assessed', () => {
        const routed: Site[] = [{ layer: 0, kind: 'routed', width: 10, experts: 3, activation: 'silu', gated: true }];
        const some = [Float64Array.from({ length: 30 }, (_, j) => (j % 3 === 0 ? Number.NaN : j / 30))];
        for (let seed = 0; seed < 20; seed++) {
            const drawn = rateMatched(
                [
                    [0, 11],
                    [0, 13],
                ],
                routed,
                some,
                seed,
            );
            for (const [, index] of drawn) expect([10, 14, 16, 17, 19]).toContain(index);
        }
    });

    it('are neurons of the set only where a layer has no others', () => {
        const all: NeuronIndex[] = Array.from({ length: 7 }, (_, j) => [0, j]);
        const drawn = rateMatched(all, denseSites([10]), [Float64Array.from({ length: 10 }, (_, j) => j / 10)], 1);
        expect(new Set(drawn.map(String)).size).toBe(7);
        for (const index of [7, 8, 9]) expect(drawn).toContainEqual([0, index]);
    });

    it('the nearest are those that sorting finds', () => {
        fc.assert(
            fc.property(fc.array(fc.nat(20), { minLength: 2, maxLength: 30 }), fc.nat(), (keys, seed) => {
                const [member, ...others] = keys.keys();
                const sorted = others.sort(
                    (a, b) => Math.abs(keys[a]! - keys[0]!) - Math.abs(keys[b]! - keys[0]!) || a - b,
                );
                const [drawn] = drawNearest([member!], others, (one) => keys[one]!, randomGenerator(seed));
                expect(sorted.slice(0, 4)).toContain(drawn);
            }),
        );
    });

    it('by the average of the probabilities in each language, however many tokens it has', () => {
        const activations = {
            languages: ['a', 'b'],
            counts: [BigInt64Array.from([10n, 0n, 5n, 50n])],
            tokens: BigInt64Array.from([10n, 100n]),
        } as unknown as Activations;
        expect(pooledRates(activations, {})).toEqual([Float64Array.from([0.5, 0.5])]);
    });
});
