import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fromHtml } from 'hast-util-from-html';
import { select, selectAll } from 'hast-util-select';
import { toString } from 'hast-util-to-string';
import { describe, expect, it } from 'vitest';
import type { Share } from '../../../src/experiments/results/DeactivationMatrix.js';
import type { ReportInput } from '../../../src/report/input/Report.js';
import { writeReport } from '../../../src/report/writeReport.js';
import { reportPage } from '../../helpers/reportPage.js';
import { folderOfTest } from '../../helpers/temporaryFolder.js';
import { buildAccuracy, buildAnswers, buildInput } from './fixture.js';

const languages = ['en', 'de', 'zh'];

const inputOf = (more: Partial<ReportInput>): ReportInput => ({ ...buildInput({ languages, layers: 2 }), ...more });

/** A report of which the figures are drawn too. */
async function written(more: Partial<ReportInput>) {
    const folder = folderOfTest();
    const { html } = await writeReport(folder, inputOf(more));
    return { tree: fromHtml(await readFile(html, 'utf8')), folder };
}

describe('what the model says', () => {
    it('stands side by side, changed languages first, and says how it was chosen', async () => {
        const { tree } = reportPage(inputOf({ answers: [buildAnswers(languages)] }));
        const section = select('[id="answers.pairs"]', tree)!;
        expect(toString(section)).toMatch(/by a\s+rule,\s+not\s+by\s+hand/);
        const isOpen = (one: (typeof section.children)[number]): boolean =>
            !('tagName' in one) || one.tagName !== 'details';
        const open = { ...section, children: section.children.filter(isOpen) };
        // English answers are in English still: nothing of it stands among the changed ones.
        expect(selectAll('h4', open).map(toString)).toEqual([
            'de Deutsch German, question 4',
            'zh 中文 Chinese, question 4',
        ]);
        expect(selectAll('.question', open).map(toString)).toEqual(['A question in de?', 'A question in zh?']);
        expect(selectAll('details h4', section)).toHaveLength(4);
        expect(toString(select('.answer.elsewhere', open)!)).toMatch(
            /Without the neurons of de, in English\s+An answer\./,
        );
        expect(toString(select('details', section)!)).toContain('in no language that is recognised, cut off');
    });

    it('is shown without questions where they are not at hand, and clipped where it is long', async () => {
        const answers = { ...buildAnswers(languages, '答'.repeat(3000)), questions: undefined };
        const { tree } = reportPage(inputOf({ answers: [answers] }));
        expect(toString(select('[id="answers.pairs"]', tree)!)).toContain(
            'The texts of the questions are not at hand.',
        );
        expect(selectAll('.question', tree)).toEqual([]);
        expect(toString(select('.answer span', tree)!)).toBe(`${'答'.repeat(700)} …`);
    });

    it('has its languages in a figure, and in a file under every condition', async () => {
        const { tree, folder } = await written({ answers: [buildAnswers(languages)] });
        expect(toString(select('#answer-languages figcaption', tree)!)).toContain(
            'questions are answered in another language: de 10\u00a0% (mostly in en), zh 10\u00a0% (mostly in en).',
        );
        const csv = await readFile(join(folder, 'tables', 'answer-languages.csv'), 'utf8');
        const rows = csv.trim().split(/\r?\n/);
        expect(rows[0]).toBe('removed,asked,answered,answers');
        expect(rows).toContain('none,de,de,10');
        expect(rows).toContain('zh,zh,en,1');
        expect(rows).toContain('zh,zh,unknown,1');
        expect(rows).toContain('zh,de,de,10');
    });

    it('is shown for each operation in a chapter of its own, in the words of what it does', async () => {
        const half = buildAnswers(languages, 'An answer.', { op: 'scale', value: 0.5 });
        const accuracy = buildAccuracy(languages, [9, 9, 9], [3, 3, 3]);
        const matrices = [accuracy, { ...accuracy, operation: half.operation }];
        const { tree, folder } = await written({ answers: [half, buildAnswers(languages)], matrices });
        expect(selectAll('h2.chapter', tree).map(toString).slice(2)).toEqual([
            'What removing them does',
            'What the model says without them',
            'What changing them otherwise does',
            'What the model says with them scaled by 0.5',
        ]);
        const pairs = toString(select('[id="answers.scale-0.5.pairs"]', tree)!);
        expect(pairs).toMatch(/With the neurons of de scaled by 0\.5, in English\s+An answer\./);
        const section = toString(select('[id="answer-languages.scale-0.5"]', tree)!);
        expect(section).toContain('the specific + related neurons of the row’s language scaled by 0.5');
        expect(section).toContain('Neurons of de changed, asked in de: 10\u00a0% in another language');
        expect(`${pairs}${section}`).not.toMatch(/without|removed/i);
        const csv = await readFile(join(folder, 'tables', 'answer-languages.scale-0.5.csv'), 'utf8');
        expect(csv).toMatch(/^changed,asked,answered,answers\r?\nnone,en,en,10/);
        // Figures are numbered in the order of the page.
        const numbers = selectAll('h3', tree).flatMap((one) => /^Figure (\d+)\./.exec(toString(one))?.[1] ?? []);
        expect(numbers).toEqual(numbers.map((_, i) => String(i + 1)));
    });
});

describe('answers that are cut off', () => {
    const none: Share = { baseline: [0, 0, 0], values: languages.map(() => [0, 0, 0]) };
    const cutOff = (cut: Share) => {
        const matrix = buildAccuracy(languages, [9, 9, 9], [3, 3, 3]);
        const shares = { number: none, language: none, unknownLanguage: none, cut };
        return { ...matrix, sets: { specific: { ...matrix.sets['specific+related']!, shares } } };
    };

    it('have a figure of their own under every condition, where there are any', async () => {
        const cut = { baseline: [0.25, 0, 0], values: [[0.5, 0, 0], [0.25, 1, 0], [0.25, 0, 0]] }; // prettier-ignore
        const { tree } = await written({ matrices: [cutOff(cut)] });
        const section = select('[id="accuracy.specific.cut"]', tree)!;
        const shares = selectAll('tbody tr', section).map((row) =>
            selectAll('data', row).map(({ properties }) => Number(properties.value)),
        );
        expect(shares).toEqual([cut.baseline, ...cut.values]);
        expect(toString(select('figcaption', section)!).replace(/\s+/g, ' ')).toContain(
            '8.3 % of the whole model’s answers',
        );
        expect(toString(section)).toContain('de removed, asked in de: 100\u00a0% cut off');
    });

    it('have none where none is cut off', async () => {
        const { tree } = reportPage(inputOf({ matrices: [cutOff(none)] }));
        expect(select('[id="accuracy.specific.cut"]', tree)).toBeUndefined();
    });
});
