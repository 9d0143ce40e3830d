import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Activations } from '../../../src/activations/Activations.js';
import { activationProbabilities } from '../../../src/neurons/scores/activationProbabilities.js';
import { findStages } from '../../../src/neurons/classes/findStages.js';
import { identify } from '../../../src/neurons/classes/identify.js';
import { scoreAt, scoreParts } from '../../../src/neurons/scores/scoreParts.js';
import { kthSmallest, roundHalfToEven, selectLowest } from '../../../src/neurons/scores/selectLowest.js';
import { randomGenerator } from '../../../src/support/randomGenerator.js';

const source = {
    model: { name: '', architecture: '', quantization: '', fingerprint: '' },
    dataset: { name: '', hash: '' },
    versions: {},
};
const names = ['en', 'ru', 'es', 'fr', 'de'];

/** Layers of different widths over few tokens, so that ties are common; some neurons never active. */
const activations: fc.Arbitrary<Activations> = fc
    .tuple(fc.integer({ min: 2, max: 5 }), fc.array(fc.integer({ min: 1, max: 25 }), { minLength: 1, maxLength: 3 }))
    .chain(([l, widths]) =>
        fc
            .record({
                tokens: fc.array(fc.integer({ min: 1, max: 5 }), { minLength: l, maxLength: l }),
                rows: fc.tuple(
                    ...widths.map((width) =>
                        fc.array(
                            fc.oneof(
                                fc.constant(new Array<number>(l).fill(0)),
                                fc.array(fc.nat(5), { minLength: l, maxLength: l }),
                            ),
                            { minLength: width, maxLength: width },
                        ),
                    ),
                ),
            })
            .map(({ tokens, rows }) => ({
                languages: names.slice(0, l),
                tokens: BigInt64Array.from(tokens, BigInt),
                source,
                counts: rows.map((layer) =>
                    BigInt64Array.from(
                        layer.flatMap((row) => row.map((count, k) => BigInt(Math.min(count, tokens[k]!)))),
                    ),
                ),
            })),
    );
const share = fc.double({ min: 0.01, max: 0.99, noNaN: true });

/** p[n][l], straight from eq. 4. */
function probabilities({ languages, counts, tokens }: Activations): number[][] {
    const l = languages.length;
    return counts.flatMap((layer) =>
        Array.from({ length: layer.length / l }, (_, j) =>
            languages.map((_, k) => Number(layer[j * l + k]) / Number(tokens[k])),
        ),
    );
}

/** Eq. 5, normalised, written as in section 2 of the design. */
function score(row: readonly number[], lambda: number): number {
    const l = row.length;
    const sum = row.reduce((a, b) => a + b, 0);
    const H = -row.map((p) => Math.max(sum === 0 ? 1 / l : p / sum, 1e-12)).reduce((h, q) => h + q * Math.log(q), 0);
    let h = 0;
    for (let k = 1; k <= l; k++) h += 1 / k;
    return H / Math.log(l) - (lambda * Math.max(...row)) / (h / l);
}

/** Python's round() of a positive number, decided on its digits: a half is a number whose decimals are .5 alone. */
function pythonRound(value: number): number {
    const [whole, decimals] = [Math.trunc(value), value - Math.trunc(value)];
    if (decimals === 0.5) return 2 * Math.round(value / 2);
    return decimals > 0.5 ? whole + 1 : whole;
}

describe('scores', () => {
    it('are eq. 5, normalised', () => {
        fc.assert(
            fc.property(activations, fc.double({ min: 0, max: 0.2, noNaN: true }), (input, lambda) => {
                const rows = probabilities(input);
                const parts = scoreParts(activationProbabilities(input));
                const scores = scoreAt(parts, lambda, new Float64Array(rows.length));
                expect(scores).toHaveLength(rows.length);
                // 1.1e-16
                for (const [j, row] of rows.entries()) expect(scores[j]!).toBeCloseTo(score(row, lambda), 15);
            }),
            { numRuns: 200 },
        );
    });

    it('have known values at the extremes', () => {
        const input: Activations = {
            languages: names.slice(0, 4),
            tokens: BigInt64Array.of(2n, 4n, 8n, 10n),
            source,
            counts: [BigInt64Array.of(0n, 0n, 0n, 0n, 2n, 4n, 8n, 10n, 0n, 4n, 0n, 0n, 1n, 2n, 4n, 5n)],
        };
        const { entropy, maximum } = scoreParts(activationProbabilities(input));
        const top = 4 / (1 + 1 / 2 + 1 / 3 + 1 / 4);
        // Never active: uniform. One language alone: 0 but for the three others, clamped at 1e-12.
        const alone = (3 * 1e-12 * Math.log(1e12)) / Math.log(4);
        for (const [j, [e, m]] of [
            [1, 0],
            [1, top],
            [alone, top],
            [1, top / 2],
        ].entries()) {
            // 1e-26 off; by another order of the operations one last bit, 4.4e-16.
            expect(entropy[j]!).toBeCloseTo(e!, 15);
            expect(maximum[j]!).toBeCloseTo(m!, 15);
        }
    });
});

