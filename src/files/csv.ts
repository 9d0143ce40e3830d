import { stringify } from 'csv-stringify/sync';

/** A table as it goes into a CSV file; null where a number is missing. */
export interface CsvTable {
    readonly columns: readonly string[];
    readonly rows: readonly (readonly (string | number | null)[])[];
}

/**
 * CSV (RFC 4180) with a header line. Numbers keep their full precision; `NaN`, `Infinity` and
 * `-Infinity` are written so, missing values as empty fields.
 */
export function toCsv(table: CsvTable): string {
    return stringify(
        [table.columns, ...table.rows.map((row) => row.map((cell) => (cell === null ? '' : String(cell))))],
        { record_delimiter: '\n' },
    );
}
