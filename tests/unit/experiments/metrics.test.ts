import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { describe, expect, it } from 'vitest';
import { accuracy } from '../../../src/experiments/answerMetrics/accuracy.js';
import { wilsonInterval } from '../../../src/support/normalIntervals.js';
import { answerLanguages, judgeAnswer } from '../../../src/experiments/answerMetrics/AnswerSheet.js';
import { buildSet, estimates } from '../../../src/experiments/matrices/buildSet.js';
import type { AffineEdit } from '../../../src/engine/types/edits.js';
import { allConditions, setConditions } from '../../../src/experiments/conditions/conditions.js';
import { type ModelState, wholeModel } from '../../../src/interventions/ModelState.js';
import type { Operation } from '../../../src/interventions/Operation.js';
import type { Cell } from '../../../src/experiments/statistics/estimates.js';
import type { Measurements } from '../../../src/experiments/metric/Metric.js';
import {
    average,
    bootstrapInterval,
    difference,
    drawResamples,
    estimate,
} from '../../../src/experiments/statistics/resampling.js';
import type { NeuronAnalysis, NeuronIndex } from '../../../src/neurons/analysis/NeuronAnalysis.js';

const cellOf = (numerators: readonly number[], weights: readonly number[] = numerators.map(() => 1)): Cell => ({
    numerators: Float64Array.from(numerators),
    weights: Float64Array.from(weights),
    samples: numerators.length,
});
const same = (mean: number): number => mean;

describe('intervals', () => {
    it("of an accuracy are Wilson's", () => {
        // Newcombe 1998, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
        for (const [right, n, low, high] of [
            [81, 263, 0.2553, 0.3662],
            [15, 148, 0.0624, 0.1605],
            [0, 20, 0, 0.1611],
            [1, 29, 0.0061, 0.1718],
        ] as const) {
            const [from, to] = wilsonInterval(right, n);
            // The table has four decimals; off by up to 4.1e-5.
            expect(from).toBeCloseTo(low, 4);
            expect(to).toBeCloseTo(high, 4);
        }
    });

    it('by bootstrap hold the truth about as often as they say', () => {
        const random = xoroshiro128plus(3);
        let held = 0;
        const rounds = 200;
        for (let round = 0; round < rounds; round++) {
            const values = Array.from({ length: 60 }, () => uniformFloat64(random) ** 2); // mean 1/3
            const [low, high] = bootstrapInterval(estimate(cellOf(values), drawResamples(60), same))!;
            held += low <= 1 / 3 && 1 / 3 <= high ? 1 : 0;
        }
        // 92.5 % did; of 200 rounds at 95 % the standard deviation is 1.5 %.
        expect(held / rounds).toBeGreaterThan(0.89);
        expect(held / rounds).toBeLessThan(0.985);
    });

    it('of a difference are paired: what is common to both sides drops out', () => {
        const random = xoroshiro128plus(4);
        const hardness = Array.from({ length: 80 }, () => uniformFloat64(random));
        const draws = drawResamples(80);
        const [a, b] = [cellOf(hardness), cellOf(hardness.map((value) => value + 0.01))].map((cell) =>
            estimate(cell, draws, same),
        ) as [ReturnType<typeof estimate>, ReturnType<typeof estimate>];
        const [low, high] = bootstrapInterval(difference(b, a))!;
        // 3.4e-16 off. Each of 80 additions may be off by 1.1e-16, more or less of it by the draws.
        expect(low).toBeCloseTo(0.01, 14);
        expect(high).toBeCloseTo(0.01, 14);
        const [from, to] = bootstrapInterval(a)!;
        expect(to - from).toBeGreaterThan(0.05); // 0.136
    });

    it('are none for a single unit, and bear infinities', () => {
        expect(bootstrapInterval(estimate(cellOf([3]), drawResamples(1), same))).toBeNull();
        const infinite = estimate(cellOf([1, Infinity, 2]), drawResamples(3), Math.exp);
        expect(infinite.value).toBe(Infinity);
        expect(bootstrapInterval(infinite)![1]).toBe(Infinity);
        expect(bootstrapInterval(difference(infinite, infinite))).toBeNull(); // ∞ − ∞
    });

    it('an estimate is the metric of the weighted mean, and an average that of the estimates', () => {
        fc.assert(
            fc.property(
                fc.array(
                    fc.record({
                        value: fc.double({ min: 0, max: 9, noNaN: true }),
                        weight: fc.integer({ min: 1, max: 9 }),
                    }),
                    { minLength: 1, maxLength: 20 },
                ),
                (units) => {
                    const cell = cellOf(
                        units.map(({ value, weight }) => value * weight),
                        units.map(({ weight }) => weight),
                    );
                    const mean =
                        units.reduce((sum, { value, weight }) => sum + value * weight, 0) /
                        units.reduce((sum, { weight }) => sum + weight, 0);
                    const one = estimate(cell, drawResamples(units.length), Math.exp);
                    expect(one.value).toBe(Math.exp(mean)); // the same sums in the same order
                    expect(average([one, one]).value).toBe(one.value);
                },
            ),
        );
    });

    it('resamples draw each unit as often as the next', () => {
        const draws = drawResamples(7);
        expect(draws.every((times) => times.reduce((sum, n) => sum + n, 0) === 7)).toBe(true);
        const totals = Array.from(
            { length: 7 },
            (_, i) => draws.reduce((sum, times) => sum + times[i]!, 0) / draws.length,
        );
        // 0.054 at most; of 1,000 resamples of 7 the standard deviation is 0.029.
        for (const total of totals) expect(Math.abs(total - 1)).toBeLessThan(0.12);
    });
});

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const own = (from: number, count: number): NeuronIndex[] =>
    Array.from({ length: count }, (_, j): NeuronIndex => [j % 2, from + j]);
