import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Activations } from '../../../src/activations/Activations.js';
import { identify } from '../../../src/neurons/classes/identify.js';
import { neuronsOf } from '../../../src/neurons/sets/neuronsOf.js';
import type { NeuronAnalysis, NeuronIndex } from '../../../src/neurons/analysis/NeuronAnalysis.js';
import { randomNeurons } from '../../../src/neurons/controls/randomNeurons.js';
import { denseSites } from '../../../src/engine/types/Site.js';
import type { ScoreParts } from '../../../src/neurons/scores/scoreParts.js';
import { fixedLambda, sweepLambda } from '../../../src/neurons/scores/sweepLambda.js';

const source = {
    model: { name: '', architecture: '', quantization: '', fingerprint: '' },
    dataset: { name: '', hash: '' },
    versions: {},
};

describe('the λ sweep', () => {
    const l = 3;
    const neuron = fc.record({
        entropy: fc.double({ min: 0, max: 1, noNaN: true }),
        maximum: fc.double({ min: 0, max: 4, noNaN: true }),
        high: fc.integer({ min: 0, max: l }),
    });
    const neurons = fc.array(neuron, { minLength: 1, maxLength: 60 });
    const inputs = (list: readonly { entropy: number; maximum: number; high: number }[]): [ScoreParts, Uint16Array] => [
        {
            entropy: Float64Array.from(list, ({ entropy }) => entropy),
            maximum: Float64Array.from(list, ({ maximum }) => maximum),
        },
        Uint16Array.from(list, ({ high }) => high),
    ];
    const dirty = (selected: Iterable<number>, high: Uint16Array): boolean => [...selected].some((j) => high[j] === l);

    it('ends at 0.2, at 0, or at a clean λ with a dirty one less than 1e-3 above', () => {
        const ends = new Set<string>();
        fc.assert(
            fc.property(neurons, fc.double({ min: 0, max: 0.7, noNaN: true }), (list, share) => {
                const [parts, high] = inputs(list);
                const count = Math.floor(list.length * share);
                const at = (lambda: number): number[] =>
                    list
                        .map(({ entropy, maximum }, j) => [entropy - lambda * maximum, j] as const)
                        .sort(([a, i], [b, j]) => a - b || i - j)
                        .slice(0, count)
                        .map(([, j]) => j)
                        .sort((a, b) => a - b);
                const { lambda, selected } = sweepLambda(parts, high, count, l);
                expect([...selected]).toEqual(at(lambda));
                expect([...fixedLambda(parts, lambda, count).selected]).toEqual([...selected]);
                if (!dirty(at(0.2), high)) {
                    expect(lambda).toBe(0.2);
                    ends.add('top');
                } else if (dirty(at(0), high)) {
                    expect(lambda).toBe(0);
                    ends.add('bottom');
                } else {
                    // Halves of 0.2 until one is at most 1e-3: eight halvings.
                    const step = 0.2 / 2 ** 8;
                    // 0 off; each of eight midpoints below 256 steps may be off by half a last bit: 2.3e-13.
                    expect(lambda / step).toBeCloseTo(Math.round(lambda / step), 12);
                    expect(dirty(selected, high)).toBe(false);
                    expect(dirty(at(lambda + step), high)).toBe(true);
                    ends.add('between');
                }
            }),
            { numRuns: 500, seed: 5 },
        ); // of this seed all three ends are met
        expect([...ends].sort()).toEqual(['between', 'bottom', 'top']);
    });

    it('finds the λ at which a general neuron would enter', () => {
        // Neuron 0 (N = l) has score 0.5 − 2λ, neuron 1 has 0.3: they cross at λ = 0.1.
        const [parts, high] = inputs([
            { entropy: 0.5, maximum: 2, high: l },
            { entropy: 0.3, maximum: 0, high: 1 },
            { entropy: 0.9, maximum: 0, high: 0 },
        ]);
        const { lambda, selected } = sweepLambda(parts, high, 1, l);
        expect(lambda).toBeLessThanOrEqual(0.1);
        expect(lambda).toBeGreaterThan(0.1 - 1e-3);
        expect([...selected]).toEqual([1]);
    });
});

