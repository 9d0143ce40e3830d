import { checkPath } from '../../checks/checkFile.js';
import type { CheckResult } from '../../checks/CheckResult.js';
import { numberWords, secondsWords } from '../../checks/checkWords.js';
import { capitalized } from '../../support/format.js';
import { checkFigure } from '../figures/checkFigure.js';
import { html, type Html, withCode } from '../../support/html.js';
import type { DataTable } from '../tables/DataTable.js';
import { htmlTable, sentenceTable } from '../tables/htmlTable.js';
import type { Section } from './Section.js';

/** The figure of each check that has one, with its numbers and what it took. */
export function checkSections(checks: readonly CheckResult[]): Section[] {
    return checks.flatMap((check): Section[] => {
        const { name, question, verdict, sentence, figure, caption } = check;
        if (figure === undefined) return [];
        const table = tableOf(check);
        return [
            {
                id: table.name,
                chapter: 'checks',
                title: question,
                spec: checkFigure(figure),
                label: `${capitalized(name)}: ${sentence}`,
                wide: true,
                shrinks: figure.form !== 'grid', // the numbers of its cells are small already
                caption: html`<p><b>${capitalized(verdict)}.</b> ${withCode(sentence)}</p>
                    ${caption !== undefined && html`<p>${withCode(caption)}</p>`}
                    <p class="small">${sourceWords(check)}</p>`,
                numbers: html`${numbersTable(check)}${htmlTable(table)}`,
                table,
            },
        ];
    });
}

/** All verdicts, one below the other; nothing where nothing was checked. */
export function verdictTable(checks: readonly CheckResult[]): Html | false {
    if (checks.length === 0) return false;
    const rows = checks.map(({ question, verdict, sentence }) => [
        question,
        html`<b>${verdict}</b>`,
        withCode(sentence),
    ]);
    return html`<section>
        ${sentenceTable('Checks', ['question', 'verdict', 'why'], rows)}
        <p class="small">
            Each check is a question that a reviewer asks. “Holds”: the finding passes it. “Doubtful”: there is a reason
            to doubt. “Fails”: the check speaks against the finding. “Not told”: what the check needs is not there. The
            docs say of each what it computes and when to worry.
        </p>
    </section>`;
}

/** The numbers that the verdict rests on. */
function numbersTable({ name, numbers }: CheckResult): Html | false {
    if (numbers.length === 0) return false;
    const rows = numbers.map((number): [string, string] => [number.name, numberWords(number)]);
    return htmlTable({ name: `numbers of ${name}`, columns: ['number', 'value'], rows });
}

function tableOf({ name, table, numbers }: CheckResult): DataTable {
    const { columns, rows } = table ?? {
        columns: ['number', 'value'],
        rows: numbers.map((number) => [number.name, number.value]),
    };
    return { name: `check.${name}`, columns, rows };
}

function sourceWords({ name, seconds, source }: CheckResult): string {
    const settings = Object.entries(source.settings).map(([setting, value]) => `${setting} ${String(value)}`);
    const made = [...settings, ...(source.data === undefined ? [] : [`texts ${source.data.join(', ')}`])];
    const words = made.length > 0 ? ` with ${made.join(', ')}` : '';
    return `Took ${secondsWords(seconds)}${words}; all of it is in ${checkPath('', name)}.`;
}
