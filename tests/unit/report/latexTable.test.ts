import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { latexTable } from '../../../src/report/tables/latexTable.js';
import { writeReport } from '../../../src/report/writeReport.js';
import { temporaryFolder } from '../../helpers/temporaryFolder.js';
import { buildInput } from './fixture.js';

const hasLatex =
    spawnSync('pdflatex', ['--version']).status === 0 && spawnSync('kpsewhich', ['booktabs.sty']).status === 0;
const hostile = 'a_b & 50 % of {x} #1 $y$ ~z ^w \\input{/etc/passwd} → λ\u0000\n';

/** The cells of a table's body, by its row ends and column ends that are not escaped. */
function bodyOf(text: string): string[][] {
    const body = /\\midrule\n([^]*?)\n {2}\\bottomrule/.exec(text)![1]!;
    return body.split(/ \\\\\n?/).flatMap((row) => (row === '' ? [] : [row.trim().split(/ (?<!\\)& /)]));
}

describe('a table for LaTeX', () => {
    it('has numbers with as many decimals in a column, intervals in one column, and what is missing as a dash', () => {
        const table = latexTable(
            {
                name: 'x',
                columns: [
                    'language',
                    'tokens',
                    'beyondControl',
                    'beyondControlLow',
                    'beyondControlHigh',
                    'total low',
                    'total high',
                ],
                rows: [
                    ['zh', 11339, -0.5, -1.26, 12.5, 1, 2],
                    ['de', null, 10.04, null, null, Infinity, -Infinity],
                ],
            },
            'A title\nof two lines',
        );
        expect(table).toBe(
            [
                '% A title of two lines',
                '% \\usepackage{booktabs}',
                '\\begin{tabular}{@{}lrrrr@{}}',
                '  \\toprule',
                '  language & \\multicolumn{1}{r}{tokens} & \\multicolumn{1}{r}{beyond control} & ' +
                    '\\multicolumn{1}{r}{beyond control, 95\\,\\%} & \\multicolumn{1}{r}{total, 95\\,\\%} \\\\',
                '  \\midrule',
                '  zh & 11339 & $-$0.5 & [$-$1.3, 12.5] & [1, 2] \\\\',
                '  de & -- & 10.0 & -- & [$\\infty$, $-\\infty$] \\\\',
                '  \\bottomrule',
                '\\end{tabular}',
                '',
            ].join('\n'),
        );
    });

    it('shows what LaTeX would take for commands as text', () => {
        const [[cell]] = bodyOf(latexTable({ name: 'x', columns: ['label'], rows: [[hostile]] }, 't')) as [[string]];
        expect(cell).toBe(
            'a\\_b \\& 50 \\% of \\{x\\} \\#1 \\$y\\$ \\textasciitilde{}z \\textasciicircum{}w ' +
                '\\textbackslash{}input\\{/etc/passwd\\} $\\rightarrow$ $\\lambda$',
        );
    });

    it('is beside every CSV of a report, with as many rows, or languages by languages, and compiles', async () => {
        const folder = temporaryFolder();
        const { tables, latex } = await writeReport(folder, { ...buildInput(), title: hostile });
        expect(latex.map((path) => basename(path, '.tex'))).toEqual(tables.map((path) => basename(path, '.csv')));
        for (const path of latex) {
            const body = bodyOf(readFileSync(path, 'utf8'));
            const columns = /\{@\{\}([lr]+)@\{\}\}/.exec(readFileSync(path, 'utf8'))![1]!.length;
            expect(body.length).toBeGreaterThan(0);
            for (const row of body) expect(row).toHaveLength(columns);
        }
        if (!hasLatex) return;
        const inputs = latex.map((path) => `\\input{${path}}\n\n`).join('');
        const more = latexTable({ name: 'x', columns: [hostile, 'n'], rows: [[hostile, -1.5]] }, hostile);
        writeFileSync(
            join(folder, 'paper.tex'),
            `\\documentclass{article}\\usepackage{booktabs}\\begin{document}\\tiny\n${inputs}${more}\\end{document}\n`,
        );
        execFileSync('pdflatex', ['-halt-on-error', '-interaction=nonstopmode', 'paper.tex'], {
            cwd: folder,
            stdio: 'ignore',
        });
        expect(readFileSync(join(folder, 'paper.pdf')).subarray(0, 5).toString()).toBe('%PDF-');
    });
});
