import { describe, expect, it } from 'vitest';
import { describeMatrix } from '../../../src/commands/words/describeMatrix.js';
import { accuracy } from '../../../src/experiments/answerMetrics/accuracy.js';
import { buildSet, estimates } from '../../../src/experiments/matrices/buildSet.js';
import type { setConditions } from '../../../src/experiments/conditions/conditions.js';
import { language, languageMetric } from '../../../src/experiments/answerMetrics/language.js';
import { judgeLanguage, LanguageSheet } from '../../../src/experiments/answerMetrics/LanguageSheet.js';
import { matrixShape } from '../../../src/experiments/results/DeactivationMatrix.js';
import { type ModelState, wholeModel } from '../../../src/interventions/ModelState.js';
import { everyday, everydayLanguages } from '../../../src/questions/sources/everyday.js';
import { openQuestions } from '../../../src/questions/sources/openQuestions.js';
import { promptTemplates } from '../../../src/questions/templates/promptTemplates.js';
import { nonFinite } from '../../../src/files/nonFinite.js';
import { someMeasurement } from '../../helpers/analysed.js';

const candidates = language.answerLanguages(['de']);
const german = 'Am Abend gehen wir gern noch einmal durch den Garten.';
const english = 'You should always keep a small notebook next to your bed.';
const french = 'Il vaut mieux partir tôt pour éviter la foule sur la route.';

describe('the language of an answer', () => {
    it.each<[string, string, boolean, string | undefined]>([
        ['in the language asked', german, true, undefined],
        ['with short lines', `Gern!\n\n${german}\nOK.`, true, undefined],
        ['with one line in another', `${german}\n${german}\n${english}`, false, 'en'],
        ['in another', english, false, 'en'],
        ['in two others, most in the second', `${french}\n${english}\n${english}`, false, 'en'],
        [
            'of short lines only, which are German together',
            'Ein Ei,\nein Brot,\nund dann noch\nein Apfel',
            true,
            undefined,
        ],
        ['too short', 'Ja.', false, undefined],
        ['empty', '', false, undefined],
    ])('%s', (_, text, passes, instead) => {
        expect(judgeLanguage(text, 'de', candidates)).toMatchObject({ passes, instead });
    });
});

describe('a cell', () => {
    const answers = [german, `${german}\nDas heißt 你好 und 谢谢.`, `${german}\n${english}`, english, 'Ja.'];
    const sheet = new LanguageSheet(2, ['de', 'de', 'de', 'de', 'de'], candidates);
    for (const [place, text] of answers.entries()) {
        sheet.mark(0, place, german, { tokens: 9, end: 'stop' });
        sheet.mark(1, place, text, { tokens: 7, end: place === 4 ? 'length' : 'stop' });
    }
    const all = [...answers.keys()];

    it('has the line pass rate, and the shares beside it', () => {
        const { numerators, weights, samples, shares, instead } = sheet.cell(1, all);
        expect([...numerators]).toEqual([1, 1, 0, 0, 0]);
        expect([...weights]).toEqual([1, 1, 1, 1, 1]);
        expect(samples).toBe(5);
        // Lines: de; de and de; de and en; en; one too short.
        // Words: 10, 10 + 5, 10 + 11, 11, 1.
        expect(shares).toEqual({
            language: 3 / 5,
            lines: 4 / 6,
            undeterminedLines: 1 - 6 / 7,
            wordPass: 1 / 2,
            words: 1 - 2 / 58,
            undetermined: 1 / 5,
            cut: 1 / 5,
        });
        expect(instead).toEqual({ en: 2 });
        expect(sheet.tokens(1, 3)).toBe(7);
    });

    it('without a line or a passing answer has no share of them', () => {
        const short = new LanguageSheet(1, ['de'], candidates);
        expect(short.has(0, 0)).toBe(false);
        short.mark(0, 0, '42', { tokens: 1, end: 'stop' });
        expect(short.has(0, 0)).toBe(true);
        const { shares } = short.cell(0, [0]);
        expect(shares).toMatchObject({ lines: NaN, wordPass: NaN, words: NaN, undetermined: 1 });
    });

    it('is shown with its shares and the languages instead, and kept in a matrix', () => {
        const condition = (name: string): ModelState => ({ ...wholeModel, name });
        const conditions: ReturnType<typeof setConditions> = {
            own: [condition('own')],
            controls: [[condition('control')]],
        };
        const measurements = {
            cell: ({ name }: ModelState) => sheet.cell(name === 'own' ? 1 : 0, all),
            decodedTokens: () => 0,
        };
        const metric = { kind: language, languages: ['de'], settings: {} };
        const set = buildSet(metric, conditions, estimates(metric, measurements));
        const matrix = { ...someMeasurement, metric: 'language', languages: ['de'], sets: { specific: set } };
        const text = describeMatrix(matrix);
        expect(text).toMatch(/^de +0 +100\.0 % +40\.0 % +100\.0 % +−60 /m);
        expect(text).toMatch(/^language +as a whole +lines +unclear lines +word pass rate$/m);
        expect(text).toMatch(/^de +100\.0 % → 60\.0 % +100\.0 % → 66\.7 % +0\.0 % → 14\.3 % +100\.0 % → 50\.0 %$/m);
        expect(text).toMatch(/^language +words +unknown +cut off +without, in\nde .* en 40 %$/m);
        expect(matrixShape.parse(JSON.parse(JSON.stringify(matrix, nonFinite))).sets.specific).toEqual(set);
        const broken = { ...set, instead: { ...set.instead!, baseline: [] } };
        expect(() => matrixShape.parse({ ...matrix, sets: { specific: broken } })).toThrow();
    });
});

describe('the everyday prompts', () => {
    it('are 40 in each of 15 languages, all different, and in their languages', async () => {
        const questions = await openQuestions(everyday);
        expect(questions).toMatchObject({ name: 'everyday', unnumbered: true, languages: [...everydayLanguages] });
        for (const one of everydayLanguages) {
            const prompts = await questions.inLanguage(one);
            expect(new Set(prompts.map(({ text }) => text)).size, one).toBe(40);
            expect(prompts[0]).not.toHaveProperty('answer');
            const whole = prompts.map(({ text }) => text).join('\n');
            const { language: found = one, lines } = judgeLanguage(whole, one, candidates);
            expect(found).toBe(one); // unknown of Spanish, whose short questions are near to Portuguese
            const { own, determined } = lines;
            expect(own / determined, one).toBeGreaterThan(0.9);
        }
    });

    it('have no answer that could be right, so that an accuracy of them is refused', async () => {
        const questions = await openQuestions(everyday, { languages: ['de'] });
        const options = { questions, template: promptTemplates.mathoctopus! };
        expect(languageMetric(options)).toMatchObject({ languages: ['de'], source: 'everyday' });
        expect(() => accuracy.on(options)).toThrow(
            'everyday: has prompts that no number answers, so no accuracy can be measured; use `metric: language`',
        );
    });

    it('refuse the rules of numbers', async () => {
        const questions = await openQuestions(everyday, { languages: ['de'] });
        const options = { questions, template: promptTemplates.mathoctopus!, judge: 'number' as const };
        expect(() => languageMetric(options)).toThrow(expect.objectContaining({ code: 'WRONG_USE' }));
    });
});
