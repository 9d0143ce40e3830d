import { describe, expect, it } from 'vitest';
import { shareInSeveral, Sketch } from '../../../src/activations/sketch.js';
import { surveyCorpus } from '../../../src/activations/surveyCorpus.js';
import type { Corpus } from '../../../src/corpus/Corpus.js';

const sketchOf = (texts: readonly string[]): string => {
    const sketch = new Sketch();
    for (const text of texts) sketch.add(text);
    return sketch.toString();
};
const corpusOf = (texts: readonly string[]): Corpus => ({
    name: 'x',
    sources: [{ name: 'x' }],
    languages: ['en'],
    async *samples() {
        for (const response of texts) yield await Promise.resolve({ language: 'en', prompt: '', response });
    },
});

describe('the share of texts in several sets', () => {
    it('is exact of few', () => {
        expect(shareInSeveral([sketchOf(['a', 'b']), sketchOf(['b', 'c']), sketchOf(['d', 'd', 'd'])])).toBe(1 / 4);
        expect(shareInSeveral([sketchOf([]), sketchOf([])])).toBe(0);
    });

    it('is near of many', () => {
        const texts = Array.from({ length: 9000 }, (_, i) => `text ${i}`);
        // 3,000 of the 9,000 are in both.
        const share = shareInSeveral([sketchOf(texts.slice(0, 6000)), sketchOf(texts.slice(3000))]);
        expect(Math.abs(share - 1 / 3)).toBeLessThan(0.06); // 512 of them: a standard deviation is 0.021
    });

    it.each([
        [['a', 'b', 'c', 'd'], 2, 0],
        [['a', 'a', 'b', 'b'], 2, 1], // beside each other, in neighbouring folds
        [['a', 'b', 'a', 'b'], 2, 0], // each in one fold
        [['a', 'b', 'c', 'a', 'b', 'c'], 2, 1],
        [['a', 'b', 'c', 'd', 'a', 'e'], 3, 1 / 5],
    ])('of the folds of %j, %d, is %d', async (texts, folds, share) => {
        const { languages } = await surveyCorpus(corpusOf(texts), undefined, folds);
        expect(languages.get('en')!.inSeveralFolds).toBe(share);
    });

    it('is not told where there are no folds', async () => {
        expect((await surveyCorpus(corpusOf(['a', 'a']))).languages.get('en')).not.toHaveProperty('inSeveralFolds');
    });
});
