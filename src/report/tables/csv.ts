import { stringify } from 'csv-stringify/sync';
import type { DataCell, DataTable } from './DataTable.js';

/**
 * CSV (RFC 4180) with a header line. Numbers keep their full precision; `NaN`, `Infinity` and
 * `-Infinity` are written so, missing values as empty fields.
 */
export function toCsv(table: DataTable): string {
    return stringify([table.columns, ...table.rows.map(row => row.map(field))], { record_delimiter: '\n' });
}

function field(cell: DataCell): string {
    return cell === null ? '' : String(cell);
}
