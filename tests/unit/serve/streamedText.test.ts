import fc from 'fast-check';
import { expect, it } from 'vitest';
import { textBefore } from '../../../src/engine/scheduler/stops.js';
import { StreamedText } from '../../../src/serve/StreamedText.js';
import { byteTokens, tokensOf } from '../../helpers/byteTokens.js';

/** Few letters, so that stops and their beginnings are met; characters of one to four bytes, U+FEFF among them. */
const text = fc.string({ unit: fc.constantFrom('a', 'b', 'é', '中', '🙂', '🙃', '\uFEFF'), maxLength: 40 });
const stops = fc.array(
    fc.string({ unit: fc.constantFrom('a', 'b', 'é', '中', '🙂', '\uFEFF'), minLength: 1, maxLength: 4 }),
    { maxLength: 3 },
);

it('pieces of a text, cut anywhere, make the text up to its first stop, and nothing is taken back', () => {
    fc.assert(
        fc.property(text, stops, fc.array(fc.nat(5), { minLength: 1 }), (whole, stops, sizes) => {
            const tokens = tokensOf(whole);
            const streamed = new StreamedText(byteTokens, stops);
            let sent = '';
            for (let length = 0, i = 0; length < tokens.length; i++) {
                length = Math.min(tokens.length, length + 1 + sizes[i % sizes.length]!);
                const soFar = tokens.slice(0, length);
                sent += streamed.grow(soFar);
                expect(textBefore(whole, stops).startsWith(sent)).toBe(true);
                expect(streamed.characters).toBe([...sent].length);
                if (textBefore(byteTokens.textOf(soFar), stops) !== byteTokens.textOf(soFar)) break; // it is over
            }
            sent += streamed.end(textBefore(whole, stops));
            expect(sent).toBe(textBefore(whole, stops));
        }),
        { numRuns: 2000 },
    );
});

it('what no stop can reach back into is sent at once', () => {
    const streamed = new StreamedText(byteTokens, ['stop']);
    expect(streamed.grow(tokensOf('on and on'))).toBe('on and on');
    expect(streamed.grow(tokensOf('on and on st'))).toBe(' ');
    expect(streamed.grow(tokensOf('on and on step'))).toBe('step');
});

it('U+FEFF is a character at the beginning too', () => {
    const streamed = new StreamedText(byteTokens, []);
    expect(streamed.grow(tokensOf('\uFEFFa'))).toBe('\uFEFFa');
});
