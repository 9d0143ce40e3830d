import { formatShort } from '../../support/format.js';
import { html, Html, type HtmlValue } from '../../support/html.js';
import { ownValue } from '../facts/numbers.js';
import type { DataCell, DataTable } from './DataTable.js';
import { englishName } from '../../languages/englishName.js';
import { nativeName } from '../../languages/nativeName.js';

/** Options of `htmlTable`. */
interface HtmlTableOptions {
    /** Headings by column name, where they differ from it. */
    readonly headings?: Readonly<Record<string, string>>;
    /** How a number is written, by column name; `formatShort` otherwise. */
    readonly formats?: Readonly<Record<string, (value: number | null) => string>>;
    /** Rows printed in bold above the others, such as a baseline. */
    readonly leadRows?: number;
}

/** A table as HTML. The first column heads its row; exact numbers stand in `<data value>`. */
export function htmlTable(table: DataTable, options: HtmlTableOptions = {}): Html {
    const { headings = {}, leadRows = 0 } = options;
    const body = table.rows.map((row, index) => {
        const cells = row.map((cell, column) => tableCell(cell, column, table, options));
        return html`
<tr${index < leadRows && html` class="lead"`}>${cells}</tr>`;
    });
    return tableOf(
        table.name,
        table.columns.map((column, c) => {
            const heading = ownValue(headings, column) ?? column;
            return c > 0 && table.rows.every((row) => typeof row[c] === 'string') ? textHeading(heading) : heading;
        }),
        body,
    );
}

/**
 * A table of rows of markup.
 * @param headings those of words are `textHeading`s
 * @param isFixed it is not sorted by its headings
 */
export function tableOf(name: string, headings: readonly HtmlValue[], rows: HtmlValue, isFixed = false): Html {
    return html`<div class="table" role="region" tabindex="0" aria-label="${name}">
        <table${isFixed && html` data-fixed`}>
            <thead>
                <tr>
                    ${headings.map((heading) =>
                        heading instanceof Html ? heading : html`<th scope="col">${heading}</th>`,
                    )}
                </tr>
            </thead>
            <tbody>
                ${rows}
            </tbody>
        </table>
    </div>`;
}

/**
 * A table of sentences, which wrap; on a narrow screen too.
 * @param rows the first cell heads its row; numbers are markup of their own
 */
export function sentenceTable(
    name: string,
    headings: readonly string[],
    rows: readonly (readonly HtmlValue[])[],
): Html {
    return html`<div class="table sentences" role="region" tabindex="0" aria-label="${name}">
        <table data-fixed>
            <thead>
                <tr>
                    ${headings.map(textHeading)}
                </tr>
            </thead>
            <tbody>
                ${rows.map(
                    ([head, ...cells]) =>
                        html` <tr>
                            <th scope="row">${head}</th>
                            ${cells.map((cell) => html`<td class="text">${cell}</td>`)}
                        </tr>`,
                )}
            </tbody>
        </table>
    </div>`;
}

/** A heading above words, not above numbers. */
export function textHeading(text: string): Html {
    return html`<th scope="col" class="text">${text}</th>`;
}

function tableCell(cell: DataCell, column: number, table: DataTable, options: HtmlTableOptions): Html {
    const format = ownValue(options.formats ?? {}, table.columns[column] ?? '') ?? formatShort;
    const content =
        typeof cell === 'string' ? html`${cell}` : html`<data value="${String(cell)}">${format(cell)}</data>`;
    if (column === 0) {
        const isLanguage = typeof cell === 'string' && table.columns[0] === 'language';
        return html`<th scope="row">${isLanguage ? languageName(cell) : content}</th>`;
    }
    return typeof cell === 'string' ? html`<td class="text">${content}</td>` : html`<td>${content}</td>`;
}

/** A language by its code and its names: `zh 中文 (Chinese)`. */
export function languageName(language: string): Html {
    const [own, english] = [nativeName(language), englishName(language)];
    const names = [own, english].filter(
        (name, i, all) => name !== undefined && name !== language && all.indexOf(name) === i,
    );
    if (names.length === 0) return html`${language}`;
    const shown =
        names.length === 2 ? html`<span lang="${language}" dir="auto">${names[0]}</span> ${names[1]}` : names[0];
    return html`${language} <span class="name">${shown}</span>`;
}
