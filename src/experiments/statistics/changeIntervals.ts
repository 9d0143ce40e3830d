import {
    type Interval,
    type NeuronAnalysis,
    type NeuronClass,
    neuronClasses,
} from '../../neurons/analysis/NeuronAnalysis.js';
import { jackknife } from '../../neurons/classes/stability.js';
import type { NeuronNumbers } from '../../neurons/classes/withoutFolds.js';
import { sum } from '../../support/averages.js';
import type { AnalysisChange } from '../results/Comparison.js';

const languageKinds = ['specific', 'related', 'total'] as const;

/** An analysis, and the repeats that show how certain its numbers are. */
export interface FoldedAnalysis {
    readonly analysis: NeuronAnalysis;
    /** Its numbers with each fold of the counts left out, for intervals; see `numbersWithoutFolds`. */
    readonly withoutFolds?: readonly NeuronNumbers[] | undefined;
}

/**
 * The 95 % intervals of the changes in the numbers of neurons, by the delete-one-fold jackknife of the difference. Each
 * fold is left out of both counts at once, so that the influence of shared texts cancels. Undefined unless both are
 * counts of the same texts in the same folds.
 */
export function changeIntervals(first: FoldedAnalysis, other: FoldedAnalysis): AnalysisChange['intervals'] {
    const [before, after] = [first.withoutFolds, other.withoutFolds];
    const sameTexts = first.analysis.source.dataset.hash === other.analysis.source.dataset.hash;
    if (before === undefined || before.length !== after?.length || !sameTexts) return undefined;
    const intervalOf = (number: (numbers: NeuronNumbers) => number): Interval =>
        jackknife(
            number(other.analysis) - number(first.analysis),
            after.map((numbers, f) => number(numbers) - number(before[f]!)),
            -Infinity,
        );
    const ofKeys = <K extends string>(keys: readonly K[], of: (numbers: NeuronNumbers, key: K) => number) =>
        Object.fromEntries(keys.map((key) => [key, intervalOf((numbers) => of(numbers, key))])) as Record<K, Interval>;
    return {
        folds: before.length,
        classes: ofKeys(neuronClasses, inAllLayers),
        perLanguage: Object.fromEntries(
            first.analysis.languages.map((language) => [
                language,
                ofKeys(languageKinds, ({ perLanguage }, kind) => perLanguage[language]![kind]),
            ]),
        ),
    };
}

function inAllLayers({ layers }: NeuronNumbers, kind: NeuronClass): number {
    return sum(layers, (layer) => layer[kind]);
}
