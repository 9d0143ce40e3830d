import { join } from 'node:path';
import { z } from 'zod';
import { toCsv } from '../files/csv.js';
import { defined } from '../support/defined.js';
import { LanguageNeuronsError } from '../errors.js';
import { readTextIfAny, writeFileAtomic } from '../files/fileAccess.js';
import { jsonNumber } from '../files/jsonNumber.js';
import { nonFinite } from '../files/nonFinite.js';
import { type DeactivationMatrix, type MetricName, metricNames } from './DeactivationMatrix.js';
import { matrixTable } from './matrixTable.js';

/** Format 3 had null for a perplexity that overflows. */
const number = z.union([jsonNumber, z.null().transform(() => Infinity)]);
const row = z.array(number);
const grid = z.array(row);
const interval = z.tuple([number, number]).nullable();
const share = z.object({ baseline: row, values: grid });
const set = z.object({
    rows: z.array(z.string()),
    columns: z.array(z.string()),
    baseline: row,
    values: grid,
    change: grid,
    control: grid,
    controls: z.array(grid),
    beyondControl: grid,
    intervals: z.object({
        baseline: z.array(interval),
        values: z.array(z.array(interval)),
        change: z.array(z.array(interval)),
        beyondControl: z.array(z.array(interval)),
    }),
    samples: grid,
    neurons: z.array(z.number().int()),
    answers: z.object({ number: share, language: share, untold: share }).optional(),
});
/** 4: numbers that are not finite by name, the model and its neurons. Format 3 is still read. */
const version = 4;
const file = z.object({
    format: z.literal('language-neurons/matrix'),
    version: z.union([z.literal(3), z.literal(version)]),
    metric: z.enum(metricNames as [MetricName, ...MetricName[]]),
    settings: z.record(z.string(), z.union([z.string(), z.number()])),
    languages: z.array(z.string()),
    model: z.object({ name: z.string(), quantization: z.string(), fingerprint: z.string() }).optional(),
    neurons: z.string().optional(),
    counted: z.record(z.string(), z.number()).optional(),
    sets: z.object({
        specific: set.optional(),
        'specific+related': set.optional(),
        'specific+related+general': set.optional(),
        experts: set.optional(),
    }),
    whole: z.record(z.string(), z.object({ numerators: row, weights: row })),
    decodedTokens: z.number(),
});

export function matrixPath(folder: string, metric: MetricName): string {
    return join(folder, `${metric}.matrix.json`);
}

/**
 * Writes a matrix, and the same cells as CSV beside it.
 * @throws LanguageNeuronsError UNWRITABLE
 */
export async function writeMatrix(folder: string, matrix: DeactivationMatrix): Promise<void> {
    const text = JSON.stringify({ format: 'language-neurons/matrix', version, ...matrix }, nonFinite, 1);
    await writeFileAtomic(join(folder, `${matrix.metric}.matrix.csv`), toCsv(matrixTable(matrix)));
    await writeFileAtomic(matrixPath(folder, matrix.metric), `${text}\n`);
}

/**
 * The matrix of a run folder, or undefined where it has none.
 * @throws LanguageNeuronsError DAMAGED
 */
export async function readMatrix(folder: string, metric: MetricName): Promise<DeactivationMatrix | undefined> {
    const path = matrixPath(folder, metric);
    const text = await readTextIfAny(path);
    if (text === undefined) return undefined;
    try {
        const { format: _, version: __, sets, ...matrix } = file.parse(JSON.parse(text));
        if (matrix.metric !== metric) throw new Error('of another metric');
        return { ...matrix, sets: defined(sets) as DeactivationMatrix['sets'] };
    } catch (cause) {
        throw new LanguageNeuronsError(
            'DAMAGED',
            `${path}: not a deactivation matrix of this version; run deactivate again`,
            { cause },
        );
    }
}

/**
 * The matrices of a run folder, perplexity first.
 * @throws LanguageNeuronsError DAMAGED
 */
export async function readMatrices(folder: string): Promise<DeactivationMatrix[]> {
    const found = await Promise.all(metricNames.map((metric) => readMatrix(folder, metric)));
    return found.filter((matrix) => matrix !== undefined);
}
