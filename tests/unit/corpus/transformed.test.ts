import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { surveyCorpus } from '../../../src/activations/surveyCorpus.js';
import type { Corpus, Sample } from '../../../src/corpus/Corpus.js';
import { romanized } from '../../../src/corpus/romanized.js';
import { TokenDraws } from '../../../src/corpus/tokenDraws.js';
import { shuffledWords, type Transform, transformedCorpus } from '../../../src/corpus/transformedCorpus.js';
import { openCorpus } from '../../../src/data/openCorpus.js';
import { randomGenerator } from '../../../src/support/randomGenerator.js';

/** A token is a character. */
const tokenizer = {
    tokenize: (text: string) => Promise.resolve(Int32Array.from(text, (character) => character.codePointAt(0)!)),
};

async function samplesOf(corpus: Corpus, language: string): Promise<Sample[]> {
    const found: Sample[] = [];
    for await (const sample of corpus.samples(language)) found.push(sample);
    return found;
}

function corpusOf(texts: Readonly<Record<string, readonly Partial<Sample>[]>>): Corpus {
    return {
        ...{ name: 'texts', sources: [{ name: 'texts' }], languages: Object.keys(texts) },
        async *samples(language) {
            for (const sample of texts[language]!) yield { language, prompt: '', response: '', ...sample };
        },
    };
}

const sorted = (text: string, language: string): string[] =>
    Array.from(new Intl.Segmenter(language, { granularity: 'word' }).segment(text), ({ segment }) => segment).sort();

describe('shuffled words', () => {
    it.each([
        ['en', 'All human beings are born free, and equal in dignity and rights.'],
        ['zh', '人人生而自由，在尊严和权利上一律平等。'],
        ['th', 'มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกันในเกียรติศักดิ์และสิทธิ'],
    ])('of %s are the same ones in another order', (language, text) => {
        const shuffled = shuffledWords(text, language, randomGenerator(1));
        expect(shuffled).not.toBe(text);
        expect([...shuffled].sort()).toEqual([...text].sort());
        if (language === 'en') expect(sorted(shuffled, language)).toEqual(sorted(text, language));
    });

    it('leave marks and spaces where they are', () => {
        fc.assert(
            fc.property(fc.array(fc.stringMatching(/^[a-z]{1,5}$/), { minLength: 1 }), fc.integer(), (words, seed) => {
                const text = `(${words.join(', ')})!`;
                const shuffled = shuffledWords(text, 'en', randomGenerator(seed));
                expect(sorted(shuffled, 'en')).toEqual(sorted(text, 'en'));
                expect(shuffled.replace(/[a-z]+/g, 'a')).toBe(text.replace(/[a-z]+/g, 'a'));
            }),
        );
    });
});

describe('romanized texts', () => {
    it.each([
        ['zh', '银行行长，权利。', 'yin hang hang zhang ,quan li .'],
        ['zh-TW', '女權', 'nu quan'],
        ['ja', 'きゃっと、トウキョウ', 'kyatto,toukyou'],
        ['ru', 'Все люди', 'Vse lyudi'],
        ['de', 'Größe über', 'Grosse uber'],
        ['en', 'All human beings', 'All human beings'],
    ])('of %s: %s', async (language, text, expected) => {
        expect((await romanized(text, language)).replaceAll(' ,', ',').replaceAll(', ', ',')).toBe(
            expected.replaceAll(' ,', ','),
        );
    });

    it('are ASCII in every language of the paper', async () => {
        const corpus = await openCorpus('udhr:1-2');
        const romanizedCorpus = transformedCorpus(corpus, 'romanized', 1, tokenizer);
        for (const language of corpus.languages)
            for (const { response } of await samplesOf(romanizedCorpus, language))
                // eslint-disable-next-line no-control-regex -- ASCII
                expect(response).toMatch(/^[\x00-\x7f]{20,}$/);
    });
});

