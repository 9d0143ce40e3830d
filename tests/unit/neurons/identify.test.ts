import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Activations } from '../../../src/activations/Activations.js';
import { identify } from '../../../src/neurons/classes/identify.js';
import { neuronsOf } from '../../../src/neurons/sets/neuronsOf.js';
import { firstRanked, rankNeurons } from '../../../src/neurons/scores/rankNeurons.js';
import { randomNeurons } from '../../../src/neurons/controls/randomNeurons.js';
import { denseSites } from '../../../src/engine/types/Site.js';
import { roundHalfToEven, selectLowest } from '../../../src/neurons/scores/selectLowest.js';

const source = {
    model: { name: '', architecture: '', quantization: '', fingerprint: '' },
    dataset: { name: '', hash: '' },
    versions: {},
};

/** Layers of different widths over few tokens, so that ties and zeros are common. */
const activations: fc.Arbitrary<Activations> = fc
    .record({
        l: fc.integer({ min: 2, max: 5 }),
        widths: fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 4 }),
    })
    .chain(({ l, widths }) =>
        fc
            .record({
                tokens: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: l, maxLength: l }),
                shares: fc.tuple(
                    ...widths.map((width) =>
                        fc.array(fc.integer({ min: 0, max: 6 }), { minLength: width * l, maxLength: width * l }),
                    ),
                ),
            })
            .map(({ tokens, shares }) => ({
                languages: ['en', 'ru', 'es', 'fr', 'de'].slice(0, l),
                tokens: BigInt64Array.from(tokens, BigInt),
                counts: shares.map((layer) =>
                    BigInt64Array.from(layer, (count, j) => BigInt(Math.min(count, tokens[j % l]!))),
                ),
                source,
            })),
    );

interface Settings {
    readonly method: 'paper' | 'lape';
    readonly topRate: number;
    readonly bar: number;
    readonly lambda: number | 'auto';
}

const share = fc.double({ min: 0.05, max: 0.95, noNaN: true });
const settings: fc.Arbitrary<Settings> = fc.oneof(
    fc.record({
        method: fc.constant('paper' as const),
        topRate: share,
        bar: share,
        lambda: fc.oneof(fc.constant('auto' as const), fc.double({ min: -0.5, max: 2, noNaN: true })),
    }),
    fc.record({
        method: fc.constant('lape' as const),
        topRate: share,
        bar: share,
        lambda: fc.constant('auto' as const),
    }),
);

/** The formulas of the released code of both papers, one neuron at a time in float64, everything sorted in full. */
function transcribed(
    { languages, counts, tokens }: Activations,
    { method, topRate, bar, lambda }: Settings,
): { lambda: number | null; selected: number[]; N: number[]; tau: number } {
    const l = languages.length;
    const p = counts.flatMap((layer) =>
        Array.from({ length: layer.length / l }, (_, j) =>
            languages.map((_, k) => Number(layer[j * l + k]) / Number(tokens[k])),
        ),
    );
    const all = p.flat().sort((a, b) => a - b);
    const tau = all[Math.max(1, roundHalfToEven(all.length * bar)) - 1]!;
    const N = p.map((row) => row.filter((value) => value > tau).length);
    const harmonic = languages.reduce((sum, _, k) => sum + 1 / (k + 1), 0);
    const score = (row: readonly number[], lambda: number): number => {
        const sum = row.reduce((a, b) => a + b, 0);
        const H = row
            .map((value) => Math.max(sum > 0 ? value / sum : 1 / l, 1e-12))
            .reduce((h, q) => h - q * Math.log(q), 0);
        return H / Math.log(l) - lambda * (Math.max(...row) / (harmonic / l));
    };
    const count = roundHalfToEven(p.length * topRate);
    const select = (lambda: number): number[] =>
        p
            .map((row, j) => [score(row, lambda), j] as const)
            .sort(([a, i], [b, j]) => a - b || i - j)
            .slice(0, count)
            .map(([, j]) => j)
            .sort((a, b) => a - b);
    if (method === 'lape') {
        const entropies = p
            .map((row, j) => [score(row, 0), j] as const)
            .filter(([, j]) => N[j]! > 0)
            .sort(([a, i], [b, j]) => a - b || i - j);
        return {
            lambda: null,
            selected: entropies
                .slice(0, count)
                .map(([, j]) => j)
                .sort((a, b) => a - b),
            N,
            tau,
        };
    }
    if (lambda !== 'auto') return { lambda, selected: select(lambda), N, tau };
    const clean = (lambda: number): boolean => select(lambda).every((j) => N[j] !== l);
    let [low, high] = [0, 0.2];
    if (clean(high)) low = high;
    else if (clean(0)) {
        while (high - low > 1e-3) {
            const middle = (low + high) / 2;
            if (clean(middle)) low = middle;
            else high = middle;
        }
    }
    return { lambda: low, selected: select(low), N, tau };
}

