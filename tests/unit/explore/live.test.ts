import { describe, expect, it } from 'vitest';
import { changeOf, languageSpans } from '../../../src/explore/live/askBoth.js';
import { OneByOne } from '../../../src/explore/live/liveRoutes.js';

describe('the languages of an answer', () => {
    const english = 'Everyone has the right to education and to a free life. ';
    const german = 'Jeder Mensch hat das Recht auf Bildung und auf ein freies Leben. ';
    const words = (text: string) => (text.match(/\S+\s*/g) ?? []).map((one) => ({ text: one, tokens: 2 }));

    it('are told by sentence, with the token of the change', () => {
        const pieces = [...words(english), ...words(english), ...words(german)];
        const tokens = 2 * pieces.length;
        const change = 4 * words(english).length;
        const spans = languageSpans(pieces, ['en', 'de', 'zh']);
        expect(spans).toEqual([
            { language: 'en', from: 0, to: change },
            { language: 'de', from: change, to: tokens },
        ]);
        expect(changeOf(spans)).toBe(change);
    });

    it('are told within a sentence that is long, by windows', () => {
        const long = `${english.repeat(3)}${german.repeat(3)}`.replaceAll('. ', ', ');
        const spans = languageSpans(words(long), ['en', 'de', 'zh']);
        expect(spans[0]).toMatchObject({ language: 'en', from: 0 });
        expect(spans.at(-1)).toMatchObject({ language: 'de', to: 2 * words(long).length });
        const began = 2 * words(english.repeat(3)).length;
        expect(Math.abs(changeOf(spans)! - began)).toBeLessThanOrEqual(2 * words(german).length);
    });

    it('are not guessed where a text is short', () => {
        const spans = languageSpans([{ text: 'Oui.', tokens: 2 }], ['en', 'fr']);
        expect(spans).toEqual([{ language: null, from: 0, to: 2 }]);
        expect(changeOf(spans)).toBeNull();
        expect(languageSpans([], ['en', 'fr'])).toEqual([]);
    });
});

describe('questions to one model', () => {
    const signal = new AbortController().signal;

    it('are answered one after another, and those that nobody wants are passed over', async () => {
        const queue = new OneByOne();
        const log: string[] = [];
        const work = (name: string) =>
            async function* (): AsyncGenerator<string> {
                log.push(`begin ${name}`);
                yield name;
                await new Promise((done) => setTimeout(done, 5));
                log.push(`end ${name}`);
            };
        const gone = new AbortController();
        const [a, b, c] = [
            queue.answer(signal, work('a')),
            queue.answer(gone.signal, work('b')),
            queue.answer(signal, work('c')),
        ];
        gone.abort(); // b is never read
        const read = async (one: AsyncGenerator<string>) => {
            for await (const name of one) log.push(name);
        };
        await Promise.all([read(c), read(a)]);
        expect(log).toEqual(['begin a', 'a', 'end a', 'begin c', 'c', 'end c']);
        await expect(read(b)).rejects.toMatchObject({ code: 'ABORTED' });
    });

    it('are passed over where nobody wants them from the start', async () => {
        const queue = new OneByOne();
        const one = async function* (): AsyncGenerator<number> {
            yield 1;
        };
        queue.answer(AbortSignal.abort(), one); // is never read
        expect(await queue.answer(signal, one).next()).toEqual({ done: false, value: 1 });
    });

    it('that wait are bounded', async () => {
        const queue = new OneByOne();
        const none = async function* (): AsyncGenerator<never> {};
        const waiting = Array.from({ length: 8 }, () => queue.answer(signal, none));
        expect(() => queue.answer(signal, none)).toThrow(/8 questions/);
        for (const one of waiting) expect(await one.next()).toMatchObject({ done: true });
        expect(await queue.answer(signal, none).next()).toMatchObject({ done: true });
    });
});
