import { join } from 'node:path';
import { type CsvOptions, toCsv } from '../../files/csv.js';
import { writeFileAtomic } from '../../files/fileAccess.js';
import { indented, readJsonIfAny, writeJson } from '../../files/versionedJson.js';
import { curvesShape, type DoseCurves } from '../results/DoseCurves.js';
import { doseTable } from './doseTable.js';
import { checkResultName, dosePath, resultName, resultsIn } from './resultPaths.js';
import { checkSettings } from '../../settings/checkSetting.js';
import { csvTable } from '../../settings/settings.js';

const curvesFormat = {
    format: 'language-neurons/dose',
    version: 1,
    what: 'a set of dose curves',
    shape: curvesShape,
} as const;

/**
 * Writes dose curves, and their points as CSV beside them.
 * @throws LanguageNeuronsError UNWRITABLE
 */
export async function writeCurves(folder: string, curves: DoseCurves, options: CsvOptions = {}): Promise<void> {
    checkSettings(options, csvTable, {});
    const { metric, operation } = curves;
    await writeFileAtomic(
        join(folder, `${resultName(metric, operation, 'dose')}.csv`),
        toCsv(doseTable(curves), options),
    );
    await writeJson(dosePath(folder, metric, operation), curvesFormat, curves, indented);
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
    const mend = 'run intervene with `dose` again';
    const curves = await readJsonIfAny(path, curvesFormat, mend);
    if (curves !== undefined) checkResultName(path, resultName(curves.metric, curves.operation, 'dose'), mend);
    return curves;
}