describe('the ranking of an analysis', () => {
    it("begins with each language's specific and related neurons", () => {
        fc.assert(
            fc.property(activations, settings, (input, chosen) => {
                const analysis = identify(input, chosen);
                const ranking = rankNeurons(input, analysis);
                for (const language of input.languages) {
                    const { total } = analysis.perLanguage[language]!;
                    const first = ranking.perLanguage[language]!.slice(0, total);
                    expect(new Set(first.map(String))).toEqual(
                        new Set(neuronsOf(analysis, language, 'specific+related').map(String)),
                    );
                }
            }),
        );
    });

    it('goes on with those that greater top rates select, at the same λ, and holds no general ones', () => {
        fc.assert(
            fc.property(activations, share, share, fc.double({ min: -0.5, max: 2, noNaN: true }), (input, ...rest) => {
                const [topRate, bar, lambda] = rest;
                const few = identify(input, { topRate: 0.05, bar, lambda });
                const more = identify(input, { topRate, bar, lambda });
                const [from, to] = [rankNeurons(input, few), rankNeurons(input, more)];
                expect(from).toEqual(to);
                const general = new Set(few.neurons.general.map(String));
                expect(
                    Object.values(from.perLanguage)
                        .flat()
                        .map(String)
                        .filter((key) => general.has(key)),
                ).toEqual([]);
            }),
        );
    });

    it('is cut at a share of all neurons, or where a language has no more', () => {
        const ranking = {
            total: 200,
            perLanguage: {
                de: [
                    [1, 5],
                    [0, 9],
                    [0, 3],
                ],
            },
        } as const;
        expect(firstRanked(ranking, 'de', 0.01)).toEqual([
            [0, 9],
            [1, 5],
        ]);
        expect(firstRanked(ranking, 'de', 0.5)).toEqual([
            [0, 3],
            [0, 9],
            [1, 5],
        ]);
        expect(firstRanked(ranking, 'de', 0.0025)).toEqual([]); // half a neuron, to even
    });

    it('of other counts is refused', () => {
        const [input] = fc.sample(activations, { numRuns: 1, seed: 1 });
        const analysis = identify(input!, { topRate: 0.5 });
        const others = { ...input!, tokens: input!.tokens.map((n) => n + 1n) };
        expect(() => rankNeurons(others, analysis)).toThrow(
            expect.objectContaining({
                code: 'MISMATCH',
                message: expect.stringContaining('run identify again') as string,
            }),
        );
    });
});

