import { join } from 'node:path';
import type { NeuronAnalysis } from '../neurons/analysis/NeuronAnalysis.js';
import { neuronsDigest } from '../neurons/analysis/neuronsDigest.js';
import type { CheckResult } from './CheckResult.js';
import { checksName, readCheckIfAny } from './checkFile.js';
import { checks } from './checks.js';

/**
 * Reads the results of all checks in a run folder that are of an analysis, in the order of the list.
 * @returns also the names of files that are of others
 * @throws LanguageNeuronsError NOT_FOUND for a file that cannot be read; DAMAGED
 */
export async function checkedFindings(
    folder: string,
    analysis: NeuronAnalysis,
): Promise<{ readonly results: CheckResult[]; readonly others: string[] }> {
    const digest = neuronsDigest(analysis);
    const results: CheckResult[] = [];
    const others: string[] = [];
    for (const { name } of checks) {
        const result = await readCheckIfAny(folder, name);
        if (result === undefined) continue;
        if (result.source.neurons === digest && result.source.counts === analysis.source.counts) results.push(result);
        else others.push(join(checksName, name));
    }
    return { results, others };
}
