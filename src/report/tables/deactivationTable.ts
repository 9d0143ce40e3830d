import type { DeactivationSet } from '../../experiments/DeactivationMatrix.js';
import { cellsOf } from '../matrixFacts.js';
import type { DataTable } from './DataTable.js';

/** One line for each cell of a set; `relative` and `controlRelative` are fractions of the baseline. */
export function deactivationTable(name: string, set: DeactivationSet): DataTable {
    return {
        name: `deactivation.${fileSafe(name)}`,
        columns: [
            'set', 'row', 'column', 'baseline', 'value', 'change', 'relative',
            'control', 'controlRelative', 'samples', 'neurons',
        ],
        rows: cellsOf(set).flat().map(cell => [
            name, cell.row, cell.column, cell.baseline, cell.value, cell.change, cell.relative,
            cell.control, cell.controlRelative, cell.samples, cell.neurons,
        ]),
    };
}

/** A set's name as a part of a file name. */
export function fileSafe(name: string): string {
    return name.replace(/[^A-Za-z0-9+_.-]/g, '_');
}
