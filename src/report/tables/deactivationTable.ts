import type { DeactivationSet, MetricName } from '../../experiments/DeactivationMatrix.js';
import { setTable } from '../../experiments/matrixTable.js';
import { metricWords } from '../metricWords.js';
import type { DataTable } from './DataTable.js';

/** One line for each cell of a set. */
export function deactivationTable(name: string, set: DeactivationSet, metric: MetricName): DataTable {
    return { name: `${metricWords[metric].prefix}.${fileSafe(name)}`, ...setTable(name, set) };
}

/** A set's name as a part of a file name. */
export function fileSafe(name: string): string {
    return name.replace(/[^A-Za-z0-9+_.-]/g, '_');
}
