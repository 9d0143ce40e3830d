import { describe, expect, it } from 'vitest';
import type { Activations } from '../../../src/activations/Activations.js';
import { mergeActivations } from '../../../src/activations/mergeActivations.js';
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

describe('counts that are merged', () => {
    const source = { model: { name: 'm', architecture: '', quantization: '', fingerprint: 'f' }, versions: {} };
    const countsOf = async (name: string, corpus: Corpus): Promise<Activations> => {
        const { languages, hash } = await surveyCorpus(corpus);
        return {
            languages: ['en'],
            counts: [BigInt64Array.of(1n)],
            tokens: BigInt64Array.of(2n),
            source: { ...source, dataset: { name, hash, texts: Object.fromEntries(languages) } },
        };
    };

    it.each([
        ['few', 0, 3, 2, 5],
        ['more than a sketch holds', 0, 400, 300, 700],
        ['many, of one a few', 0, 2000, 1999, 2003],
    ])('know their texts as if they had been counted at once: %s', async (_, from, to, from2, to2) => {
        const texts = (begin: number, end: number): string[] =>
            Array.from({ length: end - begin }, (_, i) => `text ${begin + i}`);
        const [a, b] = [texts(from, to), texts(from2, to2)];
        const asking = (list: readonly string[]): Corpus => ({
            ...corpusOf(list),
            async *samples() {
                for (const response of list)
                    yield await Promise.resolve({ language: 'en', prompt: `${response}?`, response });
            },
        });
        for (const of of [corpusOf, asking]) {
            const merged = mergeActivations(await countsOf('a', of(a)), await countsOf('b', of(b)));
            const { set, sketch, asked } = (await surveyCorpus(of([...a, ...b]))).languages.get('en')!;
            expect(merged.source.dataset.texts!.en).toMatchObject({ set, sketch });
            expect(merged.source.dataset.texts!.en!.asked).toBe(asked);
        }
    });

    it('know no texts where one part knows none', async () => {
        const known = await countsOf('a', corpusOf(['a']));
        const { texts: _, ...dataset } = known.source.dataset;
        const merged = mergeActivations(known, { ...known, source: { ...known.source, dataset } });
        expect(merged.source.dataset).not.toHaveProperty('texts');
    });
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
