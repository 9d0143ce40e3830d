import { join } from 'node:path';
import { type CsvOptions, toCsv } from '../../files/csv.js';
import { writeFileAtomic } from '../../files/fileAccess.js';
import { indented, readJsonIfAny, writeJson } from '../../files/versionedJson.js';
import { checkOperation, deactivation, type Operation } from '../../interventions/Operation.js';
import { type DeactivationMatrix, matrixShape } from '../results/DeactivationMatrix.js';
import { matrixTable } from './matrixTable.js';
import { checkResultName, matrixPath, resultName, resultOf, resultsIn } from './resultPaths.js';
import { checkSettings } from '../../settings/checkSetting.js';
import { csvTable } from '../../settings/settings.js';

const matrixFormat = {
    format: 'language-neurons/matrix',
    version: 1,
    what: 'a deactivation matrix',
    shape: matrixShape,
} as const;

/**
 * Writes a matrix, and the same cells as CSV beside it.
 * @throws LanguageNeuronsError UNWRITABLE
 */
export async function writeMatrix(folder: string, matrix: DeactivationMatrix, options: CsvOptions = {}): Promise<void> {
    checkSettings(options, csvTable, {});
    const { metric, operation } = matrix;
    await writeFileAtomic(join(folder, `${resultName(metric, operation)}.csv`), toCsv(matrixTable(matrix), options));
    await writeJson(matrixPath(folder, metric, operation), matrixFormat, matrix, indented);
}

/**
 * The matrix of a run folder, or undefined where it has none.
 * @param operation default: deactivation
 * @throws LanguageNeuronsError DAMAGED
 */
export async function readMatrix(
    folder: string,
    metric: string,
    operation: Operation = deactivation,
): Promise<DeactivationMatrix | undefined> {
    checkOperation(operation);
    return readNamed(folder, resultName(metric, operation));
}

/**
 * All matrices of a run folder: by metric as listed, and of deactivation before other operations.
 * @throws LanguageNeuronsError DAMAGED
 */
export async function readMatrices(folder: string): Promise<DeactivationMatrix[]> {
    const found = await Promise.all((await resultsIn(folder, 'matrix')).map((name) => readNamed(folder, name)));
    return found.filter((matrix) => matrix !== undefined);
}

async function readNamed(folder: string, name: string): Promise<DeactivationMatrix | undefined> {
    const path = join(folder, `${name}.json`);
    const isDeactivation = resultOf(`${name}.json`)?.operation === undefined;
    const mend = `run ${isDeactivation ? 'deactivate' : 'intervene'} again`;
    const matrix = await readJsonIfAny(path, matrixFormat, mend);
    if (matrix !== undefined) checkResultName(path, resultName(matrix.metric, matrix.operation), mend);
    return matrix;
}
