import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NativeModel } from '../../src/engine/native/addon.js';
import { Engine } from '../../src/engine/Engine.js';
import type { GeneratedAnswer } from '../../src/engine/types/engineTypes.js';
import { textBefore, StopMatcher } from '../../src/engine/scheduler/stops.js';
import { promptTemplates } from '../../src/questions/templates/promptTemplates.js';
import { embeddedModel } from '../helpers/models.js';
import { openNative } from '../helpers/native.js';
import { writeSentencePiece } from '../helpers/syntheticModels.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const folder = temporaryFolder();

const languages = ['en', 'es', 'fr', 'de', 'ru', 'zh', 'ja', 'th', 'sw', 'bn', 'te'];
const nativeCot = promptTemplates['native-cot']!;

/**
 * Words of the stops whole, in parts, and with what stands beside them; other letters go in bytes. A merge
 * needs every step on the way to be a piece, so the letters of each word come in too.
 */
function sentencePieces(): string[] {
    const words = [
        '▁Question',
        '▁Frage',
        '▁Pregunta',
        '▁Задача',
        '▁Swali',
        '。问',
        '题',
        '▁:',
        ':',
        '▁42',
        '\n\n',
        'Fra',
        'ge:',
    ];
    const parts = words.flatMap((word) => Array.from([...word].keys(), (i) => [...word].slice(0, i + 1).join('')));
    return [...new Set([...words, ...parts, ...words.flatMap((word) => [...word])])];
}

const vocabularies = [
    {
        name: 'SentencePiece',
        open: () => {
            const path = join(folder, 'sentencepiece.gguf');
            writeSentencePiece(path, sentencePieces());
            return openNative(path);
        },
    },
    { name: 'byte-level BPE (the embedded model)', open: () => openNative(embeddedModel) },
];

