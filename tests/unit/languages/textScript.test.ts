import { describe, expect, it } from 'vitest';
import { shownToken } from '../../../src/effects/shownToken.js';
import { scriptOf } from '../../../src/languages/scriptOf.js';
import { languageOfScript, textScript } from '../../../src/languages/textScript.js';

describe('the script of a text', () => {
    it.each([
        [' the', 'Latn'],
        ['naïve', 'Latn'],
        ['кот', 'Cyrl'],
        ['ελ', 'Grek'],
        ['北京', 'Hani'],
        ['です', 'Hira'],
        ['한국', 'Hang'],
        ['แมว1', 'Thai'],
        ['বাংলা', 'Beng'],
        ['a北', undefined],
        ['12.', undefined],
        ['', undefined],
        ['😀', undefined],
        ['\u0e31', undefined], // a mark alone is no letter
    ])('%j is %s', (text, script) => {
        expect(textScript(text)).toBe(script);
    });

    it('tells the language that alone is written in it', () => {
        const of = (script: string | undefined, ...tags: string[]): string | undefined =>
            languageOfScript(
                script,
                tags.map((tag) => ({ tag, script: scriptOf(tag).script })),
            );
        expect(of('Hani', 'en', 'zh')).toBe('zh');
        expect(of('Hani', 'zh', 'ja')).toBeUndefined();
        expect(of('Hira', 'zh', 'ja')).toBe('ja');
        expect(of('Hang', 'zh', 'ko')).toBe('ko');
        expect(of('Latn', 'en', 'de', 'th')).toBeUndefined();
        expect(of('Latn', 'en', 'th')).toBe('en');
        expect(of('Cyrl', 'en', 'th')).toBeUndefined();
        expect(of(undefined, 'en')).toBeUndefined();
    });
});

describe('a token on one line', () => {
    it.each<[string, string]>([
        [' the', '▁the'],
        ['\n\t\u0000', '\\n\\t\\u{0}'],
        ['\u202eabc\u2028', '\\u{202e}abc\\u{2028}'],
        ['a\udce4\udcbd', 'a‹e4bd›'],
        ['x'.repeat(12), `${'x'.repeat(10)}…`],
        ['😀'.repeat(12), `${'😀'.repeat(10)}…`],
        ['\udcff'.repeat(11), `‹${'ff'.repeat(10)}›…`],
    ])('%j is written %s', (text, shown) => {
        expect(shownToken(text, 10)).toBe(shown);
    });
});
