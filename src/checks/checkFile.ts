import { join } from 'node:path';
import { checkInFolder } from '../files/fileAccess.js';
import { indented, readJsonIfAny, writeJson } from '../files/versionedJson.js';
import { type CheckResult, checkResultShape } from './CheckResult.js';

/** Folder of the checks' results in a run folder. */
export const checksName = 'checks';

const checkFormat = {
    format: 'language-neurons/check',
    version: 1,
    what: 'the result of a check',
    shape: checkResultShape,
} as const;

/** Path of a check's result in a run folder. */
export function checkPath(folder: string, name: string): string {
    return join(folder, checksName, `${name}.json`);
}

/** Path of the finished parts of a check. */
export function checkJournalPath(folder: string, name: string): string {
    return join(folder, checksName, `${name}.jsonl`);
}

/**
 * Reads a check's result in a run folder; undefined where there is none.
 * @throws LanguageNeuronsError NOT_FOUND where the file cannot be read; DAMAGED
 */
export async function readCheckIfAny(folder: string, name: string): Promise<CheckResult | undefined> {
    await checkInFolder(join(folder, checksName));
    return readJsonIfAny(checkPath(folder, name), checkFormat, 'remove it and run check again');
}

/** @throws LanguageNeuronsError UNWRITABLE */
export async function writeCheck(folder: string, result: CheckResult): Promise<void> {
    await writeJson(checkPath(folder, result.name), checkFormat, result, indented);
}
