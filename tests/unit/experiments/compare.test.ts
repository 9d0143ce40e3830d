import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DatasetSource } from '../../../src/activations/ActivationsSource.js';
import { sourceDifferences } from '../../../src/activations/sourceDifferences.js';
import { textsSet } from '../../../src/activations/textsSet.js';
import { compare } from '../../../src/experiments/comparisons/compare.js';
import type { AnalysisChange, ClassOrNone } from '../../../src/experiments/results/Comparison.js';
import type { DeactivationMatrix } from '../../../src/experiments/results/DeactivationMatrix.js';
import { readComparison, writeComparison } from '../../../src/experiments/resultFiles/comparisonFile.js';
import { deactivation, type Operation } from '../../../src/interventions/Operation.js';
import { findStages } from '../../../src/neurons/classes/findStages.js';
import { identify } from '../../../src/neurons/classes/identify.js';
import type { AnalysisSource, NeuronAnalysis, NeuronIndex } from '../../../src/neurons/analysis/NeuronAnalysis.js';
import expected from '../../fixtures/paper-expected.json' with { type: 'json' };
import { paperActivations, paperDataHere, paperFolder } from '../../helpers/paperData.js';
import { someMeasurement, someSource } from '../../helpers/analysed.js';

const languages = ['en', 'zh', 'de', 'sw'];
const l = languages.length;
const widths = [7, 5, 9];
const classes: readonly ClassOrNone[] = ['none', 'specific', 'related', 'general'];

/** What each neuron is: the languages it is high in, and whether it was selected. Flat order of layers. */
interface Planted {
    readonly high: readonly boolean[];
    readonly selected: boolean;
}

const kindOf = ({ high, selected }: Planted): ClassOrNone => {
    const N = high.filter(Boolean).length;
    if (N === l) return 'general';
    if (!selected || N === 0) return 'none';
    return N === 1 ? 'specific' : 'related';
};

/** An analysis with just these neurons, its numbers counted one by one. */
function analysisOf(planted: readonly Planted[], order: readonly string[] = languages): NeuronAnalysis {
    const places = widths.flatMap((width, layer) => Array.from({ length: width }, (_, j): NeuronIndex => [layer, j]));
    const lists = (kind: ClassOrNone): Record<string, NeuronIndex[]> =>
        Object.fromEntries(
            order.map((language) => [
                language,
                places.filter((_, n) => kindOf(planted[n]!) === kind && planted[n]!.high[languages.indexOf(language)]),
            ]),
        );
    const [specific, related] = [lists('specific'), lists('related')];
    const count = (is: (n: number) => boolean): number => planted.filter((_, n) => is(n)).length;
    const N = planted.map(({ high }) => high.filter(Boolean).length);
    const layers = widths.map((_, layer) => {
        const of = (kind: ClassOrNone): number => count((n) => places[n]![0] === layer && kindOf(planted[n]!) === kind);
        return { specific: of('specific'), related: of('related'), general: of('general') };
    });
    const general = places.filter((_, n) => kindOf(planted[n]!) === 'general');
    return {
        method: 'paper',
        source: someSource,
        languages: order,
        widths,
        topRate: 0.1,
        bar: 0.95,
        lambda: 0.1,
        threshold: 0.5,
        milliseconds: 0,
        selected: count((n) => planted[n]!.selected),
        histogram: Array.from({ length: l + 1 }, (_, value) => count((n) => planted[n]!.selected && N[n] === value)),
        histogramAll: Array.from({ length: l + 1 }, (_, value) => count((n) => N[n] === value)),
        general: general.length,
        layers,
        stages: findStages(layers, widths),
        perLanguage: Object.fromEntries(
            order.map((language) => {
                const [s, r] = [specific[language]!.length, related[language]!.length];
                return [language, { specific: s, related: r, total: s + r }];
            }),
        ),
        neurons: { specific, related, general },
    };
}

const neurons = widths.reduce((sum, width) => sum + width, 0);
const planted = fc.array(
    fc.record({ high: fc.array(fc.boolean(), { minLength: l, maxLength: l }), selected: fc.boolean() }),
    { minLength: neurons, maxLength: neurons },
);

