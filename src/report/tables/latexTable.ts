import { isFiniteNumber } from '../facts/numbers.js';
import type { DataCell, DataTable } from './DataTable.js';

/** Most significant digits of a column's greatest number. */
const digits = 3;
const mostDecimals = 4;

const specials: Readonly<Record<string, string>> = {
    '\\': '\\textbackslash{}',
    '{': '\\{',
    '}': '\\}',
    $: '\\$',
    '&': '\\&',
    '#': '\\#',
    '%': '\\%',
    _: '\\_',
    '^': '\\textasciicircum{}',
    '~': '\\textasciitilde{}',
    '→': '$\\rightarrow$',
    '−': '$-$',
    λ: '$\\lambda$',
    τ: '$\\tau$',
};

/** A text as LaTeX shows it. Letters beyond Latin need XeLaTeX or LuaLaTeX with a font that has them. */
function latexText(text: string): string {
    const plain = text.replaceAll(/\p{Cc}+/gu, ' ');
    return plain.replaceAll(/[\\{}$&#%_^~→−λτ]/g, (character) => specials[character] ?? character);
}

/**
 * A table as a `tabular` in the manner of booktabs, to be read by `\input` in a paper's `table`. Numbers stand on the
 * right, those of a column with as many decimals; two columns of limits become one of intervals.
 * @param title stands in a comment above it
 */
export function latexTable({ columns, rows }: DataTable, title: string): string {
    const shown = columns.flatMap((name, i): Shown[] => shownColumn(columns, rows, name, i));
    const heads = shown.map(({ heading, number }) => (number ? `\\multicolumn{1}{r}{${heading}}` : heading));
    const lineOf = (cells: readonly string[]): string => `  ${cells.join(' & ')} \\\\`;
    return [
        `% ${title.replaceAll(/\s+/g, ' ')}`,
        '% \\usepackage{booktabs}',
        `\\begin{tabular}{@{}${shown.map(({ number }) => (number ? 'r' : 'l')).join('')}@{}}`,
        '  \\toprule',
        lineOf(heads),
        '  \\midrule',
        ...rows.map((_, r) => lineOf(shown.map(({ cells }) => cells[r]!))),
        '  \\bottomrule',
        '\\end{tabular}',
        '',
    ].join('\n');
}

interface Shown {
    readonly heading: string;
    readonly number: boolean;
    readonly cells: readonly string[];
}

/** A column as it is printed; none where its numbers stand in the column before. */
function shownColumn(columns: DataTable['columns'], rows: DataTable['rows'], name: string, i: number): Shown[] {
    const cells = rows.map((row) => row[i] ?? null);
    const upper = columns.indexOf(otherLimit(name, 'low', 'high') ?? '');
    if (upper >= 0) {
        const format = formatterOf([...cells, ...rows.map((row) => row[upper] ?? null)]);
        const of = name.replace(/ ?low$/i, '');
        return [
            {
                heading: `${of === '' ? '' : `${latexText(wordsOf(of))}, `}95\\,\\%`,
                number: true,
                cells: rows.map((row) =>
                    row[i] === null ? '--' : `[${format(row[i] ?? null)}, ${format(row[upper] ?? null)}]`,
                ),
            },
        ];
    }
    const lower = otherLimit(name, 'high', 'low');
    if (lower !== undefined && columns.includes(lower)) return [];
    const number = cells.every((cell) => typeof cell !== 'string');
    return [{ heading: latexText(wordsOf(name)), number, cells: cells.map(formatterOf(cells)) }];
}

/** The other column of two limits: `total high` of `total low`, `changeHigh` of `changeLow`. */
function otherLimit(name: string, from: string, to: string): string | undefined {
    const found = new RegExp(`^(.*?)(${from})$`, 'i').exec(name);
    if (found === null) return undefined;
    const [, of = '', end = ''] = found;
    return of + (end[0] === end[0]!.toUpperCase() ? to[0]!.toUpperCase() + to.slice(1) : to);
}

/** `beyondControl` as `beyond control`. */
function wordsOf(name: string): string {
    return name.replaceAll(/(?<=[a-z])([A-Z])/g, (_, letter: string) => ` ${letter.toLowerCase()}`);
}

function formatterOf(cells: readonly DataCell[]): (cell: DataCell) => string {
    const numbers = cells.filter((cell): cell is number => typeof cell === 'number' && isFiniteNumber(cell));
    const greatest = Math.max(0, ...numbers.map(Math.abs));
    const isWhole = numbers.every(Number.isInteger);
    const before = greatest === 0 ? 1 : Math.floor(Math.log10(greatest)) + 1;
    const decimals = isWhole ? 0 : Math.min(mostDecimals, Math.max(0, digits - before));
    return (cell) => {
        if (typeof cell === 'string') return latexText(cell);
        if (cell === null || Number.isNaN(cell)) return '--';
        if (!Number.isFinite(cell)) return cell < 0 ? '$-\\infty$' : '$\\infty$';
        const text = cell.toFixed(decimals);
        return text.startsWith('-') ? (Number(text) === 0 ? text.slice(1) : `$-$${text.slice(1)}`) : text;
    };
}
