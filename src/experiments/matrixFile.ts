import { join } from 'node:path';
import { z } from 'zod';
import { LanguageNeuronsError } from '../errors.js';
import { readTextIfAny, writeFileAtomic } from '../files.js';
import type { DeactivationMatrix } from './DeactivationMatrix.js';

/** Perplexities that overflow are stored as null, as JSON has no infinity, and read back as such. */
const number = z.number().nullable().transform((value) => value ?? Infinity);
const rows = z.array(z.array(number));
const set = z.object({
    rows: z.array(z.string()), columns: z.array(z.string()), baseline: z.array(number), values: rows, change: rows,
    control: rows, samples: rows, neurons: z.array(z.number().int()),
});
const file = z.object({
    format: z.literal('language-neurons/matrix'), version: z.literal(1), metric: z.literal('ppl'), languages: z.array(z.string()),
    sets: z.object({ specific: set.optional(), 'specific+related': set.optional(), 'specific+related+general': set.optional() }),
    decodedTokens: z.number(),
});

export function matrixPath(folder: string): string {
    return join(folder, 'ppl.matrix.json');
}

/** @throws LanguageNeuronsError UNWRITABLE */
export async function writeMatrix(folder: string, matrix: DeactivationMatrix): Promise<void> {
    const text = JSON.stringify({ format: 'language-neurons/matrix', version: 1, ...matrix }, null, 1);
    await writeFileAtomic(matrixPath(folder), `${text}\n`);
}

/**
 * The matrix of a run folder, or undefined where it has none.
 * @throws LanguageNeuronsError DAMAGED
 */
export async function readMatrix(folder: string): Promise<DeactivationMatrix | undefined> {
    const path = matrixPath(folder);
    const text = await readTextIfAny(path);
    if (text === undefined) return undefined;
    try {
        const { format: _, version: __, ...matrix } = file.parse(JSON.parse(text));
        return matrix as DeactivationMatrix; // absent sets are undefined either way
    } catch (cause) {
        throw new LanguageNeuronsError('DAMAGED', `${path}: not a deactivation matrix of this version; run deactivate again`, { cause });
    }
}
