import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Activations } from '../../../src/activations/Activations.js';
import { readActivations, writeActivations } from '../../../src/activations/activationsFile.js';
import { mergeActivations } from '../../../src/activations/mergeActivations.js';
import type { Site } from '../../../src/engine/types/Site.js';
import { activationProbabilities, routingProbabilities } from '../../../src/neurons/scores/activationProbabilities.js';
import { readNeurons, writeNeurons } from '../../../src/neurons/analysis/neuronsFile.js';
import { identify } from '../../../src/neurons/classes/identify.js';
import { neuronsOf } from '../../../src/neurons/sets/neuronsOf.js';
import { rankNeurons } from '../../../src/neurons/scores/rankNeurons.js';
import { randomExperts } from '../../../src/neurons/controls/randomExperts.js';
import { randomNeurons } from '../../../src/neurons/controls/randomNeurons.js';
import { temporaryFolder } from '../../helpers/temporaryFolder.js';

const folder = temporaryFolder();

const languages = ['en', 'de', 'zh'];
const l = languages.length;
const [experts, width] = [6, 10];
/** A dense layer, and one of routed experts beside a shared one. */
const sites: readonly Site[] = [
    { layer: 0, kind: 'dense', width: 8, experts: 1, activation: 'silu', gated: true },
    { layer: 1, kind: 'routed', width, experts, activation: 'silu', gated: true },
    { layer: 1, kind: 'shared', width: 4, experts: 1, activation: 'silu', gated: true },
];
const T = 1000;
const source = {
    model: { name: '', architecture: '', quantization: '', fingerprint: 'f' },
    dataset: { name: '', hash: '' },
    versions: {},
};

/** Tokens of language k through expert e: expert 1 is German's, expert 5 hardly sees Chinese. */
const through = (e: number, k: number): number => (e === 1 ? [120, 900, 120][k]! : e === 5 ? [300, 200, 40][k]! : 300);
/** Neuron 0 of expert 2 is active for all Chinese tokens that it sees; others for a fifth, give or take. */
const share = (e: number, j: number, k: number): number =>
    e === 2 && j === 0 ? [0.01, 0.01, 1][k]! : 0.2 + ((e + 3 * j + k) % 7) / 100;
const activations: Activations = {
    languages,
    sites,
    source,
    tokens: new BigInt64Array(l).fill(BigInt(T)),
    counts: [
        BigInt64Array.from({ length: 8 * l }, (_, at) => BigInt(200 + at)),
        BigInt64Array.from({ length: experts * width * l }, (_, at) => {
            const [neuron, k] = [Math.floor(at / l), at % l];
            const e = Math.floor(neuron / width);
            return BigInt(Math.round(through(e, k) * share(e, neuron % width, k)));
        }),
        BigInt64Array.from({ length: 4 * l }, (_, at) => BigInt(300 + at)),
    ],
    routed: [
        new BigInt64Array(0),
        BigInt64Array.from({ length: experts * l }, (_, at) => BigInt(through(Math.floor(at / l), at % l))),
        new BigInt64Array(0),
    ],
};
const options = { topRate: 0.05, bar: 0.98, lambda: 0.1 } as const;

it('the ranking of an analysis with experts is of the neurons assessed, by the same probability', () => {
    for (const probability of ['conditional', 'joint'] as const) {
        const analysis = identify(activations, { ...options, probability });
        const ranking = rankNeurons(activations, analysis);
        expect(ranking.total).toBe(8 + (experts - 1) * width + 4);
        for (const language of languages) {
            const first = ranking.perLanguage[language]!.slice(0, analysis.perLanguage[language]!.total);
            const own = neuronsOf(analysis, language, 'specific+related');
            expect(new Set(first.map(String))).toEqual(new Set(own.map(String)));
        }
    }
});

describe('probabilities of routed neurons', () => {
    it('are a / n_e, or a / T by name, and a / T at other sites', () => {
        const [conditional, joint] = [
            activationProbabilities(activations),
            activationProbabilities(activations, { probability: 'joint' }),
        ];
        expect(conditional.n).toBe(8 + experts * width + 4);
        const row = 8 + 2 * width; // neuron 0 of expert 2
        expect([...conditional.p.subarray(row * l, row * l + l)]).toEqual([3 / 300, 3 / 300, 300 / 300]);
        expect([...joint.p.subarray(row * l, row * l + l)]).toEqual([3 / T, 3 / T, 300 / T]);
        for (const rows of [
            [0, 8],
            [8 + experts * width, conditional.n],
        ]) {
            expect(conditional.p.subarray(rows[0]! * l, rows[1]! * l)).toEqual(
                joint.p.subarray(rows[0]! * l, rows[1]! * l),
            );
        }
        expect(conditional.locate(row)).toEqual([1, 2 * width]);
        expect(conditional.locate(conditional.n - 1)).toEqual([2, 3]);
    });

    it('leave out experts that saw too few tokens of some language', () => {
        const { n, assessed, locate } = activationProbabilities(activations, { minRouted: 100 });
        expect(n).toBe(8 + (experts - 1) * width + 4);
        expect(assessed).toHaveLength(n);
        const located = Array.from({ length: n }, (_, row) => locate(row));
        expect(located.filter(([site, index]) => site === 1 && index >= 5 * width)).toEqual([]);
        expect(located.at(-1)).toEqual([2, 3]);
    });

    it('of the experts themselves are n_e / T', () => {
        const routing = routingProbabilities(activations)!;
        expect(routing.n).toBe(experts);
        expect([...routing.p.subarray(l, 2 * l)]).toEqual([0.12, 0.9, 0.12]);
        expect(routing.locate(5)).toEqual([1, 5]);
        expect(routingProbabilities({ ...activations, routed: undefined })).toBeUndefined();
    });
});

