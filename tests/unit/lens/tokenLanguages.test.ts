import { describe, expect, it } from 'vitest';
import { tokenLanguages } from '../../../src/lens/tokenLanguages.js';

const words = ['the', ' der', ' a', '.', ' 12', 'こん', '漢', 'б', '\uFFFD', ' rare', ' ', 'ing'];

/** By language: how often each word occurs; the last entry stands for all other tokens of the language. */
function languageOf(
    word: string,
    counts: Readonly<Record<string, Readonly<Record<string, number>>>>,
): string | undefined {
    const languages = Object.entries(counts).map(([language, { rest = 0, ...times }]) => ({
        language,
        occurrences: Uint32Array.from([...words.map((one) => times[one] ?? 0), rest]),
    }));
    return tokenLanguages(languages, (token) => words[token] ?? 'x')(words.indexOf(word));
}

describe('the language of a token', () => {
    it('is that of nine in ten of its occurrences', () => {
        expect(languageOf('the', { en: { the: 90, rest: 910 }, de: { the: 10, rest: 990 } })).toBe('en');
        expect(languageOf('the', { en: { the: 89, rest: 911 }, de: { the: 11, rest: 989 } })).toBeUndefined();
        expect(languageOf(' der', { en: { ' der': 1, rest: 99 }, de: { ' der': 20, rest: 80 } })).toBe('de');
    });

    it('does not depend on how much text a language has', () => {
        // a hundredth of either language's tokens
        const alike = { en: { ' a': 1000, rest: 99_000 }, fr: { ' a': 1, rest: 99 } };
        expect(languageOf(' a', alike)).toBeUndefined();
        expect(languageOf(' a', { en: { ' a': 20, rest: 99_980 }, fr: { ' a': 1, rest: 99 } })).toBe('fr');
    });

    it('is not told of less than five occurrences', () => {
        expect(languageOf(' rare', { en: { ' rare': 4, rest: 96 }, de: { rest: 100 } })).toBeUndefined();
        expect(languageOf(' rare', { en: { ' rare': 5, rest: 95 }, de: { rest: 100 } })).toBe('en');
    });

    it('is told by letters that one of the languages alone is written in, but for Latin ones', () => {
        const three = { en: { rest: 100 }, ja: { rest: 100 }, ru: { rest: 100 } };
        expect(languageOf('こん', three)).toBe('ja');
        expect(languageOf('漢', three)).toBe('ja');
        expect(languageOf('漢', { ...three, zh: { rest: 100 } })).toBeUndefined();
        expect(languageOf('б', three)).toBe('ru');
        expect(languageOf('б', { ...three, uk: { rest: 100 } })).toBeUndefined();
        expect(languageOf('ing', { en: { rest: 100 }, zh: { rest: 100 } })).toBeUndefined();
        // half of its occurrences are elsewhere, in quotations
        expect(languageOf('б', { ru: { б: 5, rest: 95 }, en: { б: 5, rest: 95 } })).toBe('ru');
    });

    it('is not told of digits, punctuation and blanks, whoever uses them', () => {
        for (const word of ['.', ' 12', ' '])
            expect(languageOf(word, { en: { [word]: 50, rest: 50 }, de: { rest: 100 } }), word).toBeUndefined();
    });

    it('is told of bytes that are no whole character by their occurrences alone', () => {
        expect(languageOf('\uFFFD', { en: { rest: 100 }, zh: { '\uFFFD': 9, rest: 91 } })).toBe('zh');
        expect(languageOf('\uFFFD', { en: { rest: 100 }, zh: { '\uFFFD': 4, rest: 96 } })).toBeUndefined();
    });

    it('is not told of a token that occurs nowhere', () => {
        expect(languageOf('the', { en: { rest: 100 }, de: { rest: 100 } })).toBeUndefined();
        expect(languageOf('б', { en: {}, ru: {} })).toBe('ru');
    });
});
