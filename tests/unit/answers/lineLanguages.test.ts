import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { answerWords } from '../../../src/answers/answerWords.js';
import { lineLanguage, lineLanguages } from '../../../src/answers/lineLanguages.js';
import { linesOf } from '../../../src/answers/plainLines.js';
import { language } from '../../../src/experiments/answerMetrics/language.js';
import { everydayLanguages } from '../../../src/questions/sources/everyday.js';

interface Labelled {
    readonly asked: string;
    readonly line: string;
    /** Null: too short to tell. */
    readonly language: string | null;
    /** Words in another script, without names. */
    readonly foreign?: readonly string[];
}

const lines = readFileSync('tests/unit/answers/lines.jsonl', 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Labelled);
const candidates = language.answerLanguages(['en']);

describe('the language of 300 labelled lines of 15 languages', () => {
    const found = lines.map((one) => ({ ...one, found: lineLanguage(one.line, one.asked, candidates) }));
    const count = (is: (one: (typeof found)[number]) => boolean): number => found.filter(is).length;
    const own = found.filter((one) => one.language === one.asked);
    const other = found.filter((one) => one.language !== null && one.language !== one.asked);

    it('has 20 lines of each language, all of them different', () => {
        expect(new Set(lines.map(({ line }) => line)).size).toBe(300);
        for (const asked of everydayLanguages) expect(lines.filter((one) => one.asked === asked)).toHaveLength(20);
    });

    it('is found with the precision and recall that docs/method.md states', () => {
        const foundOwn = count((one) => one.found === one.asked);
        const foundOther = count((one) => one.found !== undefined && one.found !== one.asked);
        const rightOwn = own.filter((one) => one.found === one.asked).length;
        const rightOther = other.filter((one) => one.found !== undefined && one.found !== one.asked).length;
        expect({ own: [own.length, foundOwn, rightOwn], other: [other.length, foundOther, rightOther] }).toEqual({
            own: [184, 177, 177],
            other: [71, 71, 70],
        });
        expect(other.filter((one) => one.found === one.language)).toHaveLength(68);
    });

    it('is not guessed of lines that are too short', () => {
        expect(count((one) => one.language === null)).toBe(45);
        expect(found.filter((one) => one.language === null && one.found !== undefined)).toEqual([]);
    });

    it('has the words of other scripts that were labelled, and no other', () => {
        for (const { line, asked, foreign = [] } of [...own, ...found.filter((one) => one.language === null)])
            expect([line, ...answerWords(line, asked).foreign]).toEqual([line, ...foreign]);
    });
});

describe('the lines of an answer', () => {
    it('are counted by their languages, short ones apart', () => {
        const text =
            'Natürlich!\n\nDer Zug nach Hause hatte wieder eine halbe Stunde Verspätung.\r\n' +
            'You should always keep a small notebook next to your bed.\n42\n';
        expect(lineLanguages(text, 'de', candidates)).toEqual({
            own: 1,
            others: new Map([['en', 1]]),
            undetermined: 1,
        });
    });

    it('are without code, formulas, addresses and tags', () => {
        const text =
            'Ein Beispiel:\n```js\nconst answer = thisIsCode(forNobody);\n```\nsiehe `printf` und https://example.org/en\n' +
            '$$x = \\text{const}$$\n<b>fett</b>\n~~~\nunclosed code in English words';
        expect(linesOf(text).map((line) => line.trim())).toEqual(['Ein Beispiel:', 'siehe   und', 'fett']);
    });

    it('are in no language where the detector does not know the one asked', () => {
        expect(lineLanguages('Janetek egunero bederatzi arrautza saltzen ditu.', 'eu', candidates)).toEqual({
            own: 0,
            others: new Map(),
            undetermined: 1,
        });
    });
});

describe('words in another script', () => {
    it.each([
        ['de', 'Das Team fand das Meeting okay.', []],
        ['de', 'Der Winkel α und die Zahl π, дом und 漢字', ['дом', '漢字']],
        ['th', 'ใช้ iPhone หรือ USB ยาว 5 km และ mp3', []],
        ['th', 'ใช้ the best way ก็ได้', ['the', 'best', 'way']],
        ['ja', 'カレーとコーヒーと漢字', []],
        ['ko', '漢字와 한글', ['漢字']],
        ['sr', 'Ово је обичан текст', []],
    ])('of %s: %s', (asked, text, foreign) => {
        expect(answerWords(text, asked).foreign).toEqual(foreign);
    });

    it('are of all words', () => {
        expect(answerWords('ใช้ the best way ก็ได้', 'th').words).toBe(3 + 2);
        expect(answerWords('', 'th')).toEqual({ words: 0, foreign: [] });
    });
});
