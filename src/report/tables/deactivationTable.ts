import type { DeactivationSet, MeasuredIntervention } from '../../experiments/results/DeactivationMatrix.js';
import { setTable } from '../../experiments/resultFiles/matrixTable.js';
import { operationInFiles } from '../../interventions/operationText.js';
import { metricOf } from '../../experiments/registry/metrics.js';
import type { DataTable } from './DataTable.js';

/** One line for each cell of a set. */
export function deactivationTable(name: string, set: DeactivationSet, measured: MeasuredOperation): DataTable {
    return { name: `${resultPrefix(measured)}.${fileSafe(name)}`, ...setTable(name, set) };
}

/** What was measured under what operation, and on which fold. */
export type MeasuredOperation = Pick<MeasuredIntervention, 'metric' | 'operation' | 'heldOut'>;

/** First part of the names of figures and tables: `deactivation`, `intervention.scale-0.5`, `accuracy.scale-0.5`. */
export function resultPrefix({ metric, operation }: MeasuredOperation): string {
    const { prefixes = { deactivation: metric, intervention: metric } } = metricOf(metric);
    const file = operationInFiles(operation);
    return file === undefined ? prefixes.deactivation : `${prefixes.intervention}.${file}`;
}

/** A set's name as a part of a file name. */
export function fileSafe(name: string): string {
    return name.replace(/[^A-Za-z0-9+_.-]/g, '_');
}
