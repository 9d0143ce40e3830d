import type { Activations } from '../../activations/Activations.js';
import { readActivations } from '../../activations/activationsFile.js';
import { isAbsence } from '../../files/fileAccess.js';
import { assessable } from '../scores/activationProbabilities.js';
import { identifyOnce } from './identify.js';
import { isOfCounts } from '../analysis/isOfCounts.js';
import type { NeuronAnalysis, Unsourced } from '../analysis/NeuronAnalysis.js';
import { withoutEachFold } from './stability.js';

/**
 * An analysis repeated with each fold of its counts left out, one after another; none where the counts have no folds. λ
 * stays that of the analysis.
 */
export function* analysesWithoutFolds(activations: Activations, analysis: NeuronAnalysis): Generator<Unsourced> {
    const { method, topRate, bar, lambda, experts } = analysis;
    const options = {
        ...{ method, topRate, bar, lambda: lambda ?? undefined },
        ...(experts === undefined ? {} : { probability: experts.probability, minRouted: experts.minRouted }),
    };
    const assessed = experts === undefined ? undefined : assessable(activations, experts.minRouted);
    for (const part of withoutEachFold(activations, activations.folds ?? []))
        yield identifyOnce(part, options, assessed);
}

/** The numbers of neurons of an analysis. */
export type NeuronNumbers = Pick<NeuronAnalysis, 'perLanguage' | 'layers'>;

/**
 * The numbers of neurons with each fold of a run folder's counts left out; undefined where they have no folds, or are
 * not those of the analysis.
 * @throws LanguageNeuronsError as `readActivations`, but where there are none
 */
export async function numbersWithoutFolds(
    folder: string,
    analysis: NeuronAnalysis,
): Promise<readonly NeuronNumbers[] | undefined> {
    if (analysis.stability === undefined) return undefined;
    try {
        const activations = await readActivations(folder);
        if (activations.folds === undefined || !isOfCounts(analysis, activations)) return undefined;
        return Array.from(analysesWithoutFolds(activations, analysis), ({ perLanguage, layers }) => ({
            perLanguage,
            layers,
        }));
    } catch (error) {
        if (isAbsence(error)) return undefined;
        throw error;
    }
}
