import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Activations, Counts } from '../../../src/activations/Activations.js';
import { addCounts } from '../../../src/activations/addCounts.js';
import { mergeActivations } from '../../../src/activations/mergeActivations.js';
import { identify } from '../../../src/neurons/classes/identify.js';
import { jackknife } from '../../../src/neurons/classes/stability.js';

const source = {
    model: { name: '', architecture: '', quantization: '', fingerprint: '' },
    dataset: { name: '', hash: '' },
    versions: {},
};
const languages = ['en', 'de', 'zh'];
const width = 60;
const l = languages.length;

/** Each neuron j is active in language k with a probability of its own; `draw` gives the counts of a fold. */
const foldsOf = (K: number, draw: (f: number, j: number, k: number) => number): Activations => {
    const folds: Counts[] = Array.from({ length: K }, (_, f) => ({
        counts: [BigInt64Array.from({ length: width * l }, (_, i) => BigInt(draw(f, Math.floor(i / l), i % l)))],
        tokens: new BigInt64Array(l).fill(1000n),
    }));
    return { languages, ...addCounts(folds), folds, source };
};
const steady = (_: number, j: number, k: number): number =>
    j % 6 === k ? 900 : j % 6 === 4 ? 800 : j % 6 === 5 && k < 2 ? 700 : 20 + j;

describe('certainty', () => {
    it('is complete where all folds count the same', () => {
        const { stability, perLanguage, general } = identify(foldsOf(4, steady), { topRate: 0.6, bar: 0.5 });
        expect(stability).toMatchObject({ folds: 4, halves: 3 });
        for (const kind of ['specific', 'related', 'general'] as const)
            expect(stability!.classes[kind]).toEqual({ kept: 1, overlap: 1 });
        expect(general).toBeGreaterThan(0);
        expect(stability!.intervals.general).toEqual([general, general]);
        for (const language of languages) {
            const { specific, total } = perLanguage[language]!;
            expect(specific).toBeGreaterThan(0);
            expect(stability!.intervals.perLanguage[language]).toMatchObject({
                specific: [specific, specific],
                total: [total, total],
            });
        }
    });

    it('is what leaving out each fold and dividing into halves gives, counted by hand', () => {
        fc.assert(
            fc.property(fc.integer({ min: 2, max: 5 }), fc.nat(10_000), (K, seed) => {
                const noisy = foldsOf(K, (f, j, k) =>
                    Math.min(1000, steady(f, j, k) + ((seed + f * 7919 + j * 104729 + k * 1299709) % 400)),
                );
                const settings = { topRate: 0.3, bar: 0.7 };
                const { stability, neurons, perLanguage } = identify(noisy, settings);
                const { folds, ...whole } = noisy;
                const again = (chosen: readonly number[]): ReturnType<typeof identify> =>
                    identify({ ...whole, ...addCounts(chosen.map((f) => folds![f]!)) }, settings);
                const all = [...folds!.keys()];
                const without = all.map((left) => again(all.filter((f) => f !== left)));

                const keptOf = (of: typeof neurons): number => {
                    const pairs = (lists: typeof neurons.specific): string[] =>
                        Object.entries(lists).flatMap(([language, list]) =>
                            list.map((index) => `${language} ${index.join()}`),
                        );
                    const mine = pairs(neurons.specific);
                    return mine.length === 0
                        ? NaN
                        : mine.filter((pair) => pairs(of.specific).includes(pair)).length / mine.length;
                };
                const shares = without.map((one) => keptOf(one.neurons)).filter((value) => !Number.isNaN(value));
                const expected =
                    shares.length === 0 ? null : shares.reduce((sum, value) => sum + value, 0) / shares.length;
                const { kept } = stability!.classes.specific;
                if (expected === null) expect(kept).toBeNull();
                else expect(kept).toBeCloseTo(expected, 15); // 0; in another order a last bit
                expect(stability!.intervals.perLanguage.zh!.total).toEqual(
                    jackknife(
                        perLanguage.zh!.total,
                        without.map((one) => one.perLanguage.zh!.total),
                    ),
                );
                if (K === 2) {
                    const [a, b] = [again([0]), again([1])];
                    const [x, y] = [a, b].map(({ neurons: { general } }) => new Set(general.map(String))) as [
                        Set<string>,
                        Set<string>,
                    ];
                    const both = [...x].filter((key) => y.has(key)).length;
                    const { overlap } = stability!.classes.general;
                    if (x.size + y.size === 0) expect(overlap).toBeNull();
                    else expect(overlap).toBe((2 * both) / (x.size + y.size)); // one division
                }
            }),
            { numRuns: 40 },
        );
    });

    it('is absent without folds, and halves are divided at most three times', () => {
        const { folds: _, ...whole } = foldsOf(3, steady);
        expect(identify(whole)).not.toHaveProperty('stability');
        expect(identify(foldsOf(9, steady), { topRate: 0.6, bar: 0.5 }).stability!.halves).toBe(3);
        expect(identify(foldsOf(3, steady), { topRate: 0.6, bar: 0.5 }).stability!.halves).toBe(3);
    });

    it("has the jackknife's interval", () => {
        // Of a mean the jackknife's variance is s² / n: t(0.975, 4) · sqrt(2.5 / 5) = 2.776 · 0.7071
        const t = 2.7764451051977987;
        const values = [1, 2, 3, 4, 5];
        const mean = 3;
        const without = values.map((left) => (values.reduce((sum, value) => sum + value, 0) - left) / 4);
        const [low, high] = jackknife(mean, without);
        expect(low).toBeCloseTo(3 - t * Math.SQRT1_2, 12);
        expect(high).toBeCloseTo(3 + t * Math.SQRT1_2, 12);
        expect(jackknife(1, [0, 9, 4])[0]).toBe(0);
    });

    it('merged, folds are added', () => {
        const [a, b] = [foldsOf(3, steady), foldsOf(3, (f, j, k) => (f + j + k) % 50)];
        const merged = mergeActivations(a, b);
        expect(merged.folds).toEqual(a.folds!.map((fold, f) => addCounts([fold, b.folds![f]!])));
        expect(addCounts(merged.folds!)).toEqual({ counts: merged.counts, tokens: merged.tokens });
        expect(mergeActivations(a, foldsOf(2, steady)).folds).toBeUndefined();
    });
});
