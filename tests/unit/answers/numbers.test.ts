import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lastNumber } from '../../../src/answers/lastNumber.js';
import { hasRightNumber, type NumberRule } from '../../../src/answers/numberRules.js';

/** Other ways to write numbers: digits, separators, groups, signs. */
const others = (
    'ar ar-EG fa hi he ko pl pt pt-PT sv te tr vi de-CH de-AT en-IN en-ZA uk id it nl mr ne my ur cs hu ' +
    'fi bg ta ml km lo'
).split(' ');
const languages = ['en', 'ru', 'es', 'fr', 'de', 'zh', 'ja', 'bn', 'th', 'sw'];

describe('the last number of a text', () => {
    it.each<[language: string, text: string, number: number | undefined]>([
        ['en', 'She makes 16 - 7 = 9, so $1,234.50 in all.', 1234.5],
        ['en', 'The answer is 80,000.', 80000],
        ['en', 'The answer is 80.000', 80],
        ['en', 'It is -5 degrees', -5],
        ['en', 'From 10-5', 5],
        ['en', 'about 1,000,000 people.', 1_000_000],
        ['en', '3.', 3],
        ['en', 'The answer is three.', undefined],
        ['en', '', undefined],
        ['en', "100'000", 100000],
        ['en', 'room A5', 5],
        ['ru', 'Ответ: 80 000 рублей.', 80000],
        ['ru', 'Ответ: 80 000,5', 80000.5],
        ['ru', 'Ответ: 12,5', 12.5],
        ['ru', 'в 2020 году 5', 5],
        ['es', 'La respuesta es 1.000,5.', 1000.5],
        ['es', 'La respuesta es 12.000', 12000],
        ['es', 'son 70,000', 70],
        ['fr', 'La réponse est 1 234,5 euros.', 1234.5],
        ['fr', 'La réponse est 70 000.', 70000],
        ['fr', 'il y a 3 100 pommes', 3100],
        ['de', 'Die Antwort ist 1.000,5', 1000.5],
        ['de', 'Die Antwort ist 1,000.5', 1000.5],
        ['de', 'Die Antwort ist 80.000.', 80000],
        ['de', 'Die Antwort ist 10,5', 10.5],
        ['de', 'Es sind 2.5 Kilo', 2.5],
        ['de', 'minus −7 Grad', -7],
        ['de', 'Im Jahr 2020 waren es 5 Äpfel', 5],
        ['zh', '答案是70,000。', 70000],
        ['zh', '答案是７０，０００。', 70000],
        ['zh', '所以答案是18美元。', 18],
        ['zh', '没有数字', undefined],
        ['ja', '答えは１２．５です。', 12.5],
        ['ja', '答えは1,000円です', 1000],
        ['bn', 'উত্তর হল ১৮।', 18],
        ['bn', 'উত্তর হল ১,০০,০০০।', 100000],
        ['bn', 'উত্তর -৫', -5],
        ['bn', 'উত্তর ১২.৫', 12.5],
        ['th', 'คำตอบคือ ๗๐,๐๐๐', 70000],
        ['th', 'คำตอบคือ ๑๒.๕ บาท', 12.5],
        ['th', 'คำตอบคือ 18', 18],
        ['sw', 'Jibu ni 1,000.5', 1000.5],
        ['sw', 'Jibu ni 64.', 64],
        ['tlh', 'no such language: 1,234.5', 1234.5],
    ])('%s: %s', (language, text, number) => {
        expect(lastNumber(text, language)).toBe(number);
    });

    it('written by the runtime in any language is read back', () => {
        fc.assert(
            fc.property(
                fc.constantFrom(...languages, ...others),
                fc.integer({ min: -10_000_000, max: 10_000_000 }),
                fc.constantFrom(0, 0.5, 0.25),
                (language, whole, fraction) => {
                    const value = whole + (whole < 0 ? -fraction : fraction);
                    const written = new Intl.NumberFormat(language, { maximumFractionDigits: 2 }).format(value);
                    expect(lastNumber(`= 7 ... ${written} x`, language), `${language}: ${written}`).toBe(value);
                },
            ),
            { numRuns: 2000 },
        );
    });
});

describe('rules for the right number', () => {
    it.each<[rule: NumberRule, language: string, text: string, expected: number, right: boolean]>([
        ['last', 'de', 'Die Antwort ist 80.000', 80000, true],
        ['last', 'en', 'The answer is -5', 5, false],
        ['last', 'en', 'The answer is 5.0005', 5, true],
        ['last', 'en', 'The answer is 5.01', 5, false],
        ['last', 'en', 'none', 0, false],
        ['mathoctopus', 'de', 'Die Antwort ist 80.000', 80, true], // its traps
        ['mathoctopus', 'de', 'Die Antwort ist 10,5', 105, true],
        ['mathoctopus', 'en', 'The answer is -5', 5, true],
        ['mathoctopus', 'en', 'none', 0, true],
        ['mathoctopus', 'en', 'The answer is 1,234.', 1234, true],
        ['mathoctopus', 'bn', 'উত্তর হল ১৮', 18, true],
        ['mathoctopus', 'th', 'คำตอบคือ ๗๐,๐๐๐', 70000, true],
        ['lm-eval', 'en', 'The answer is $1,234.', 1234, true],
        ['lm-eval', 'en', 'The answer is 7', 7, true],
        ['lm-eval', 'en', 'The answer is 7 or 8', 7, false],
        ['lm-eval', 'bn', 'উত্তর হল ১৮', 18, false], // ASCII digits only
        ['lm-eval', 'en', 'none', 0, false],
    ])('%s, %s: %s', (rule, language, text, expected, right) => {
        expect(hasRightNumber(text, expected, language, rule)).toBe(right);
    });
});
