import type { Activations } from '../../activations/Activations.js';
import { countsDigest } from '../../activations/countsDigest.js';
import { mixedFolds } from '../../activations/mixedFolds.js';
import type { NeuronAnalysis } from '../analysis/NeuronAnalysis.js';
import { activationProbabilities, assessable, type Probabilities } from '../scores/activationProbabilities.js';
import { choose, type Criteria } from './choose.js';
import { identifyOnce } from './identify.js';

/** The probabilities that an analysis was made of, or those of other counts of the same neurons. */
export function probabilitiesOf(
    activations: Activations,
    { experts }: NeuronAnalysis,
    counts = activations,
): Probabilities {
    const assessed = experts === undefined ? undefined : assessable(activations, experts.minRouted);
    return activationProbabilities(counts, experts, assessed);
}

/** The criteria of an analysis; λ as it came out. */
export function criteriaOf({ method, topRate, bar, lambda }: NeuronAnalysis): Criteria {
    return { method, topRate, bar, lambda: lambda ?? 'auto' };
}

/**
 * The criteria with which an analysis is repeated on other probabilities: λ is found anew where the sweep found it, and
 * stays where it was given.
 * @param probabilities those of the analysis
 */
export function repeatedCriteria(probabilities: Probabilities, analysis: NeuronAnalysis): Criteria {
    const given = criteriaOf(analysis);
    const swept = { ...given, lambda: 'auto' as const };
    return choose(probabilities, swept).lambda === analysis.lambda ? swept : given;
}

/** An analysis of some folds of counts, and these counts. */
export interface FoldsAnalysis {
    readonly analysis: NeuronAnalysis;
    /** Without the other folds, and without values. */
    readonly activations: Activations;
}

/**
 * Repeats an analysis on some folds of its counts, with the same settings; see `repeatedCriteria`. The same neurons are
 * assessed.
 * @param activations counts in folds, of which the analysis was made
 * @param chosen folds, 0-based
 */
export function analysisOfFolds(
    activations: Activations,
    analysis: NeuronAnalysis,
    chosen: readonly number[],
): FoldsAnalysis {
    const { experts, stability: _, ...whole } = analysis;
    const { folds, values: _values, ...counted } = activations;
    const mixed = mixedFolds(
        folds!,
        activations.languages.map(() => chosen),
    );
    const part = { ...counted, ...mixed };
    const criteria = repeatedCriteria(probabilitiesOf(activations, analysis), analysis);
    const options = { ...criteria, ...(experts && { probability: experts.probability, minRouted: experts.minRouted }) };
    const assessed = experts === undefined ? undefined : assessable(activations, experts.minRouted);
    const found = { ...whole, ...identifyOnce(part, options, assessed) };
    return { analysis: { ...found, source: { ...found.source, counts: countsDigest(part) } }, activations: part };
}
