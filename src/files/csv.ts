import { stringify } from 'csv-stringify/sync';

/** A table as it goes into a CSV file; null where a number is missing. */
export interface CsvTable {
    readonly columns: readonly string[];
    readonly rows: readonly (readonly (string | number | null)[])[];
}

export interface CsvOptions {
    /** Begin with a byte-order mark, without which Excel takes UTF-8 for the alphabet of the country. Default false. */
    readonly excel?: boolean | undefined;
}

/**
 * CSV (RFC 4180) with a header line. Numbers keep their full precision; `NaN`, `Infinity` and
 * `-Infinity` are written so, missing values as empty fields. A text that a spreadsheet would take for a formula, as it
 * begins with one of `=+-@`, a tab or a carriage return, has an apostrophe in front; a number never.
 */
export function toCsv(table: CsvTable, { excel = false }: CsvOptions = {}): string {
    return stringify([table.columns, ...table.rows], { record_delimiter: '\n', escape_formulas: true, bom: excel });
}
