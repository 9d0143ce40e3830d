import { compare } from '../experiments/comparisons/compare.js';
import type { Comparison } from '../experiments/results/Comparison.js';
import { numbersWithoutFolds } from '../neurons/classes/withoutFolds.js';
import type { Examined } from './examineModel.js';

/**
 * Compares examined models by their labels, each with the first.
 * @param trained see `compare`
 * @throws LanguageNeuronsError as `compare`
 */
export async function compareExamined(
    models: Readonly<Record<string, Examined>>,
    trained?: readonly string[],
): Promise<Comparison> {
    const labelled = Object.entries(models).map(async ([label, one]) => ({
        ...{ label, ...one },
        withoutFolds: await numbersWithoutFolds(one.folder, one.analysis),
    }));
    return compare(await Promise.all(labelled), trained);
}
