import { join } from 'node:path';
import { z } from 'zod';
import { type CsvOptions, toCsv } from '../files/csv.js';
import { defined } from '../support/defined.js';
import { LanguageNeuronsError } from '../errors.js';
import { readTextIfAny, writeFileAtomic } from '../files/fileAccess.js';
import { nonFinite } from '../files/nonFinite.js';
import type { DoseCurves } from './DoseCurves.js';
import { doseTable } from './doseTable.js';
import { areOf, measuredShape, setShape } from './matrixShapes.js';
import { dosePath, resultName, resultsIn } from './resultPaths.js';

const format = 'language-neurons/dose';
const file = z.object({
    format: z.literal(format),
    version: z.literal(1),
    ...measuredShape,
    total: z.int().positive(),
    doses: z.array(z.object({ share: z.number().gt(0).lt(1), set: setShape })),
});
const consistent = file.refine(
    ({ languages, doses }) =>
        areOf(
            languages,
            doses.map(({ set }) => set),
        ) && doses.every(({ share }, i) => i === 0 || share > doses[i - 1]!.share),
);

/**
 * Writes dose curves, and their points as CSV beside them.
 * @throws LanguageNeuronsError UNWRITABLE
 */
export async function writeCurves(folder: string, curves: DoseCurves, options: CsvOptions = {}): Promise<void> {
    const { metric, operation } = curves;
    const text = JSON.stringify({ format, version: 1, ...curves }, nonFinite, 1);
    await writeFileAtomic(
        join(folder, `${resultName(metric, operation, 'dose')}.csv`),
        toCsv(doseTable(curves), options),
    );
    await writeFileAtomic(dosePath(folder, metric, operation), `${text}\n`);
}

/**
 * All dose curves of a run folder: of perplexity first, and of deactivation before other operations.
 * @throws LanguageNeuronsError DAMAGED
 */
export async function readCurves(folder: string): Promise<DoseCurves[]> {
    const found = await Promise.all((await resultsIn(folder, 'dose')).map((name) => readNamed(folder, name)));
    return found.filter((curves) => curves !== undefined);
}

async function readNamed(folder: string, name: string): Promise<DoseCurves | undefined> {
    const path = join(folder, `${name}.json`);
    const text = await readTextIfAny(path);
    if (text === undefined) return undefined;
    try {
        const { format: _, version: __, ...curves } = consistent.parse(JSON.parse(text));
        if (resultName(curves.metric, curves.operation, 'dose') !== name)
            throw new Error('of another metric or operation');
        return defined(curves) as DoseCurves;
    } catch (cause) {
        throw new LanguageNeuronsError(
            'DAMAGED',
            `${path}: no dose curves of this version; run intervene --dose again`,
            { cause },
        );
    }
}
