import type { Measured } from '../numbers.js';

/** One cell: a name, or a number that may be missing. */
export type DataCell = string | Measured;

/** A table as it goes into a CSV file. */
export interface DataTable {
    /** File name without its ending. */
    readonly name: string;
    readonly columns: readonly string[];
    readonly rows: readonly (readonly DataCell[])[];
}