const analysis = {
    languages: ['en', 'de', 'fr'],
    widths: [100, 100],
    neurons: {
        specific: { en: own(0, 4), de: own(10, 4), fr: [] },
        related: { en: own(20, 2), de: [], fr: [] },
        general: own(50, 6),
    },
} as unknown as NeuronAnalysis;

describe('conditions', () => {
    it('are the sets and, for each seed, as many random neurons of the same layers', () => {
        const { own: rows, controls } = setConditions(analysis, ['en', 'de', 'fr'], 'specific+related', 1, 3);
        expect(rows.map(({ neurons }) => neurons.length)).toEqual([6, 4, 0]);
        expect(controls).toHaveLength(3);
        for (const control of controls) {
            for (const [r, { neurons }] of control.entries()) {
                for (const layer of [0, 1])
                    expect(neurons.filter(([of]) => of === layer)).toHaveLength(
                        rows[r]!.neurons.filter(([of]) => of === layer).length,
                    );
                expect(neurons.some(([i, j]) => rows[r]!.neurons.some(([a, b]) => a === i && b === j))).toBe(false);
            }
        }
        expect(
            new Set(
                controls
                    .flat()
                    .filter(({ neurons }) => neurons.length > 0)
                    .map(({ name }) => name),
            ).size,
        ).toBe(6); // every seed and row another
        expect(rows[2]).toBe(wholeModel); // nothing to deactivate
    });

    it('that are equal are run once', () => {
        const sets = (['specific', 'specific+related'] as const).map((set) =>
            setConditions(analysis, ['en', 'de', 'fr'], set, 1, 1),
        );
        // whole; en and its control in both sets; de and its control, the same in both.
        expect(
            allConditions(sets)
                .map(({ neurons }) => neurons.length)
                .sort((a, b) => a - b),
        ).toEqual([0, 4, 4, 4, 4, 6, 6]);
        expect(allConditions(sets)[0]).toBe(wholeModel);
    });
});

