import { join } from 'node:path';
import { z } from 'zod';
import { type CsvOptions, toCsv } from '../files/csv.js';
import { defined } from '../support/defined.js';
import { LanguageNeuronsError } from '../errors.js';
import { readTextIfAny, writeFileAtomic } from '../files/fileAccess.js';
import { nonFinite } from '../files/nonFinite.js';
import { deactivation, type Operation } from '../interventions/Operation.js';
import type { DeactivationMatrix, MetricName } from './DeactivationMatrix.js';
import { areOf, measuredShape, setShape } from './matrixShapes.js';
import { matrixTable } from './matrixTable.js';
import { matrixPath, resultName, resultsIn } from './resultPaths.js';

/**
 * 4: numbers that are not finite by name, the model and its neurons. 5: of another operation than deactivation; of that
 * one still written as 4. Format 3 is still read.
 */
const [ofDeactivation, ofOthers] = [4, 5] as const;
const file = z.object({
    format: z.literal('language-neurons/matrix'),
    version: z.union([z.literal(3), z.literal(ofDeactivation), z.literal(ofOthers)]),
    ...measuredShape,
    sets: z.object({
        specific: setShape.optional(),
        'specific+related': setShape.optional(),
        'specific+related+general': setShape.optional(),
        experts: setShape.optional(),
    }),
});
const consistent = file.refine(({ languages, sets }) => areOf(languages, Object.values(defined(sets))));

/**
 * Writes a matrix, and the same cells as CSV beside it.
 * @throws LanguageNeuronsError UNWRITABLE
 */
export async function writeMatrix(folder: string, matrix: DeactivationMatrix, options: CsvOptions = {}): Promise<void> {
    const { metric, operation } = matrix;
    const version = operation === undefined ? ofDeactivation : ofOthers;
    const text = JSON.stringify({ format: 'language-neurons/matrix', version, ...matrix }, nonFinite, 1);
    await writeFileAtomic(join(folder, `${resultName(metric, operation)}.csv`), toCsv(matrixTable(matrix), options));
    await writeFileAtomic(matrixPath(folder, metric, operation), `${text}\n`);
}

/**
 * The matrix of a run folder, or undefined where it has none.
 * @param operation default: deactivation
 * @throws LanguageNeuronsError DAMAGED
 */
export async function readMatrix(
    folder: string,
    metric: MetricName,
    operation: Operation = deactivation,
): Promise<DeactivationMatrix | undefined> {
    return readNamed(folder, resultName(metric, operation));
}

/**
 * All matrices of a run folder: of perplexity first, and of deactivation before other operations.
 * @throws LanguageNeuronsError DAMAGED
 */
export async function readMatrices(folder: string): Promise<DeactivationMatrix[]> {
    const found = await Promise.all((await resultsIn(folder, 'matrix')).map((name) => readNamed(folder, name)));
    return found.filter((matrix) => matrix !== undefined);
}

async function readNamed(folder: string, name: string): Promise<DeactivationMatrix | undefined> {
    const path = join(folder, `${name}.json`);
    const text = await readTextIfAny(path);
    if (text === undefined) return undefined;
    try {
        const { format: _, version: __, sets, ...matrix } = consistent.parse(JSON.parse(text));
        if (resultName(matrix.metric, matrix.operation) !== name) throw new Error('of another metric or operation');
        return { ...defined(matrix), sets: defined(sets) } as DeactivationMatrix;
    } catch (cause) {
        const command = name === resultName('ppl') || name === resultName('accuracy') ? 'deactivate' : 'intervene';
        throw new LanguageNeuronsError(
            'DAMAGED',
            `${path}: not a deactivation matrix of this version; run ${command} again`,
            { cause },
        );
    }
}