describe('rounding and ranks', () => {
    it("round is Python's", () => {
        // print([round(x) for x in (...)]) of CPython
        const values = [
            0.5,
            1.5,
            2.5,
            4.5,
            0.49999999999999994,
            1.4999999999999998,
            2.5000000000000004,
            1e6 + 0.5,
            3.7,
            4587.52,
            0,
        ];
        expect(values.map(roundHalfToEven)).toEqual([0, 2, 2, 4, 0, 1, 3, 1_000_000, 4, 4588, 0]);
        fc.assert(
            fc.property(fc.integer({ min: 0, max: 1e6 }), fc.constantFrom(0, 0.25, 0.5, 0.75), (whole, rest) => {
                expect(roundHalfToEven(whole + rest)).toBe(pythonRound(whole + rest));
            }),
        );
    });

    it('the k-th smallest is that of the sorted list, which stays as it is', () => {
        const values = fc.array(fc.oneof(fc.integer({ min: 0, max: 3 }), fc.double({ min: 0, max: 1, noNaN: true })), {
            minLength: 1,
            maxLength: 120,
        });
        fc.assert(
            fc.property(values, fc.nat(), (list, at) => {
                const given = Float64Array.from(list);
                const k = (at % list.length) + 1;
                expect(kthSmallest(given, k)).toBe(Float64Array.from(list).sort()[k - 1]);
                expect([...given]).toEqual([...Float64Array.from(list)]);
            }),
            { numRuns: 300 },
        );
    });

    it('the k-th smallest of many is that of the sorted list, whatever their spread and order', () => {
        const made = [
            (uniform: number) => uniform,
            (uniform: number) => Math.floor(uniform * 5) / 5, // ties
            (uniform: number) => (uniform < 0.3 ? Infinity : uniform),
            (uniform: number, i: number) => (i % 10 === 0 ? 1 + uniform : uniform ** 8), // a language apart
            (_: number, i: number) => i,
        ];
        const generator = randomGenerator(1);
        for (const of of made) {
            const given = Float64Array.from({ length: 30_000 }, (_, i) => of((generator.next() >>> 0) / 2 ** 32, i));
            const sorted = given.slice().sort();
            for (const k of [1, 2, 300, 1500, 15_000, 28_500, 29_999, 30_000])
                expect(kthSmallest(given, k)).toBe(sorted[k - 1]);
        }
    });

    it('equal scores at the edge go by flat index, over layers', () => {
        expect([...selectLowest(Float64Array.of(1, 0, 1, 1, 0, 1), 4)]).toEqual([0, 1, 2, 4]);
        // Three layers of neurons that are all alike: 7 of 10, from the front. No probability is above τ.
        const input: Activations = {
            languages: ['en', 'de'],
            tokens: BigInt64Array.of(4n, 4n),
            source,
            counts: [4, 1, 5].map((width) => BigInt64Array.from({ length: width * 2 }, () => 2n)),
        };
        const analysis = identify(input, { topRate: 0.65 }); // round(6.5) = 6
        expect([analysis.selected, analysis.threshold, analysis.lambda]).toEqual([6, 0.5, 0.2]);
        expect(analysis.histogram).toEqual([6, 0, 0]);
    });
});

describe('identify', () => {
    it('classifies as the definitions say, with a fixed λ', () => {
        fc.assert(
            fc.property(
                activations,
                share,
                share,
                fc.constantFrom(0, 0.05, 0.1, 0.2),
                (input, topRate, bar, lambda) => {
                    const l = input.languages.length;
                    const rows = probabilities(input);
                    const all = rows.flat().sort((a, b) => a - b);
                    const tau = all[Math.max(1, pythonRound(all.length * bar)) - 1]!;
                    // Its own scores, so that equal neurons tie exactly; their values are compared above.
                    const scores = scoreAt(
                        scoreParts(activationProbabilities(input)),
                        lambda,
                        new Float64Array(rows.length),
                    );
                    const order = [...rows.keys()].sort((a, b) => scores[a]! - scores[b]! || a - b);
                    const selected = new Set(order.slice(0, pythonRound(rows.length * topRate)));
                    const place = input.counts.flatMap((layer, i) =>
                        Array.from({ length: layer.length / l }, (_, j) => [i, j] as [number, number]),
                    );
                    const [specific, related] = [0, 1].map(() =>
                        Object.fromEntries(input.languages.map((language) => [language, [] as [number, number][]])),
                    );
                    const general: [number, number][] = [];
                    const layers = input.counts.map(() => ({ specific: 0, related: 0, general: 0 }));
                    const [histogram, histogramAll] = [
                        new Array<number>(l + 1).fill(0),
                        new Array<number>(l + 1).fill(0),
                    ];
                    for (const [j, row] of rows.entries()) {
                        const owners = input.languages.filter((_, k) => row[k]! > tau);
                        histogramAll[owners.length]!++;
                        if (selected.has(j)) histogram[owners.length]!++;
                        const layer = layers[place[j]![0]]!;
                        if (owners.length === l) {
                            general.push(place[j]!);
                            layer.general++;
                        } else if (selected.has(j) && owners.length > 0) {
                            layer[owners.length === 1 ? 'specific' : 'related']++;
                            for (const owner of owners)
                                (owners.length === 1 ? specific : related)![owner]!.push(place[j]!);
                        }
                    }
                    const { milliseconds, perLanguage, source: _, ...rest } = identify(input, { topRate, bar, lambda });
                    expect(rest).toEqual({
                        method: 'paper',
                        languages: input.languages,
                        widths: input.counts.map((layer) => layer.length / l),
                        topRate,
                        bar,
                        lambda,
                        threshold: tau,
                        selected: selected.size,
                        histogram,
                        histogramAll,
                        general: general.length,
                        layers,
                        stages: findStages(layers, rest.widths),
                        neurons: { specific, related, general },
                    });
                    expect(milliseconds).toBeGreaterThanOrEqual(0);
                    for (const language of input.languages) {
                        const [s, r] = [specific![language]!.length, related![language]!.length];
                        expect(perLanguage[language]).toEqual({ specific: s, related: r, total: s + r });
                    }
                },
            ),
            { numRuns: 300 },
        );
    });
});