describe('conditions of other operations', () => {
    const ids = (operation?: Operation): string[] => {
        const { own: rows, controls } = setConditions(analysis, ['en', 'de'], 'specific', 1, 2, { operation });
        return [...rows, ...controls.flat()].map(({ name }) => name);
    };

    it('are of the same neurons, and named by what becomes of them', () => {
        const half = setConditions(analysis, ['en', 'de'], 'specific', 1, 2, {
            operation: { op: 'scale', value: 0.5 },
        });
        const off = setConditions(analysis, ['en', 'de'], 'specific', 1, 2);
        const neuronsIn = ({ own: rows, controls }: typeof half): unknown =>
            [...rows, ...controls.flat()].map(({ neurons }) => neurons);
        expect(neuronsIn(half)).toEqual(neuronsIn(off));
        const different: Operation[] = [
            { op: 'zero' },
            { op: 'scale', value: 0.5 },
            { op: 'scale', value: 2 },
            { op: 'add', value: 0.5 },
            { op: 'replace', value: 0.5 },
            { op: 'zero', where: 'prompt' },
            { op: 'zero', where: 'response' },
            { op: 'zero', where: { from: 2, to: 5 } },
            { op: 'replace', value: 0.5, strength: 0.5 },
        ];
        expect(new Set(different.map((operation) => ids(operation).join())).size).toBe(different.length);
    });

    it('that do the same are the same, so that each is measured once', () => {
        const deactivated = ids();
        // What journals of earlier versions hold: of the neurons alone.
        expect(deactivated[0]).toBe(sha256('[[0,0],[0,2],[1,1],[1,3]]').slice(0, 16));
        expect(ids({ op: 'zero', strength: 1, where: 'both' })).toEqual(deactivated);
        expect(ids({ op: 'scale', value: 0 })).toEqual(deactivated);
        expect(ids({ op: 'replace', value: 0 })).toEqual(deactivated);
        expect(ids({ op: 'zero', strength: 0.5 })).toEqual(ids({ op: 'scale', value: 0.5 }));
    });

    it('come to the edits that their interventions come to', () => {
        const [en] = setConditions(analysis, ['en'], 'specific', 1, 1, {
            operation: { op: 'add', value: 2, strength: 0.5 },
        }).own;
        const edit = en!.edit as AffineEdit;
        expect(edit.factors.flatMap((site) => [...site]).every((factor) => factor === 1)).toBe(true);
        expect(edit.offsets!.map((site) => [...site].filter((offset) => offset === 1).length)).toEqual([2, 2]);
        expect(wholeModel.edit).toBeUndefined();
    });
});

describe('a matrix', () => {
    const languages = ['en', 'de', 'fr'];
    const metric = { kind: accuracy, languages, settings: {} };
    const conditions = setConditions(analysis, languages, 'specific', 1, 2);
    /**
     * Of 40 questions, the whole model answers 30; without its own neurons, a language answers 10 of these; random ones
     * cost one.
     */
    const rightOf = ({ name }: ModelState, language: string): number => {
        if (name === wholeModel.name) return 30;
        const row = conditions.own.findIndex((one) => one.name === name);
        return row < 0 ? 29 : languages[row] === language ? 10 : 30;
    };
    const measurements: Measurements = {
        decodedTokens: () => 0,
        cell: (condition, language) => ({
            ...cellOf(Array.from({ length: 40 }, (_, i) => Number(i < rightOf(condition, language)))),
            shares: { number: 0.8, language: 0.9, unknownLanguage: 0.05, cut: 0.1 },
        }),
    };
    const set = buildSet(metric, conditions, estimates(metric, measurements));

    it('holds values, changes, controls and their difference', () => {
        expect(set.baseline).toEqual([0.75, 0.75, 0.75]);
        expect(set.values).toEqual([
            [0.25, 0.75, 0.75],
            [0.75, 0.25, 0.75],
            [0.75, 0.75, 0.75],
        ]);
        expect(set.change[0]).toEqual([-0.5, 0, 0]);
        expect(set.controls.map((grid) => grid[0]![0])).toEqual([29 / 40 - 0.75, 29 / 40 - 0.75]);
        expect(set.control[2]).toEqual([0, 0, 0]); // French has no neurons
        for (const [r, row] of set.beyondControl.entries())
            for (const [c, value] of row.entries()) expect(value).toBe(set.change[r]![c]! - set.control[r]![c]!);
        expect(set.neurons).toEqual([4, 4, 0]);
        expect(set.samples).toEqual([
            [40, 40, 40],
            [40, 40, 40],
            [40, 40, 40],
        ]);
        expect(set.shares!.language).toEqual({
            baseline: [0.9, 0.9, 0.9],
            values: [
                [0.9, 0.9, 0.9],
                [0.9, 0.9, 0.9],
                [0.9, 0.9, 0.9],
            ],
        });
    });

    it('says by its intervals which cells are real', () => {
        const real = set.intervals.beyondControl.map((row) =>
            row.map((interval) => interval![0] > 0 || interval![1] < 0),
        );
        expect(real).toEqual([
            [true, false, false],
            [false, true, false],
            [false, false, false],
        ]);
        const [low, high] = set.intervals.change[0]![0]!;
        expect(low).toBeLessThan(-0.5);
        expect(high).toBeGreaterThan(-0.5);
        const [least, most] = set.intervals.change[2]![2]!; // no change at all, of 40 questions
        expect(least).toBeLessThan(-0.05);
        expect(most).toBe(-least);
    });
});

