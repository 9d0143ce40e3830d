import type { CsvTable } from '../../files/csv.js';

/** One cell: a name, or a number that may be missing. */
export type DataCell = CsvTable['rows'][number][number];

/** A table as it goes into a CSV file. */
export interface DataTable extends CsvTable {
    /** File name without its ending. */
    readonly name: string;
}
