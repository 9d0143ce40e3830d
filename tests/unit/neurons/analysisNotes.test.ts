import { describe, expect, it } from 'vitest';
import type { Activations } from '../../../src/activations/Activations.js';
import { repeatedTextsNote } from '../../../src/activations/repeatedTextsNote.js';
import { analysisNotes } from '../../../src/neurons/classes/analysisNotes.js';
import { identify, type IdentifyOptions } from '../../../src/neurons/classes/identify.js';
import { paperActivations, paperDataHere, paperFolder } from '../../helpers/paperData.js';
import expected from '../../fixtures/paper-expected.json' with { type: 'json' };

const source = {
    model: { name: 'm', architecture: 'llama', quantization: 'F16', fingerprint: 'x' },
    dataset: { name: 'd', hash: 'h' },
    versions: {},
};
/** Neurons of one layer, in each how many of 100 tokens of each language it is active for. */
const of = (...neurons: (readonly number[])[]): Activations => ({
    languages: ['en', 'de', 'fr'].slice(0, neurons[0]!.length),
    counts: [BigInt64Array.from(neurons.flat(), BigInt)],
    tokens: new BigInt64Array(neurons[0]!.length).fill(100n),
    source,
});
const notes = (input: Activations, options: IdentifyOptions): readonly string[] =>
    analysisNotes(identify(input, options));
const many = <T>(times: number, made: (i: number) => T): T[] => Array.from({ length: times }, (_, i) => made(i));

describe('notes on an analysis', () => {
    it('are none where most of the selected are in a class', () => {
        expect(notes(of(...many(8, () => [90, 2]), ...many(12, () => [3, 3])), { topRate: 0.2, bar: 0.7 })).toEqual([]);
    });

    it('say why none of the selected is high anywhere, and what to try', () => {
        // Neurons that are always active set the bar; what is selective is seldom active.
        const [note, ...more] = notes(of(...many(10, () => [95, 94]), ...many(10, (i) => [i % 3, 0])), {
            topRate: 0.1,
            bar: 0.5,
            lambda: 0,
        });
        expect(more).toEqual([]);
        expect(note).toMatch(/none of the 2 selected is high in any language/);
        expect(note).toMatch(/τ = 0\.\d+, the 50 % quantile/);
        expect(note).toMatch(/active in most languages are \d+ % of what lies above τ/);
        expect(note).toMatch(/lower `bar`, first to 0\.5/);
        expect(note).toMatch(/`lambda`/);
    });

    it('propose a bar at which they find what always-active neurons hid', () => {
        // 5 % of the neurons are always active and fill the 5 % above the bar.
        const input = of(
            ...many(50, (i) => [97 + (i % 3), 96 + (i % 4)]),
            ...many(30, (i) => [40 + (i % 9), 1]),
            ...many(920, (i) => [5 + (i % 9), 5 + ((i * 7) % 9)]),
        );
        const [note] = notes(input, { topRate: 0.03 });
        expect(note).toMatch(/^No neuron is in a class.*100 % of what lies above τ/);
        expect(note).toContain('give a `lambda` above 0.2, where the sweep ends');
        const bar = Number(/lower `bar`, first to ([\d.]+);/.exec(note!)![1]);
        const found = identify(input, { topRate: 0.03, bar });
        expect(found.perLanguage.en!.specific).toBe(30);
        expect(analysisNotes(found)).toEqual([]);
    });

    it('say so where the bar is at 1, above which nothing lies', () => {
        const [note] = notes(of(...many(10, () => [100, 100]), ...many(10, (i) => [i % 3, 0])), {
            topRate: 0.1,
            bar: 0.6,
        });
        expect(note).toMatch(/τ = 1.*nothing lies above it/);
    });

    it('tell which share is in no class where it is large', () => {
        const input = of(...many(4, () => [90, 2]), ...many(6, () => [2, 0]), ...many(20, () => [50, 50]));
        const [note] = notes(input, { topRate: 10 / 30, bar: 0.8, lambda: 0 });
        expect(note).toMatch(/^6 of the 10 selected neurons \(60 %\) are high in no language and in no class\./);
    });

    it('tell that τ = 0', () => {
        const [note] = notes(of(...many(2, () => [9, 0]), ...many(18, () => [0, 0])), { topRate: 0.1, bar: 0.9 });
        expect(note).toMatch(/^τ = 0: at least 90 % of all activation probabilities are 0/);
    });

    it('tell that nothing is selected', () => {
        expect(notes(of([9, 0], [3, 4]), { topRate: 0.1 })).toEqual([
            'No neuron is selected: 10 % of 2 neurons is less than one. Raise `topRate`.',
        ]);
    });

    it('tell that all of the selected are high everywhere', () => {
        const [note] = notes(of(...many(4, () => [90, 91]), ...many(16, () => [1, 1])), {
            topRate: 0.1,
            bar: 0.7,
            lambda: 2,
        });
        expect(note).toMatch(/No language has neurons of its own: 2 of the 2 selected are high in all/);
    });

    it('tell of texts that are in several folds', () => {
        const input = of(...many(8, () => [90, 2]), ...many(12, () => [3, 3]));
        const half = {
            counts: input.counts.map((layer) => layer.map((n) => n / 2n)),
            tokens: BigInt64Array.of(50n, 50n),
        };
        const texts = {
            en: { digest: '', set: '', sketch: '', inSeveralFolds: 0.4 },
            de: { digest: '', set: '', sketch: '', inSeveralFolds: 0 },
        };
        const analysis = identify(
            { ...input, folds: [half, half], source: { ...source, dataset: { ...source.dataset, texts } } },
            { topRate: 0.2, bar: 0.7 },
        );
        expect(analysis.stability!.inSeveralFolds).toEqual({ en: 0.4 });
        expect(analysisNotes(analysis)).toEqual([
            expect.stringMatching(/^Some texts are in several folds \(en 40 % of the distinct texts\).*too high/),
        ]);
    });

    it('name in one line all languages that have such texts, and none that hardly has any', () => {
        const shares = new Map(Object.entries({ en: 0.2, de: 0.009, ru: 0, zh: 1 }));
        expect(repeatedTextsNote(shares)).toContain('(en 20 %, zh 100 % of the distinct texts)');
        expect(repeatedTextsNote(new Map([['de', 0.009]]))).toBeUndefined();
    });

    it.skipIf(!paperDataHere)(
        `are none of the paper's own counts (skipped where ${paperFolder} is absent)`,
        async () => {
            expect(analysisNotes(identify(await paperActivations(expected.languages)))).toEqual([]);
        },
    );
});