it('a metric is compared once, however many operations were measured', () => {
    const analysis = analysisOf(
        Array.from({ length: neurons }, () => ({ high: [true, false, false, false], selected: true })),
    );
    const matrix = (right: number, operation: Operation = deactivation): DeactivationMatrix => ({
        ...someMeasurement,
        metric: 'accuracy',
        settings: { texts: 'a' },
        operation,
        languages: ['en'],
        sets: {},
        whole: { en: { numerators: [right, 1, 0], weights: [1, 1, 1] } },
    });
    const half: Operation = { op: 'scale', value: 0.5 };
    const { changes, notes } = compare([
        { label: 'base', analysis, matrices: [matrix(0), matrix(0, half)] },
        { label: 'aligned', analysis, matrices: [matrix(1), matrix(1, half)] },
    ]);
    expect(changes[0]!.metrics.map(({ metric }) => metric)).toEqual(['accuracy']);
    expect(changes[0]!.metrics[0]!.perLanguage.en!.change).toBeCloseTo(1 / 3, 12);
    expect(notes).toEqual([]);
});

describe('what else differs between two runs', () => {
    const [planted0] = fc.sample(planted, { numRuns: 1, seed: 3 });
    const analysis = analysisOf(planted0!);
    const texts = (order: readonly string[], sets: Readonly<Record<string, string>>) => ({
        name: order.join(' + '),
        hash: order.join(''),
        texts: Object.fromEntries(
            order.map((language) => [
                language,
                { digest: `${order.join('')} ${language}`, set: sets[language]!, sketch: '' },
            ]),
        ),
    });
    const sourceOf = (dataset: DatasetSource, fingerprint: string): AnalysisSource => ({
        model: { name: 'm', architecture: 'llama', quantization: 'F16', fingerprint },
        dataset,
        settings: { window: 512 },
        versions: {},
        counts: fingerprint,
    });
    const notes = (a: Partial<NeuronAnalysis>, b: Partial<NeuronAnalysis>): readonly string[] =>
        compare([
            { label: 'base', analysis: { ...analysis, ...a } },
            { label: 'aligned', analysis: { ...analysis, ...b } },
        ]).notes;

    it.each([
        [0.2, 0.02, 'λ = 0.2 and 0.02'],
        [0, 0.109375, 'λ = 0 and 0.109375'],
    ])('is told of λ: %f and %f', (first, second, words) => {
        expect(notes({ lambda: first }, { lambda: second })).toEqual([expect.stringContaining(words)]);
        expect(notes({ lambda: first }, { lambda: first })).toEqual([]);
        // Also beside what is known of the models.
        const source = (name: string): AnalysisSource => sourceOf({ name: 'a', hash: 'a' }, name);
        const sources = [source('x'), source('y')] as const;
        expect(notes({ lambda: first, source: sources[0] }, { lambda: second, source: sources[1] })).toHaveLength(1);
    });

    it('is no order of the same texts or languages, but other texts are', () => {
        const sets = { en: '1', zh: '2', de: '3', sw: '4' };
        const orders = [['en', 'zh', 'de', 'sw'] as const, ['sw', 'de', 'en', 'zh'] as const];
        const [a, b] = orders.map((order, i) => {
            const { name, hash, ...rest } = texts(order, sets);
            return sourceOf({ name, hash, set: textsSet({ name, hash, ...rest })! }, `model ${i}`);
        });
        expect(a!.dataset.hash).not.toBe(b!.dataset.hash);
        expect(notes({ source: a! }, { source: b! })).toEqual([]);
        const other = sourceOf(texts(orders[1]!, { ...sets, de: '9' }), 'model 1');
        expect(notes({ source: a! }, { source: other })).toEqual([expect.stringContaining('differ in more')]);
        // Where it is not known, as of counts that others published.
        const imported = sourceOf({ name: 'b', hash: 'b' }, 'model 1');
        const another = { ...imported, dataset: { name: 'c', hash: 'c' } };
        expect(notes({ source: a! }, { source: imported })).toEqual([expect.stringContaining('differ in more')]);
        expect(notes({ source: imported }, { source: another })).toHaveLength(2);
    });

    it('of whole counts is the order too, so that they are not taken for the same', () => {
        const [a, b] = [['en', 'zh'] as const, ['zh', 'en'] as const].map((order) =>
            sourceOf(texts(order, { en: '1', zh: '2' }), 'x'),
        );
        expect(sourceDifferences(a!, b!, { model: true })).toHaveLength(1);
        expect(sourceDifferences(a!, b!, { model: true, order: false })).toEqual([]);
    });
});

