import { stringify } from 'csv-stringify/sync';

/** A table for a CSV file; null stands for a missing number. */
export interface CsvTable {
    readonly columns: readonly string[];
    readonly rows: readonly (readonly (string | number | null)[])[];
}

/** @inline */
export interface CsvOptions {
    /** The file begins with a byte-order mark, without which Excel misreads UTF-8. Default false. */
    readonly excel?: boolean | undefined;
}

/**
 * CSV (RFC 4180) with a header line. Numbers keep their full precision; `NaN`, `Infinity` and
 * `-Infinity` are written so, missing values as empty fields. A text that a spreadsheet would take for a formula, as it
 * begins with one of `=+-@`, a tab or a carriage return, has an apostrophe in front; numbers stay as they are.
 */
export function toCsv({ columns, rows }: CsvTable, options: CsvOptions = {}): string {
    return [...csvPieces(columns, [rows], options)].join('');
}

/** The same in pieces, the header first, for tables that are too large for one string. */
export function* csvPieces(
    columns: CsvTable['columns'],
    groups: Iterable<CsvTable['rows']>,
    { excel = false }: CsvOptions = {},
): Generator<string> {
    const options = { record_delimiter: '\n', escape_formulas: true } as const;
    yield stringify([columns], { ...options, bom: excel });
    for (const rows of groups) yield stringify([...rows], options);
}