describe('identify refuses', () => {
    const input: Activations = {
        languages: ['en', 'de'],
        tokens: BigInt64Array.of(4n, 4n),
        source,
        counts: [BigInt64Array.of(1n, 2n, 3n, 4n)],
    };
    it.each<{ what: string; run: () => unknown; code: string; says: RegExp }>([
        {
            what: 'one language',
            run: () => identify({ ...input, languages: ['en'], tokens: BigInt64Array.of(4n) }),
            code: 'WRONG_USE',
            says: /two languages.*not 1/,
        },
        {
            what: 'a language without tokens',
            run: () => identify({ ...input, tokens: BigInt64Array.of(4n, 0n) }),
            code: 'EMPTY',
            says: /language de/,
        },
        ...[0, 1, -0.1, 1.1, NaN, Infinity].flatMap((share) => [
            {
                what: `a top rate of ${share}`,
                run: () => identify(input, { topRate: share }),
                code: 'WRONG_USE',
                says: /`topRate`/,
            },
            { what: `a bar of ${share}`, run: () => identify(input, { bar: share }), code: 'WRONG_USE', says: /bar/ },
        ]),
        ...[NaN, Infinity, -Infinity].map((lambda) => ({
            what: `a λ of ${lambda}`,
            run: () => identify(input, { lambda }),
            code: 'WRONG_USE',
            says: /λ|lambda/,
        })),
    ])('$what', ({ run, code, says }) => {
        expect(run).toThrow(expect.objectContaining({ code, message: expect.stringMatching(says) }));
    });
});

describe('sets of neurons', () => {
    it('of a language are joined in the order of the model, the analysis unchanged', () => {
        const neurons = {
            specific: { en: [[1, 0]], de: [] },
            related: {
                en: [
                    [0, 5],
                    [1, 2],
                ],
                de: [[0, 5]],
            },
            general: [
                [0, 9],
                [1, 1],
            ],
        } as unknown as NeuronAnalysis['neurons'];
        const analysis = { languages: ['en', 'de'], neurons } as unknown as NeuronAnalysis;
        const before = JSON.stringify(neurons);
        expect(neuronsOf(analysis, 'en', 'specific')).toEqual([[1, 0]]);
        expect(neuronsOf(analysis, 'en', 'specific+related')).toEqual([
            [0, 5],
            [1, 0],
            [1, 2],
        ]);
        expect(neuronsOf(analysis, 'en', 'specific+related+general')).toEqual([
            [0, 5],
            [0, 9],
            [1, 0],
            [1, 1],
            [1, 2],
        ]);
        expect(neuronsOf(analysis, 'de', 'specific')).toEqual([]);
        expect(JSON.stringify(neurons)).toBe(before);
        expect(() => neuronsOf(analysis, 'fr', 'specific')).toThrow(
            expect.objectContaining({ code: 'NOT_FOUND', message: expect.stringContaining('en, de') }),
        );
    });

    const layer = fc
        .integer({ min: 1, max: 40 })
        .chain((width) => fc.tuple(fc.constant(width), fc.uniqueArray(fc.nat(width - 1))));
    it('drawn at random are as many in each layer, disjoint while a layer has others, and the seed decides', () => {
        fc.assert(
            fc.property(fc.array(layer, { minLength: 1, maxLength: 4 }), fc.integer(), (layers, seed) => {
                const widths = layers.map(([width]) => width);
                const set = layers.flatMap(([, neurons], i) => neurons.map((neuron): NeuronIndex => [i, neuron]));
                const drawn = randomNeurons(set, denseSites(widths), seed);
                expect(randomNeurons(set, denseSites(widths), seed)).toEqual(drawn);
                expect(drawn).toEqual([...drawn].sort(([a, i], [b, j]) => a - b || i - j));
                expect(new Set(drawn.map(String)).size).toBe(drawn.length);
                const inSet = new Set(set.map(String));
                for (const [i, [width, neurons]] of layers.entries()) {
                    const own = drawn.filter(([of]) => of === i);
                    expect(own).toHaveLength(neurons.length);
                    expect(own.every(([, neuron]) => neuron >= 0 && neuron < width)).toBe(true);
                    expect(own.filter((index) => inSet.has(String(index)))).toHaveLength(
                        Math.max(0, 2 * neurons.length - width),
                    );
                }
            }),
            { numRuns: 200 },
        );
    });

    it('drawn at random reach every other neuron about as often', () => {
        const set = Array.from({ length: 10 }, (_, j): NeuronIndex => [0, j]);
        const hits = new Array<number>(40).fill(0);
        for (let seed = 1; seed <= 600; seed++)
            for (const [, neuron] of randomNeurons(set, denseSites([40]), seed)) hits[neuron]!++;
        expect(hits.slice(0, 10)).toEqual(new Array(10).fill(0));
        // 200 expected of 600 draws each, standard deviation 11.5: six of them either way; 23 at most.
        for (const count of hits.slice(10)) expect(Math.abs(count - 200)).toBeLessThan(70);
    });
});
