import { fromHtml } from 'hast-util-from-html';
import { selectAll } from 'hast-util-select';
import { toString } from 'hast-util-to-string';
import { describe, expect, it } from 'vitest';
import { describeCurves } from '../../../src/commands/words/describeCurves.js';
import { accuracy } from '../../../src/experiments/answerMetrics/accuracy.js';
import { describeMatrix } from '../../../src/commands/words/describeMatrix.js';
import { AnswerSheet } from '../../../src/experiments/answerMetrics/AnswerSheet.js';
import { buildSet, estimates } from '../../../src/experiments/matrices/buildSet.js';
import { setConditions } from '../../../src/experiments/conditions/conditions.js';
import { wholeModel, type ModelState } from '../../../src/interventions/ModelState.js';
import type { DeactivationSet } from '../../../src/experiments/results/DeactivationMatrix.js';
import { matrixTable } from '../../../src/experiments/resultFiles/matrixTable.js';
import type { Html } from '../../../src/support/html.js';
import { divergingScale } from '../../../src/report/figures/heatmap.js';
import { cutSection } from '../../../src/report/sections/cutSection.js';
import { deactivationSection } from '../../../src/report/sections/deactivationSection.js';
import { someMeasurement } from '../../helpers/analysed.js';

/** What ten answers of the whole model, and as many without neurons, come out as. */
function setOf(whole: string, without: string, cut = 0): DeactivationSet {
    const questions = Array.from({ length: 10 }, () => ({ language: 'en', answer: 12 }));
    const sheet = new AnswerSheet(2, questions, ['en'], 'last');
    for (const place of questions.keys()) {
        sheet.mark(0, place, whole, { tokens: 5, end: 'stop' });
        sheet.mark(1, place, without, { tokens: 5, end: place < cut ? 'length' : 'stop' });
    }
    const condition = (name: string): ModelState => ({ ...wholeModel, name });
    const metric = { kind: accuracy, languages: ['en'], settings: {} };
    const measurements = {
        cell: ({ name }: ModelState) => sheet.cell(name === 'own' ? 1 : 0, [...questions.keys()]),
        decodedTokens: () => 0,
    };
    const conditions: ReturnType<typeof setConditions> = {
        own: [condition('own')],
        controls: [[condition('control')]],
    };
    return buildSet(metric, conditions, estimates(metric, measurements));
}

/** The rows of the table of answers in a section's caption, as text. */
function answersOf(caption: Html): string[][] {
    return selectAll('tr', fromHtml(String(caption))).map((row) =>
        selectAll('th, td', row).map((cell) => toString(cell).trim().replaceAll('\u00a0', ' ')),
    );
}

const facts = { ...someMeasurement, metric: 'accuracy' as const, languages: ['en'] };

describe('an accuracy of answers too short to tell', () => {
    const set = setOf('The answer is 12.', 'The farmer has twelve apples in the garden, that is 12.');

    it('is printed beside right numbers and those in an unknown language', () => {
        const text = describeMatrix({ ...facts, sets: { specific: set } });
        expect(text).toMatch(/^en +0 +0\.0 % +100\.0 %/m);
        expect(text).toMatch(/^language +right number in any language +unknown language$/m);
        expect(text).toMatch(/^en +100\.0 % → 100\.0 % +100\.0 % → 0\.0 %$/m);
        expect(describeCurves({ ...facts, total: 100, doses: [{ share: 0.01, set }] })).toMatch(
            /answers of the whole model\nlanguage +accuracy +right number in any language +unknown language\nen +0\.0 % +100\.0 % +100\.0 %$/,
        );
    });

    it('has nothing beside it where every answer is in the language', () => {
        const told = setOf('The farmer has twelve apples, that is 12.', 'The farmer has ten apples, that is 10.');
        const text = describeMatrix({ ...facts, sets: { specific: told } });
        expect(text).toMatch(/^en +0 +100\.0 % +0\.0 %/m);
        expect(text).not.toContain('right number');
    });

    it('has them in its table and in the report', () => {
        const { columns, rows } = matrixTable({ ...facts, sets: { specific: set } });
        const row = Object.fromEntries(columns.map((column, i) => [column, rows[0]![i]]));
        expect(row).toMatchObject({
            baseline: 0,
            numberBaseline: 1,
            number: 1,
            unknownLanguageBaseline: 1,
            unknownLanguage: 0,
        });
        const { caption } = deactivationSection('specific', set, facts, divergingScale([0.5]));
        expect(answersOf(caption)).toEqual([
            ['language', 'right number, unknown language'],
            ['en English', '100 %'],
        ]);
    });

    it('tells everywhere how many answers were cut off, and nothing where none was', () => {
        const some = setOf('The answer is 12.', 'The answer is 12.', 3);
        const { columns, rows } = matrixTable({ ...facts, sets: { specific: some } });
        const row = Object.fromEntries(columns.map((column, i) => [column, rows[0]![i]]));
        expect(row).toMatchObject({ cutBaseline: 0, cut: 0.3 });
        const [section] = cutSection('specific', some, facts);
        expect(section!.table!.rows).toEqual([
            ['none', 0],
            ['en', 0.3],
        ]);
        expect(String(section!.caption)).toMatch(/0.% of the whole model’s answers are cut off, and\s+30.% of those/);
        expect(cutSection('specific', set, facts)).toEqual([]);
        const cutBefore = { ...set, shares: { ...set.shares!, cut: { baseline: [0.2], values: [[0]] } } };
        const curves = (one: DeactivationSet) =>
            describeCurves({ ...facts, total: 100, doses: [{ share: 0.01, set: one }] });
        expect(curves(cutBefore)).toMatch(/ cut off\nen .* 20\.0 %$/);
        expect(curves(set)).not.toContain('cut off');
    });
});
