import { join } from 'node:path';
import { readJsonIfAny, writeJson } from '../../files/versionedJson.js';
import { type Comparison, comparisonShape } from '../results/Comparison.js';

const comparisonFormat = {
    format: 'language-neurons/comparison',
    version: 1,
    what: 'a comparison',
    shape: comparisonShape,
} as const;

function comparisonPath(folder: string): string {
    return join(folder, 'comparison.json');
}

/** @throws LanguageNeuronsError UNWRITABLE */
export async function writeComparison(folder: string, comparison: Comparison): Promise<void> {
    await writeJson(comparisonPath(folder), comparisonFormat, comparison);
}

/**
 * The comparison of a run folder, or undefined where it has none.
 * @throws LanguageNeuronsError NOT_FOUND where it cannot be read, DAMAGED
 */
export async function readComparison(folder: string): Promise<Comparison | undefined> {
    return readJsonIfAny(comparisonPath(folder), comparisonFormat, 'run compare again');
}
