import { describe, expect, it } from 'vitest';
import type { Counts } from '../../../src/activations/Activations.js';
import { mixedFolds } from '../../../src/activations/mixedFolds.js';
import { perUnit, scriptPairs, stillFirst } from '../../../src/checks/scriptCheck.js';

describe('activations per another unit', () => {
    const probabilities = { p: Float64Array.of(0.1, 0.2, 0.3, 0.4), n: 2, l: 2, locate: () => [0, 0] as const };

    it('stay as they are where every language has as many of them a token', () => {
        const { p } = perUnit(probabilities, BigInt64Array.of(10n, 20n), [30, 60]);
        expect([...p].map((value) => Number(value.toFixed(12)))).toEqual([...probabilities.p]);
    });

    it('are fewer in a language of short tokens', () => {
        // 100 tokens each; 100 bytes in the first, 300 in the second: 2 bytes a token in the mean
        const { p } = perUnit(probabilities, BigInt64Array.of(100n, 100n), [100, 300]);
        expect([...p].map((value) => Number(value.toFixed(12)))).toEqual([0.2, 0.133333333333, 0.6, 0.266666666667]);
    });
});

describe('neurons that are still most active in their language', () => {
    const of = (...p: number[]): Parameters<typeof stillFirst>[1] => ({
        ...{ p: Float64Array.from(p), n: p.length / 2, l: 2, locate: () => [0, 0] as const },
    });

    it('are those with the largest activation there; a tie is none', () => {
        const found = new Map([
            [0, 0],
            [1, 1],
            [2, 0],
            [3, 1],
        ]);
        expect(stillFirst(found, of(0.9, 0.1, 0.9, 0.1, 0.5, 0.5, 0, 2))).toBe(0.5);
        expect(stillFirst(new Map(), of(0.9, 0.1))).toBeNull();
    });
});

describe('pairs of languages', () => {
    const neurons = (specific: Record<string, [number, number][]>): Parameters<typeof scriptPairs>[0]['neurons'] => ({
        specific,
        related: Object.fromEntries(Object.keys(specific).map((language) => [language, []])),
        general: [],
    });

    it('are told apart by their scripts', () => {
        const languages = ['en', 'de', 'ru'];
        const found = neurons({
            en: [
                [0, 1],
                [0, 2],
            ],
            de: [
                [0, 2],
                [0, 3],
            ],
            ru: [[0, 3]],
        });
        expect(scriptPairs({ languages, neurons: found })).toEqual({ same: 1 / 3, different: 0.25 });
        expect(scriptPairs({ languages: ['en', 'ru'], neurons: found })).toEqual({ same: null, different: 0 });
    });
});

describe('folds mixed by language', () => {
    const fold = (base: bigint): Counts => ({
        counts: [BigInt64Array.of(base, base + 1n, base + 2n, base + 3n)],
        routed: [BigInt64Array.of(base, 10n * base)],
        tokens: BigInt64Array.of(100n * base, 1000n * base),
    });
    const folds = [fold(1n), fold(20n), fold(300n)];

    it('add up to the whole where every language has all', () => {
        const all = [0, 1, 2];
        const { counts, routed, tokens } = mixedFolds(folds, [all, all]);
        expect(counts).toEqual([BigInt64Array.of(321n, 324n, 327n, 330n)]);
        expect(routed).toEqual([BigInt64Array.of(321n, 3210n)]);
        expect(tokens).toEqual(BigInt64Array.of(32_100n, 321_000n));
    });

    it('give each language the counts of its own folds', () => {
        const { counts, tokens } = mixedFolds(folds, [[0], [1, 2]]);
        expect(counts).toEqual([BigInt64Array.of(1n, 322n, 3n, 326n)]);
        expect(tokens).toEqual(BigInt64Array.of(100n, 320_000n));
    });
});
