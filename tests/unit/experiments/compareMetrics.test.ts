import { describe, expect, it } from 'vitest';
import { measuredAlike, metricChange } from '../../../src/experiments/comparisons/compareMetrics.js';
import type { DeactivationMatrix, WholeModelUnits } from '../../../src/experiments/results/DeactivationMatrix.js';
import { meanEffect } from '../../../src/experiments/statistics/meanEffect.js';
import { someMeasurement } from '../../helpers/analysed.js';

const ones = (length: number): number[] => new Array<number>(length).fill(1);
/** Answers to 40 questions a language, right where told. */
const answers = (right: (k: number, question: number) => boolean): Record<string, WholeModelUnits> =>
    Object.fromEntries(
        ['en', 'de'].map((language, k) => [
            language,
            { numerators: Array.from({ length: 40 }, (_, i) => (right(k, i) ? 1 : 0)), weights: ones(40) },
        ]),
    );
const accuracy = (whole: Record<string, WholeModelUnits>): DeactivationMatrix => ({
    ...someMeasurement,
    metric: 'accuracy',
    settings: { questions: 'mgsm', rule: 'last', controls: 3, seed: 1 },
    languages: ['en', 'de'],
    sets: {},
    whole,
});

const before = accuracy(answers((k, i) => i < 20 - 10 * k));

describe('what a metric became', () => {
    it('is the difference, by language and on average over groups', () => {
        const { perLanguage, groups } = metricChange(before, accuracy(answers((k, i) => i < 24 - 4 * k)), {
            all: ['en', 'de'],
            trained: ['de'],
            others: ['en'],
            rest: [],
        });
        expect(perLanguage).toMatchObject({ en: { before: 0.5, after: 0.6 }, de: { before: 0.25, after: 0.5 } });
        expect(perLanguage.en!.change).toBeCloseTo(0.1, 16); // 2.8e-17
        // 5.6e-17, one last bit of the averages; each of the four may be off by as much.
        expect(groups.all!.change).toBeCloseTo(0.175, 15);
        const { p, q, ...change } = perLanguage.de!;
        expect(groups.trained).toEqual(change);
        expect(p).toBeCloseTo(2 * 0.5 ** 10, 15); // ten more answers of forty are right, none fewer
        expect([q, perLanguage.en!.q]).toEqual([2 * p!, perLanguage.en!.p]); // the least of two, and the greatest
        expect(Object.keys(groups)).toEqual(['all', 'trained', 'others']);
        const [low, high] = groups.all!.interval!;
        expect(low).toBeGreaterThan(0);
        expect(high).toBeGreaterThan(0.175);
    });

    it('is taken on the same questions: as many right but other ones leave more doubt than the same', () => {
        const same = metricChange(before, before, { all: ['en', 'de'] });
        expect(same.perLanguage.en!.change).toBe(0);
        const [least, most] = same.perLanguage.en!.interval!;
        expect(most).toBeGreaterThan(0.05);
        expect(most).toBeLessThan(0.1);
        expect(least).toBe(-most);
        const { change, interval } = metricChange(before, accuracy(answers((k, i) => i >= 20 + 10 * k)), {}).perLanguage
            .en!;
        expect(change).toBe(0);
        expect(interval![0]).toBeLessThan(-0.1);
        expect(interval![1]).toBeGreaterThan(0.1);
    });

    it('of a perplexity is that of exp of the mean over all tokens, or of a mean of texts', () => {
        const ppl = (scale: number, mean: string): DeactivationMatrix => ({
            ...someMeasurement,
            settings: { mean },
            languages: ['en'],
            sets: {},
            whole: { en: { numerators: [10 * scale, 30 * scale], weights: [10, 10] } },
        });
        expect(metricChange(ppl(1, 'tokens'), ppl(2, 'tokens'), {}).perLanguage.en).toMatchObject({
            before: Math.exp(2),
            after: Math.exp(4),
        });
        expect(metricChange(ppl(1, 'texts'), ppl(2, 'texts'), {}).perLanguage.en).toMatchObject({
            before: 2,
            after: 4,
        });
    });

    it('is in the mean over languages the mean of what it is in each: of a perplexity, geometric', () => {
        const ppl = (en: number, de: number): DeactivationMatrix => ({
            ...someMeasurement,
            languages: ['en', 'de'],
            sets: {},
            whole: {
                en: { numerators: [en, en, en], weights: [1, 1, 1] },
                de: { numerators: [de, de, de], weights: [1, 1, 1] },
            },
        });
        const { perLanguage, groups } = metricChange(ppl(1, 3), ppl(2, 8), { all: ['en', 'de'] });
        const effects = Object.values(perLanguage).map(({ before, change }) => change / before);
        const { before, after, change, interval } = groups.all!;
        expect(before).toBeCloseTo(Math.exp(2), 12);
        expect(after).toBeCloseTo(Math.exp(5), 11);
        expect(change / before).toBeCloseTo(meanEffect(effects, { relative: true }), 12);
        expect(interval).toEqual([change, change]); // all texts of a language are alike
    });

    it('is compared only where both were measured alike, whatever the controls', () => {
        expect(
            measuredAlike(before, {
                ...before,
                settings: { ...before.settings, controls: 1, seed: 5 },
                whole: answers(() => true),
            }),
        ).toBe(true);
        expect(measuredAlike(before, { ...before, settings: { ...before.settings, rule: 'mathoctopus' } })).toBe(false);
        expect(
            measuredAlike(before, {
                ...before,
                whole: { ...before.whole, de: { numerators: ones(20), weights: ones(20) } },
            }),
        ).toBe(false);
        expect(measuredAlike(before, { ...before, metric: 'ppl' })).toBe(false);
    });
});
