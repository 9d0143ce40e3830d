import { LanguageNeuronsError } from '../errors.js';
import type { ActivationsSource } from './ActivationsSource.js';
import { readActivationsSource } from './activationsFile.js';
import { sourceDifferences } from './sourceDifferences.js';

/** The source of the counts that are to be written. */
export interface Making {
    readonly languages: readonly string[];
    readonly source: ActivationsSource;
}

/**
 * Refuses to replace finished counts with others, unless that is asked for.
 * @param path file that the counts are to be in
 * @returns whether the file holds these counts already (with values, if values are to be collected), and how the counts
 * that it holds differ
 * @throws LanguageNeuronsError MISMATCH, naming both; as `readActivationsSource`
 */
export async function checkReplaces(
    path: string,
    making: Making,
    force: boolean,
): Promise<{ readonly isThere: boolean; readonly differences: readonly string[] }> {
    const had = await readActivationsSource(path);
    if (had === undefined) return { isThere: false, differences: [] };
    const [before, after] = [had.languages.join(), making.languages.join()];
    const differences = [
        ...sourceDifferences(had.source, making.source, { model: true }),
        ...(before === after ? [] : [`languages ${before} and ${after}`]),
    ];
    if (differences.length > 0 && !force) {
        throw new LanguageNeuronsError(
            'MISMATCH',
            `${path}: holds finished counts that differ in ${differences.join(', ')}; ` +
                'give another `out`, or `force` to replace them',
        );
    }
    const lacksValues = making.source.settings?.values !== undefined && had.source.settings?.values === undefined;
    return { isThere: differences.length === 0 && !lacksValues, differences };
}