describe('identify on experts', () => {
    it('finds the neuron that is its language’s where its expert is asked, not the expert’s whole', () => {
        const { neurons, experts: found } = identify(activations, options);
        expect(neurons.specific.zh).toContainEqual([1, 2 * width]);
        expect(neurons.specific.de).toEqual([]);
        expect(found).toMatchObject({ probability: 'conditional', minRouted: 100, notAssessed: width });
        expect(found!.shares['1']![1]).toEqual([0.12, 0.9, 0.12]);
    });

    it('by all tokens, neurons of German’s expert look German', () => {
        const german = (probability: 'joint' | 'conditional'): number =>
            identify(activations, { ...options, topRate: 0.2, bar: 0.9, probability }).neurons.specific.de!.filter(
                ([site, index]) => site === 1 && Math.floor(index / width) === 1,
            ).length;
        expect(german('conditional')).toBe(0);
        expect(german('joint')).toBeGreaterThan(2);
    });

    it('assesses nothing that saw too little, and says so where that is all', () => {
        const all = identify(activations, { ...options, minRouted: 0 });
        expect(all.experts!.notAssessed).toBe(0);
        const classes = (analysis: typeof all): (readonly [number, number])[] => [
            ...Object.values(analysis.neurons.specific).flat(),
            ...Object.values(analysis.neurons.related).flat(),
            ...analysis.neurons.general,
        ];
        expect(
            classes(identify(activations, { ...options, topRate: 0.9, bar: 0.5 })).filter(
                ([site, index]) => site === 1 && index >= 5 * width,
            ),
        ).toEqual([]);
        const routedOnly = {
            ...activations,
            sites: [{ ...sites[1]!, layer: 0 }],
            counts: [activations.counts[1]!],
            routed: [activations.routed![1]!],
        };
        expect(() => identify(routedOnly, { ...options, minRouted: 1000 })).toThrow(
            expect.objectContaining({ code: 'EMPTY', message: expect.stringContaining('`minRouted`') }),
        );
        expect(() => identify(activations, { ...options, minRouted: -1 })).toThrow(
            expect.objectContaining({ code: 'WRONG_USE' }),
        );
    });

    it('classifies experts by the tokens that go through them', () => {
        const { experts: found } = identify(activations, { ...options, topRate: 0.2, bar: 0.9 });
        expect(found!.specific).toMatchObject({ de: [[1, 1]], en: [], zh: [] });
    });
});

describe('files of a mixture', () => {
    it('keep sites, counts and routes, and classes', async () => {
        await writeActivations(join(folder, 'activations.safetensors'), activations);
        const read = await readActivations(folder);
        expect([read.sites, read.counts, read.routed, read.tokens]).toEqual([
            sites,
            activations.counts,
            activations.routed,
            activations.tokens,
        ]);
        const analysis = identify(read, options);
        await writeNeurons(join(folder, 'neurons.json'), analysis);
        expect(JSON.parse(readFileSync(join(folder, 'neurons.json'), 'utf8'))).toMatchObject({ version: 1 });
        expect(await readNeurons(join(folder, 'neurons.json'))).toEqual(JSON.parse(JSON.stringify(analysis)));
    });

    it('of two halves add up', () => {
        const twice = mergeActivations(activations, activations);
        expect(twice.routed!.map((site) => [...site])).toEqual(
            activations.routed!.map((site) => [...site].map((n) => 2n * n)),
        );
        expect(twice.counts[1]![7]).toBe(2n * activations.counts[1]![7]!);
    });
});

describe('random controls of a mixture', () => {
    const set = [
        [0, 3],
        [1, 2 * width],
        [1, 2 * width + 4],
        [1, 4 * width + 1],
        [2, 1],
    ] as const;

    it('are neurons of the same sites and experts, none of the set', () => {
        for (let seed = 1; seed <= 50; seed++) {
            const drawn = randomNeurons(set, sites, seed);
            const place = ([site, index]: readonly [number, number]): string =>
                `${site} ${Math.floor(index / sites[site]!.width)}`;
            expect(drawn.map(place).sort()).toEqual(set.map(place).sort());
            expect(drawn.filter((index) => set.some((other) => other.join() === index.join()))).toEqual([]);
        }
    });

    it('of whole experts are whole experts of the same site, routed to about as often', () => {
        const analysis = identify(activations, options);
        const whole = Array.from({ length: width }, (_, j) => [1, 3 * width + j] as const);
        for (let seed = 1; seed <= 50; seed++) {
            const drawn = randomExperts(analysis, whole, seed);
            expect(drawn).toHaveLength(width);
            const [expert] = new Set(drawn.map(([, index]) => Math.floor(index / width)));
            expect(expert).not.toBe(3);
            expect(drawn.map(([site, index]) => [site, index % width])).toEqual(
                whole.map(([site, index]) => [site, index % width]),
            );
            expect([0, 1, 2, 4]).toContain(expert); // the four nearest; not the one with the fewest tokens
        }
    });
});
