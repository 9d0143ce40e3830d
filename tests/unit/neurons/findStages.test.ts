import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findStages } from '../../../src/neurons/classes/findStages.js';
import type { LayerCounts } from '../../../src/neurons/analysis/NeuronAnalysis.js';

const layer = (language: number, general: number): LayerCounts => ({
    specific: Math.ceil(language / 2),
    related: Math.floor(language / 2),
    general,
});
const widths = (layers: readonly LayerCounts[]): number[] => layers.map(() => 1000);
const ranges = (layers: readonly LayerCounts[]): [number, number][] =>
    findStages(layers, widths(layers)).stages.map(({ first, last }) => [first, last]);

/** Layers with planted stages of the given lengths. */
const planted = (lengths: readonly number[], jitter: (i: number) => number = () => 0): LayerCounts[] => {
    const levels = [
        [60, 30],
        [2, 200],
        [80, 12],
        [30, 400],
    ] as const;
    const layers: LayerCounts[] = [];
    for (const [s, length] of lengths.entries()) {
        for (let i = 0; i < length; i++)
            layers.push(
                layer(
                    levels[s]![0] + (jitter(layers.length) % (s === 1 ? 2 : 9)),
                    levels[s]![1] + (jitter(layers.length) % 5),
                ),
            );
    }
    return layers;
};

describe('the four stages', () => {
    it('are found where they were planted', () => {
        const lengths = fc.tuple(
            fc.integer({ min: 2, max: 6 }),
            fc.integer({ min: 4, max: 20 }),
            fc.integer({ min: 4, max: 20 }),
            fc.integer({ min: 1, max: 2 }),
        );
        fc.assert(
            fc.property(lengths, fc.nat(1000), ([a, b, c, d], seed) => {
                const layers = planted([a, b, c, d], (i) => (seed * 31 + i * 17) % 97);
                const { seen, stages, confidence } = findStages(layers, widths(layers));
                expect(stages.map(({ first, last }) => [first, last])).toEqual([
                    [0, a - 1],
                    [a, a + b - 1],
                    [a + b, a + b + c - 1],
                    [a + b + c, a + b + c + d - 1],
                ]);
                expect(seen).toBe(true);
                expect(confidence).toBeGreaterThan(0.99); // 0.997 at least: of 999 random orders two fitted as well
            }),
            { numRuns: 60 },
        );
    });

    it('are those that fit best of all divisions', () => {
        const counts = fc.record({ specific: fc.nat(50), related: fc.nat(50), general: fc.nat(300) });
        fc.assert(
            fc.property(fc.array(counts, { minLength: 4, maxLength: 9 }), (layers) => {
                const found = ranges(layers);
                if (found.length === 0) return;
                const stretch = (values: number[]): number[] =>
                    values.map(
                        (value) =>
                            (2 * (value - Math.min(...values))) / (Math.max(...values) - Math.min(...values)) - 1,
                    );
                const l = stretch(layers.map(({ specific, related }) => Math.log1p(specific + related)));
                const g = stretch(layers.map(({ general }) => Math.log1p(general)));
                const score = (ends: readonly number[]): number =>
                    layers.reduce((sum, _, i) => {
                        const stage = ends.findIndex((end) => i < end);
                        return sum + [l[i]! - g[i]!, g[i]! - l[i]!, l[i]! - g[i]!, g[i]!][stage]!;
                    }, 0);
                const n = layers.length;
                let best = -Infinity;
                for (let a = 1; a < n; a++)
                    for (let b = a + 1; b < n; b++)
                        for (let c = b + 1; c < n; c++) best = Math.max(best, score([a, b, c, n]));
                // 0 off; nine layers added in another order may be off by 1.8e-15 each.
                expect(score(found.map(([, last]) => last + 1))).toBeCloseTo(best, 14);
            }),
            { numRuns: 200 },
        );
    });

    it('are not seen, with the reason, where the layers do not show them', () => {
        const reason = (layers: readonly LayerCounts[]): string => {
            const { seen, reason } = findStages(layers, widths(layers));
            expect(seen).toBe(false);
            return reason!;
        };
        expect(reason(planted([1, 1, 1, 0]))).toContain('fewer than 4 layers');
        expect(reason(Array.from({ length: 12 }, (_, i) => layer(10, i)))).toContain('spread evenly');
        expect(reason(Array.from({ length: 12 }, (_, i) => layer(i, 0)))).toContain('general neurons');
        expect(reason(Array.from({ length: 12 }, (_, i) => layer(60 - 5 * i, 10 + 20 * i)))).not.toBe('');
        expect(
            reason(
                [
                    [9, 5],
                    [1, 6],
                    [8, 4],
                    [3, 6],
                    [9, 5],
                    [2, 7],
                ].map(([language, general]) => layer(language!, general!)),
            ),
        ).toContain('random orders');
        expect(reason([...planted([3, 8, 8, 2])].reverse())).not.toBe('');
    });

    it('are seen in few models whose layers follow no order', () => {
        const random = Array.from({ length: 300 }, (_, seed) =>
            Array.from({ length: 12 }, (_, i) => {
                const [a, b] = [Math.sin(seed * 97 + i * 31), Math.sin(seed * 57 + i * 13 + 1)].map(
                    (x) => Math.floor(Math.abs(x * 1e4)) % 200,
                );
                return layer(a!, b!);
            }),
        );
        const seen = random.filter((layers) => findStages(layers, widths(layers)).seen);
        expect(seen.length / random.length).toBeLessThan(0.03); // 0.0067: 2 of 300
    });

    it('compare shares of a layer, not numbers, where layers differ in width', () => {
        const layers = planted([3, 8, 8, 2]);
        const wide = layers.map(({ specific, related, general }, i) =>
            i % 2 === 0
                ? { specific, related, general }
                : { specific: specific * 4, related: related * 4, general: general * 4 },
        );
        expect(
            findStages(
                wide,
                layers.map((_, i) => (i % 2 === 0 ? 500 : 2000)),
            ).stages,
        ).toEqual(findStages(layers, widths(layers)).stages);
    });
});