describe('random tokens', () => {
    const corpus = corpusOf({
        en: [{ response: 'aaab' }, { prompt: 'b', response: 'a' }],
        de: [{ response: 'c'.repeat(40) }, { turns: [{ role: 'user', content: 'cc' }], response: 'cd' }],
    });

    it('are of the language, as many as the text has, in prompt and response', async () => {
        const random = transformedCorpus(corpus, 'random', 1, tokenizer);
        for (const [language, letters, lengths] of [
            [
                'en',
                'ab',
                [
                    [0, 4],
                    [1, 1],
                ],
            ],
            [
                'de',
                'cd',
                [
                    [0, 40],
                    [2, 2],
                ],
            ],
        ] as const) {
            const samples = await samplesOf(random, language);
            for (const [i, sample] of samples.entries()) {
                const { tokens, promptLength } = sample as unknown as { tokens: Int32Array; promptLength: number };
                expect([promptLength, tokens.length - promptLength]).toEqual(lengths[i]);
                expect([...tokens].every((token) => letters.includes(String.fromCodePoint(token)))).toBe(true);
                expect(sample.turns).toBeUndefined();
            }
        }
    });

    it('are of all languages where they are pooled', async () => {
        const [long] = await samplesOf(transformedCorpus(corpus, 'pooled', 1, tokenizer), 'de');
        const letters = new Set(long!.response.split(' ').map((token) => String.fromCodePoint(Number(token))));
        expect(letters.has('a')).toBe(true);
    });

    it('have the frequencies that were added', () => {
        const draws = new TokenDraws();
        draws.add(Int32Array.of(7, 9, 9, 9));
        draws.add(Int32Array.of(-5, 9, 7, 9));
        const drawn = [...draws.draw(80_000, randomGenerator(3))];
        const share = (token: number): number => drawn.filter((one) => one === token).length / drawn.length;
        // 95 in 100 seeds within 2 standard errors, 0.0034 at most; this one is fixed
        for (const [token, expected] of [
            [-5, 1 / 8],
            [7, 2 / 8],
            [9, 5 / 8],
        ] as const)
            expect(Math.abs(share(token) - expected)).toBeLessThan(0.005);
        expect(new TokenDraws().draw(0, randomGenerator(1))).toHaveLength(0);
        expect(() => new TokenDraws().draw(1, randomGenerator(1))).toThrow(RangeError);
    });
});

describe('a transformed corpus', () => {
    const names: readonly Transform[] = ['shuffled', 'romanized', 'random', 'pooled'];

    it.each(names)('that is %s reads the same texts again, others by another seed', async (transform) => {
        const corpus = await openCorpus('udhr:1-3', { languages: ['en', 'zh'] });
        const hash = async (name: Transform, seed: number): Promise<string> =>
            (await surveyCorpus(transformedCorpus(corpus, name, seed, tokenizer))).hash;
        const first = await hash(transform, 1);
        expect(await hash(transform, 1)).toBe(first);
        expect((await hash(transform, 2)) === first).toBe(transform === 'romanized');
        expect(first).not.toBe((await surveyCorpus(corpus)).hash);
        expect(transformedCorpus(corpus, transform, 2, tokenizer).transform).toBe(
            transform === 'romanized' ? transform : `${transform}, seed 2`,
        );
    });

    it('rewrites every part of a sample, equal texts apart', async () => {
        const text = 'one two three four five six seven eight';
        const sample = { prompt: text, response: text, turns: [{ role: 'user', content: text }] };
        const corpus = corpusOf({ en: [sample, sample] });
        const [first, second] = await samplesOf(transformedCorpus(corpus, 'shuffled', 1, tokenizer), 'en');
        const parts = [first, second].flatMap((one) => [one!.prompt, one!.response, one!.turns![0]!.content]);
        expect(new Set(parts).size).toBe(6);
        for (const part of parts) expect(sorted(part, 'en')).toEqual(sorted(text, 'en'));
    });
});