describe('compare', () => {
    it('finds exactly the planted changes', () => {
        fc.assert(
            fc.property(
                planted,
                planted,
                fc.array(fc.nat(neurons - 1)),
                fc.subarray(languages),
                (one, other, places, trained) => {
                    // The second differs from the first in a few neurons only.
                    const two = one.map((neuron, n) => (places.includes(n) ? other[n]! : neuron));
                    const [a, b] = [analysisOf(one), analysisOf(two, languages.toReversed())];
                    const {
                        changes: [change],
                        analyses,
                    } = compare(
                        [
                            { label: 'before', analysis: a },
                            { label: 'after', analysis: b },
                        ],
                        trained,
                    );
                    const [from, to] = [one.map(kindOf), two.map(kindOf)];
                    for (const x of classes) {
                        for (const y of classes) {
                            const moved = from.flatMap((kind, n) => (kind === x && to[n] === y ? [n] : []));
                            expect(change!.transitions[x][y]).toBe(moved.length);
                            const listed =
                                change!.moved.find((list) => list.from === x && list.to === y)?.neurons ?? [];
                            const starts = [0, widths[0]!, widths[0]! + widths[1]!];
                            expect(listed.map(([layer, j]) => starts[layer]! + j)).toEqual(x === y ? [] : moved);
                        }
                    }
                    for (const kind of ['specific', 'related', 'general'] as const) {
                        const had = from.filter((is) => is === kind).length;
                        const kept = from.filter((is, n) => is === kind && to[n] === kind).length;
                        expect(change!.overlap[kind]).toBe(had === 0 ? null : kept / had);
                    }
                    for (const kind of ['specific', 'related'] as const) {
                        expect(change!.switched[kind]).toBe(
                            from.filter(
                                (is, n) => is === kind && to[n] === kind && one[n]!.high.join() !== two[n]!.high.join(),
                            ).length,
                        );
                    }
                    expect(change!.histogramAll).toEqual(b.histogramAll.map((count, N) => count - a.histogramAll[N]!));
                    expect(change!.histogram).toEqual(b.histogram.map((count, N) => count - a.histogram[N]!));
                    for (const [i, layer] of change!.layers.entries()) {
                        for (const kind of ['specific', 'related', 'general'] as const)
                            expect(layer[kind]).toBe(b.layers[i]![kind] - a.layers[i]![kind]);
                    }
                    for (const [name, members] of Object.entries({
                        trained: languages.filter((language) => trained.includes(language)),
                        others: languages.filter((language) => !trained.includes(language)),
                        english: ['en'],
                        rest: ['zh', 'de', 'sw'],
                    })) {
                        const group = change!.groups[name as keyof AnalysisChange['groups']];
                        expect(group?.languages ?? []).toEqual(members);
                        if (group === undefined) continue;
                        const mean = (analysis: NeuronAnalysis): number =>
                            members.reduce((sum, language) => sum + analysis.perLanguage[language]!.total, 0) /
                            members.length;
                        expect(group.change.total).toBe(mean(b) - mean(a)); // whole numbers, added and divided alike
                    }
                    expect(analyses.map(({ label }) => label)).toEqual(['before', 'after']);
                },
            ),
            { numRuns: 300 },
        );
    });

    it.skipIf(!paperDataHere)(
        `of the paper's data with itself shows no change and overlap 1 (skipped where ${paperFolder} is absent)`,
        async () => {
            const analysis = identify(await paperActivations(expected.languages));
            const {
                changes: [change],
            } = compare(
                [
                    { label: 'a', analysis },
                    { label: 'b', analysis },
                ],
                ['zh', 'de'],
            );
            expect(change!.overlap).toEqual({ specific: 1, related: 1, general: 1 });
            expect(change!.moved).toEqual([]);
            expect(change!.switched).toEqual({ specific: 0, related: 0 });
            expect(
                [
                    ...change!.histogram,
                    ...change!.histogramAll,
                    ...change!.layers.flatMap((layer) => Object.values(layer)),
                ].every((difference) => difference === 0),
            ).toBe(true);
            expect(
                Object.values(change!.groups).every(
                    (group) =>
                        group !== undefined && Object.values(group.change).every((difference) => difference === 0),
                ),
            ).toBe(true);
            expect(change!.transitions.general.general).toBe(expected.general);
        },
    );

    it('compares each of a series with the first', () => {
        const random = fc
            .sample(planted, { numRuns: 3, seed: 1 })
            .map((neurons, i) => ({ label: `step ${i}`, analysis: analysisOf(neurons) }));
        const series = compare(random);
        expect(series.changes).toEqual([
            compare([random[0]!, random[1]!]).changes[0],
            compare([random[0]!, random[2]!]).changes[0],
        ]);
        expect(series.analyses.map(({ general }) => general)).toEqual(random.map(({ analysis }) => analysis.general));
    });

    it('refuses what cannot be compared, saying how it differs', () => {
        const analysis = analysisOf(fc.sample(planted, { numRuns: 1, seed: 2 })[0]!);
        const refusal = (
            change: Partial<NeuronAnalysis>,
            trained: string[] = [],
            label = 'after',
        ): { code: string; message: string } => {
            try {
                compare(
                    [
                        { label: 'before', analysis },
                        { label, analysis: { ...analysis, ...change } },
                    ],
                    trained,
                );
            } catch (error) {
                return error as { code: string; message: string };
            }
            throw new Error('compared');
        };
        expect(refusal({ languages: ['en', 'zh', 'de'] })).toMatchObject({
            code: 'MISMATCH',
            message: expect.stringContaining('sw only in before'),
        });
        expect(refusal({ languages: [...languages, 'ja'] })).toMatchObject({
            code: 'MISMATCH',
            message: expect.stringContaining('ja only in after'),
        });
        expect(refusal({ widths: [7, 5] })).toMatchObject({
            code: 'MISMATCH',
            message: expect.stringContaining('3 and 2 layers'),
        });
        expect(refusal({ widths: [7, 6, 9] })).toMatchObject({
            code: 'MISMATCH',
            message: expect.stringContaining('layer 1 has 5 and 6 neurons'),
        });
        expect(refusal({ method: 'lape' })).toMatchObject({
            code: 'MISMATCH',
            message: expect.stringContaining('method paper and lape'),
        });
        expect(refusal({ topRate: 0.2 })).toMatchObject({
            code: 'MISMATCH',
            message: expect.stringContaining('top rate'),
        });
        expect(refusal({}, ['ja'])).toMatchObject({ code: 'WRONG_USE', message: expect.stringContaining('ja') });
        expect(refusal({}, [], 'before')).toMatchObject({ code: 'WRONG_USE' });
        expect(() => compare([{ label: 'alone', analysis }])).toThrow('at least two');
    });
});

describe('comparison.json', () => {
    let folder: string;
    beforeAll(async () => {
        folder = await mkdtemp(join(tmpdir(), 'language-neurons-'));
    });
    afterAll(() => rm(folder, { recursive: true }));

    it('comes back as it was, is versioned, and is absent or DAMAGED otherwise', async () => {
        expect(await readComparison(folder)).toBeUndefined();
        const comparison = compare(
            fc
                .sample(planted, { numRuns: 3, seed: 3 })
                .map((neurons, i) => ({ label: `step ${i}`, analysis: analysisOf(neurons) })),
            ['zh'],
        );
        await writeComparison(folder, comparison);
        expect(await readComparison(folder)).toEqual(comparison);
        const path = join(folder, 'comparison.json');
        const text = await readFile(path, 'utf8');
        expect(JSON.parse(text)).toMatchObject({ format: 'language-neurons/comparison', version: 1 });
        for (const damaged of [text.slice(0, -20), text.replace('"specific"', '"special"')]) {
            await writeFile(path, damaged);
            await expect(readComparison(folder)).rejects.toMatchObject({
                code: 'DAMAGED',
                message: expect.stringContaining(path),
            });
        }
    });
});