describe('an answer', () => {
    const languages = ['en', 'ru', 'es', 'fr', 'de', 'zh', 'ja', 'bn', 'th', 'sw'];
    const answers: Record<string, string> = {
        en: 'She sells nine eggs every day at the market, so she makes $1,018.5.',
        ru: 'Она продаёт девять яиц каждый день и получает 1 018,5 доллара.',
        es: 'Ella vende nueve huevos al día en el mercado y gana 1.018,5 dólares.',
        fr: 'Elle vend neuf œufs par jour au marché et gagne donc 1 018,5 dollars.',
        de: 'Sie verkauft jeden Tag neun Eier auf dem Markt und verdient 1.018,5 Dollar.',
        zh: '她每天在市场上卖九个鸡蛋，所以她赚1,018.5美元。',
        ja: '彼女は毎日市場で9個の卵を売るので、1,018.5ドルを稼ぎます。',
        bn: 'সে প্রতিদিন বাজারে নয়টি ডিম বিক্রি করে ১,০১৮.৫ ডলার আয় করে।',
        th: 'เธอขายไข่วันละเก้าฟองที่ตลาด เธอจึงได้เงิน ๑,๐๑๘.๕ ดอลลาร์',
        sw: 'Yeye huuza mayai tisa kila siku sokoni, kwa hivyo anapata dola 1,018.5.',
    };

    it.each(Object.entries(answers))('in %s has its number and language', (language, text) => {
        expect(judgeAnswer(text, { answer: 1018.5, language }, languages, 'last')).toEqual({ number: true, language });
        expect(judgeAnswer(text, { answer: 1018, language }, languages, 'last').number).toBe(false);
    });

    it('with the right number in the wrong language is told so', () => {
        for (const language of languages) {
            const other = languages[(languages.indexOf(language) + 1) % languages.length]!;
            const judged = judgeAnswer(
                answers[other]!.replace(/[\d,.\s๐-๙০-৯]{5,}/u, ' 18 '),
                { answer: 18, language },
                languages,
                'last',
            );
            expect(judged, language).toEqual({ number: true, language: other });
        }
    });

    it('in a language that nothing is asked in is not of the only one asked', () => {
        expect(answerLanguages(['de'])).toEqual(expect.arrayContaining(['de', 'en', 'zh']));
        expect(
            judgeAnswer(answers.en!, { answer: 1018.5, language: 'de' }, answerLanguages(['de']), 'last').language,
        ).toBe('en');
        expect(answerLanguages(['it', 'en'])[0]).toBe('it');
        expect(new Set(answerLanguages(languages)).size).toBe(answerLanguages(languages).length);
    });

    it.each<[text: string, answer: number, language: string, number: boolean, told: string | undefined]>([
        ['42', 42, 'en', true, undefined],
        ['= 6 × 7 = 42', 42, 'de', true, undefined],
        ['', 42, 'en', false, undefined],
        ['I do not know the answer to this question, sorry.', 42, 'en', false, 'en'],
        ['Die Temperatur fällt am Abend auf -3 Grad.', -3, 'de', true, 'de'],
        ['Die Temperatur fällt am Abend auf -3 Grad.', 3, 'de', false, 'de'],
        ['তাপমাত্রা রাতে নেমে যায় −৩ ডিগ্রিতে, যা খুব ঠান্ডা।', -3, 'bn', true, 'bn'],
        // mixed: mostly English
        ['So she makes eighteen dollars every day at the market. 答案是 18。', 18, 'zh', true, 'en'],
        // two languages too close to tell
        ['Zuerst sind es 20, dann kommen 5 dazu, also sind es am Ende 25 Äpfel.', 25, 'de', true, undefined],
        ['Zuerst liegen 20 Äpfel im Korb, dann legt der Bauer 5 dazu, also sind es am Ende 25.', 25, 'de', true, 'de'],
    ])('%j', (text, answer, language, number, told) => {
        expect(judgeAnswer(text, { answer, language }, languages, 'last')).toEqual({ number, language: told });
    });
});
