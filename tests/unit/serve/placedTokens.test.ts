import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TokenAnswer } from '../../../src/engine/scheduler/AnswerRequest.js';
import { textBefore, wholeCharacters } from '../../../src/engine/scheduler/stops.js';
import { StreamedText } from '../../../src/serve/StreamedText.js';
import { PlacedTokens } from '../../../src/serve/PlacedTokens.js';
import { charactersOf, TokenPlaces } from '../../../src/serve/TokenPlaces.js';
import { byteTokens, specialToken, tokensOf } from '../../helpers/byteTokens.js';

const end = 10; // a token with which the model ends answers

/** @param by what ended it: a token of the model's, a stop in its text, or its length */
function answered(tokens: readonly number[], by: 'model' | 'stop' | 'length'): TokenAnswer {
    const all = [...tokens, ...(by === 'model' ? [end] : [])];
    const logProbabilities = all.map((token) => ({ token, logProbability: -1, likeliest: [] }));
    return {
        request: { prompt: new Int32Array(1), maxTokens: tokens.length },
        answer: 0,
        tokens: Int32Array.from(tokens),
        end: by === 'length' ? by : 'stop',
        cached: 0,
        drafted: 0,
        accepted: 0,
        promptLogProbabilities: [],
        logProbabilities,
    };
}

const token = fc.oneof(
    fc.constantFrom(...['a', 'b', 'é', '中', '🙂', '\uFEFF'].map(tokensOf)),
    fc.constantFrom([specialToken], [0xe4], [0xff]),
);
const stop = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '中', '🙂'), minLength: 1, maxLength: 3 });

describe('log-probabilities of an answer', () => {
    it('are of the same tokens at once and in pieces, however these are cut, and begin in its text', () => {
        fc.assert(
            fc.property(
                fc.array(token, { maxLength: 20 }),
                fc.array(stop, { maxLength: 2 }),
                fc.boolean(),
                fc.array(fc.nat(4), { minLength: 1 }),
                fc.constantFrom('model', 'length'),
                (parts, stops, ending, sizes, otherwise) => {
                    const all = parts.flat();
                    // It is over with the token in which a stop is complete.
                    const over = all.findIndex((_, i) => {
                        const text = byteTokens.textOf(all.slice(0, i + 1));
                        return textBefore(text, stops) !== text;
                    });
                    const tokens = over < 0 ? all : all.slice(0, over + 1);
                    const by = over < 0 ? otherwise : 'stop';
                    const answer = answered(tokens, by);
                    const read = byteTokens.textOf(tokens);
                    const text = textBefore(by === 'length' ? wholeCharacters(read) : read, stops);
                    const whole = PlacedTokens.whole(byteTokens, answer, text, ending);

                    const streamed = new StreamedText(byteTokens, stops);
                    const placed = new PlacedTokens(byteTokens, { ending });
                    const pieces = [];
                    for (let length = 0, i = 0; length < tokens.length; i++) {
                        length = Math.min(tokens.length, length + 1 + sizes[i % sizes.length]!);
                        streamed.grow(tokens.slice(0, length));
                        // One more may be there already: the one that ended it.
                        pieces.push(...placed.grow(answer.logProbabilities.slice(0, length + 1), streamed.characters));
                    }
                    streamed.end(text);
                    pieces.push(...placed.rest(answer, text, streamed.characters));
                    expect(pieces).toEqual(whole);

                    const places = new TokenPlaces(byteTokens);
                    const begins = tokens.map((one) => places.next(one));
                    const kept = over < 0 ? tokens : tokens.filter((_, i) => begins[i]! < charactersOf(text));
                    const expected = by === 'model' && ending ? [...kept, end] : kept;
                    expect(whole.map((one) => one.token)).toEqual(expected);
                    expect(whole.slice(0, kept.length).map(({ begin }) => begin)).toEqual(begins.slice(0, kept.length));
                },
            ),
            { numRuns: 2000 },
        );
    });

    it('begin at code points, and special tokens that the text leaves out take no room in it', () => {
        const places = new TokenPlaces(byteTokens, 3);
        const begins = [...tokensOf('🙂'), specialToken, ...tokensOf('é'), ...tokensOf('a')].map((one) =>
            places.next(one),
        );
        expect(begins).toEqual([3, 3, 3, 3, 4, 4, 4, 5]);
        const written = new TokenPlaces(byteTokens, 0, true);
        expect([specialToken, ...tokensOf('a')].map((one) => written.next(one))).toEqual([0, 3]);
        expect(charactersOf('a🙂\uFEFF中')).toBe(4);
    });
});