describe.each(vocabularies)('stop texts on a vocabulary of $name', ({ open }) => {
    let model: NativeModel;
    beforeAll(async () => {
        model = await open();
    });
    afterAll(() => model.close());

    /** Tokens until the matcher says that the answer is over, and whether it did; as many as `tokens` else. */
    async function until(
        tokens: Int32Array,
        stops: readonly string[],
    ): Promise<{ tokens: number; over: boolean; longest: number }> {
        const matcher = new StopMatcher(stops);
        let longest = 0;
        for (const [i, token] of tokens.entries()) {
            const window = matcher.add(token);
            longest = Math.max(longest, window.length);
            if (matcher.isOver((await model.detokenize([window]))[0]!)) return { tokens: i + 1, over: true, longest };
        }
        return { tokens: tokens.length, over: false, longest };
    }

    /** The same by the texts of all beginnings, each decoded as a whole. */
    async function expected(tokens: Int32Array, stops: readonly string[]): Promise<{ tokens: number; over: boolean }> {
        const texts = await model.detokenize(Array.from(tokens, (_, i) => tokens.subarray(0, i + 1)));
        const end = texts.findIndex((text) => stops.some((stop) => text.includes(stop)));
        return end < 0 ? { tokens: tokens.length, over: false } : { tokens: end + 1, over: true };
    }

    const tokensOf = async (text: string): Promise<Int32Array> => (await model.tokenize([text], false))[0]!;

    it.each(languages)('native-cot in %s ends before the next question, wherever it stands', async (language) => {
        const stops = nativeCot.stops(language);
        const next = nativeCot.write({ language, text: '1 + 1 = ?' });
        for (const lead of ['42.', '42.\n\n', 'es sind 42 ', '答案是42。', 'ตอบ 42', ' '.repeat(30), '42</', 'é']) {
            const tokens = await tokensOf(lead + next);
            const found = await until(tokens, stops);
            expect(found).toMatchObject(await expected(tokens, stops));
            expect(found.over, lead).toBe(true);
            const [text] = await model.detokenize([tokens.subarray(0, found.tokens)]);
            expect(textBefore(text!, stops)).toBe(lead);
        }
    });

    it.each([
        { text: 'Das ist die Frage : was nun', stops: ['Frage:'] },
        { text: 'La Question: oui', stops: ['Question :'] },
        { text: 'x Frag e: Fra ge:', stops: ['Frage:'] },
        { text: '</ s> < /s> <s>', stops: ['</s>'] },
        { text: 'à ã æ', stops: ['á', 'â'] }, // share their first byte
        { text: '问 题: 題:', stops: ['问题:'] },
    ])('no false hit: $text', async ({ text, stops }) => {
        expect(await until(await tokensOf(text), stops)).toMatchObject({ over: false });
    });

    it.each([
        { text: 'La Question : oui', stops: ['Question :'], rest: 'La ' },
        { text: 'xxFrage: yy', stops: ['Frage:'], rest: 'xx' },
        { text: 'abcdefgh', stops: ['defg'], rest: 'abc' },
        { text: '12🙂34', stops: ['🙂'], rest: '12' },
        { text: 'a ধাপে b', stops: ['পে '], rest: 'a ধা' },
        { text: '42</s>', stops: ['Q', '</s>'], rest: '42' },
        { text: '1 Frage: 2 Question:', stops: ['Question:', 'Frage:'], rest: '1 ' },
    ])('a stop that begins or ends inside a token, or is cut over several: $text', async ({ text, stops, rest }) => {
        const tokens = await tokensOf(text);
        const found = await until(tokens, stops);
        expect(found).toMatchObject({ ...(await expected(tokens, stops)), over: true });
        expect(textBefore((await model.detokenize([tokens.subarray(0, found.tokens)]))[0]!, stops)).toBe(rest);
    });

    it('says the same as the whole text after every token, of any tokens, and looks at a few', async () => {
        const known = languages.flatMap((language) => [...nativeCot.stops(language)]);
        const stop = fc.constantFrom(...known, ':', ' ', '\n', 'é', '题', 'e a', '?');
        const near = fc.constantFrom(
            ' ',
            '  ',
            'Question',
            ' Frage',
            ' :',
            'é',
            '问',
            '🙂',
            "' s",
            ' ?',
            'word ',
            'ধাপে',
        );
        const pieces = fc.array(fc.oneof(stop, near, fc.string({ unit: 'grapheme', maxLength: 4 })), { maxLength: 30 });
        const { vocabulary } = model.info();
        const noise = fc.array(fc.nat(vocabulary - 1), { maxLength: 60 });
        const some = fc.array(stop, { minLength: 1, maxLength: 3 });
        await fc.assert(
            fc.asyncProperty(pieces, noise, some, async (words, random, stops) => {
                for (const tokens of [await tokensOf(words.join('')), Int32Array.from(random)]) {
                    const found = await until(tokens, stops);
                    expect(found).toMatchObject(await expected(tokens, stops));
                }
            }),
            { numRuns: 300 },
        );
        // The work of a token does not grow with the answer.
        const tokens = await tokensOf('word and other words '.repeat(300));
        const { longest, over } = await until(tokens, ['no such text']);
        expect(over).toBe(false);
        expect(longest).toBeLessThan(50);
    });

    it('many lists are decoded in one call, each as if alone', async () => {
        const lists = await model.tokenize(['Frage', '', ' Question : é', '🙂'], false);
        const alone: string[] = [];
        for (const tokens of lists) alone.push(...(await model.detokenize([tokens])));
        expect(await model.detokenize(lists)).toEqual(alone);
        expect(alone[1]).toBe('');
        expect(await model.detokenize([])).toEqual([]);
        for (const wrong of [[[1, 2]], [new Uint8Array(2)], [undefined]]) {
            expect(() => model.detokenize(wrong as unknown as Int32Array[])).toThrow(TypeError);
        }
    });
});

describe('an answer that a stop ends', () => {
    it('is the answer without it up to the stop, and has cost no token more', async () => {
        const engine = await Engine.open({ model: embeddedModel, gpu: 'off', batchSize: 64, threads: 1 });
        try {
            const answerTo = async (text: string, stops: readonly string[]): Promise<GeneratedAnswer> => {
                for await (const answer of engine.generate([{ text, id: 0, stops }], { maxTokens: 24 })) return answer;
                throw new Error('no answer');
            };
            for (const prompt of ['The farmer', '老师', 'কৃষক', 'ชาวนา']) {
                const whole = await answerTo(prompt, []);
                for (const begin of [1, 6]) {
                    const stop = [...whole.text].slice(begin, begin + 3).join('');
                    const stopped = await answerTo(prompt, ['never said', stop]);
                    expect(stopped).toMatchObject({ text: textBefore(whole.text, [stop]), end: 'stop' });
                    expect(stopped.tokens).toBeLessThan(whole.tokens);
                }
            }
        } finally {
            engine.close();
        }
    });
});