describe('identify', () => {
    it('agrees with a direct transcription of the formulas', () => {
        fc.assert(
            fc.property(activations, settings, (input, chosen) => {
                const l = input.languages.length;
                const analysis = identify(input, chosen);
                const expected = transcribed(input, chosen);
                expect(analysis.method).toBe(chosen.method);
                expect(analysis.threshold).toBe(expected.tau);
                expect(analysis.lambda).toBe(expected.lambda);
                expect(analysis.selected).toBe(expected.selected.length);
                for (let N = 0; N <= l; N++) {
                    expect(analysis.histogram[N]).toBe(expected.selected.filter((j) => expected.N[j] === N).length);
                    expect(analysis.histogramAll[N]).toBe(expected.N.filter((other) => other === N).length);
                }
                const starts = input.counts.map((_, i) =>
                    input.counts.slice(0, i).reduce((sum, layer) => sum + layer.length / l, 0),
                );
                const flat = ([layer, neuron]: readonly [number, number]): number => starts[layer]! + neuron;
                const isRelated = (N: number): boolean => N > 1 && (N < l || chosen.method === 'lape');
                expect(analysis.neurons.general.map(flat)).toEqual(expected.N.flatMap((N, j) => (N === l ? [j] : [])));
                for (const [k, language] of input.languages.entries()) {
                    const owns = (j: number): boolean =>
                        Number(input.counts.flatMap((layer) => [...layer])[j * l + k]) / Number(input.tokens[k]) >
                        expected.tau;
                    expect(analysis.neurons.specific[language]!.map(flat)).toEqual(
                        expected.selected.filter((j) => expected.N[j] === 1 && owns(j)),
                    );
                    expect(analysis.neurons.related[language]!.map(flat)).toEqual(
                        expected.selected.filter((j) => isRelated(expected.N[j]!) && owns(j)),
                    );
                    const own = analysis.perLanguage[language]!;
                    expect(own.total).toBe(own.specific + own.related);
                    expect(neuronsOf(analysis, language, 'specific+related').map(flat)).toEqual(
                        [
                            ...new Set(
                                [...analysis.neurons.specific[language]!, ...analysis.neurons.related[language]!].map(
                                    flat,
                                ),
                            ),
                        ].sort((a, b) => a - b),
                    );
                }
                for (const [i, layer] of analysis.layers.entries()) {
                    const within = (j: number): boolean => j >= starts[i]! && j < starts[i]! + analysis.widths[i]!;
                    const selectedWith = (is: (N: number) => boolean): number =>
                        expected.selected.filter((j) => within(j) && is(expected.N[j]!)).length;
                    expect(layer).toEqual({
                        specific: selectedWith((N) => N === 1),
                        related: selectedWith(isRelated),
                        general: expected.N.filter((N, j) => within(j) && N === l).length,
                    });
                }
            }),
            { numRuns: 1000 },
        );
    });

    it("keeps LAPE's neurons of all languages, as related to each of them, once in each set", () => {
        const l = 3;
        // One neuron is high everywhere, the others in none or one; all of them are selected by LAPE but those of none.
        const layer = [90n, 90n, 80n, 1n, 1n, 1n, 70n, 0n, 0n, 1n, 1n, 1n, 1n, 1n, 1n];
        const input: Activations = {
            languages: ['en', 'de', 'fr'],
            tokens: BigInt64Array.of(100n, 100n, 100n),
            counts: [BigInt64Array.from(layer)],
            source,
        };
        const lape = identify(input, { method: 'lape', topRate: 0.5, bar: 0.7 });
        expect(lape.histogram).toEqual([0, 1, 0, 1]);
        for (const language of input.languages) {
            expect(lape.neurons.related[language]).toEqual([[0, 0]]);
            expect(neuronsOf(lape, language, 'specific+related')).toContainEqual([0, 0]);
            const all = neuronsOf(lape, language, 'specific+related+general').map(String);
            expect(new Set(all).size).toBe(all.length);
            expect(rankNeurons(input, lape).perLanguage[language]).toContainEqual([0, 0]);
        }
        expect(lape.neurons.general).toEqual([[0, 0]]);
        expect(lape.perLanguage).toEqual({
            en: { specific: 1, related: 1, total: 2 },
            de: { specific: 0, related: 1, total: 1 },
            fr: { specific: 0, related: 1, total: 1 },
        });
        const paper = identify(input, { topRate: 0.9, bar: 0.7, lambda: 0 });
        expect(paper.histogram[l]).toBe(1);
        expect(Object.values(paper.neurons.related).flat()).toEqual([]);
    });

    it('refuses what cannot be compared', () => {
        const of = (languages: string[], tokens: bigint[]): Activations => ({
            languages,
            tokens: BigInt64Array.from(tokens),
            counts: [new BigInt64Array(4 * languages.length)],
            source,
        });
        const code = (work: () => unknown): unknown => {
            try {
                return work();
            } catch (error) {
                return (error as { code: string }).code;
            }
        };
        expect(code(() => identify(of(['en'], [5n])))).toBe('WRONG_USE');
        expect(code(() => identify(of(['en', 'de'], [5n, 0n])))).toBe('EMPTY');
        expect(code(() => identify(of(['en', 'de'], [5n, 5n]), { lambda: NaN }))).toBe('WRONG_USE');
        expect(code(() => identify(of(['en', 'de'], [5n, 5n]), { method: 'lape', lambda: 0.1 }))).toBe('WRONG_USE');
        for (const share of [0, 1, -1, 2, NaN]) {
            expect(code(() => identify(of(['en', 'de'], [5n, 5n]), { topRate: share }))).toBe('WRONG_USE');
            expect(code(() => identify(of(['en', 'de'], [5n, 5n]), { bar: share }))).toBe('WRONG_USE');
        }
        expect(code(() => neuronsOf(identify(of(['en', 'de'], [5n, 5n])), 'fr', 'specific'))).toBe('NOT_FOUND');
    });
});

it('selects the lowest, of equal ones those of lower index', () => {
    fc.assert(
        fc.property(
            fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 200 }),
            fc.nat(220),
            (scores, count) => {
                const expected = scores
                    .map((score, j) => [score, j] as const)
                    .sort(([a, i], [b, j]) => a - b || i - j)
                    .slice(0, count)
                    .map(([, j]) => j)
                    .sort((a, b) => a - b);
                expect([...selectLowest(Float64Array.from(scores), count)]).toEqual(expected);
            },
        ),
    );
});

it('rounds halves as Python does', () => {
    expect([0.5, 1.5, 2.5, 3.5, 2.4, 2.6].map(roundHalfToEven)).toEqual([0, 2, 2, 4, 2, 3]);
});

it('draws random neurons: as many a layer, others while there are, the same for a seed', () => {
    const layers = fc.array(
        fc.record({ width: fc.integer({ min: 1, max: 20 }), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
        { minLength: 1, maxLength: 5 },
    );
    fc.assert(
        fc.property(layers, fc.nat(1000), (shape, seed) => {
            const widths = shape.map(({ width }) => width);
            const set = shape.flatMap(({ width, share }, layer) =>
                Array.from({ length: Math.floor(width * share) }, (_, j) => [layer, j] as const),
            );
            const drawn = randomNeurons(set, denseSites(widths), seed);
            expect(randomNeurons(set, denseSites(widths), seed)).toEqual(drawn);
            expect(new Set(drawn.map(String)).size).toBe(drawn.length);
            for (const [layer, width] of widths.entries()) {
                const [own, random] = [set, drawn].map((neurons) => neurons.filter(([of]) => of === layer));
                expect(random!.length).toBe(own!.length);
                expect(random!.every(([, neuron]) => neuron < width)).toBe(true);
                const shared = random!.filter(([, neuron]) => own!.some(([, other]) => other === neuron)).length;
                expect(shared).toBe(Math.max(0, 2 * own!.length - width));
            }
        }),
    );
});
