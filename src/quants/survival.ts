import type { Activations } from '../activations/Activations.js';
import { activationProbabilities } from '../neurons/scores/activationProbabilities.js';
import { siteStarts } from '../neurons/analysis/flatIndex.js';
import type { Interval, NeuronAnalysis, Unsourced } from '../neurons/analysis/NeuronAnalysis.js';
import { jackknife, withoutEachFold } from '../neurons/classes/stability.js';
import { analysesWithoutFolds } from '../neurons/classes/withoutFolds.js';
import { mean } from '../support/averages.js';

/** A number, and its 95 % interval; null where there is none. */
export interface Certain<T = number> {
    readonly value: T;
    readonly interval: Interval | null;
}

/** What became of a language's neurons in another file of the model. */
export interface Survival {
    /** Specific neurons in the reference, and in the file. */
    readonly before: number;
    readonly after: number;
    /** |A ∩ B| / |A ∪ B| of the specific neurons; null where neither file has one. */
    readonly overlap: Certain<number | null>;
    /** Mean over all neurons of how far their activation probability in the language moved. */
    readonly moved: Certain;
    /** Mean change of that probability over the reference's specific neurons; null where there is none. */
    readonly own: Certain<number | null>;
}

/** Counts, and the analysis of them. */
export interface AnalysedCounts {
    readonly activations: Activations;
    readonly analysis: NeuronAnalysis;
}

/** One analysis with the probabilities that it rests on. */
interface Repeat {
    readonly analysis: Pick<Unsourced, 'neurons'>;
    /** [neurons, languages]. */
    readonly probabilities: Float64Array;
}

/**
 * Compares the neurons of a reference and of another file of the same model, counted on the same texts: the whole, and
 * with each fold of the texts left out of both, for intervals by the delete-one jackknife.
 * @returns by language, in the order of the reference
 */
export function survivalOf(reference: AnalysedCounts, file: AnalysedCounts): Readonly<Record<string, Survival>> {
    const { languages, widths } = reference.analysis;
    const [before, after] = [repeatsOf(reference), repeatsOf(file)];
    const starts = siteStarts(widths);
    return Object.fromEntries(
        languages.map((language, k) => {
            const pairs = before.map((one, i) => pairOf(one, after[i]!, { language, k, l: languages.length, starts }));
            const certain = <T extends number | null>(of: (pair: Pair) => T, least = -Infinity): Certain<T> => ({
                value: of(pairs[0]!),
                interval: intervalOf(pairs.map(of), least),
            });
            const overlap = certain(({ overlap }) => overlap, 0);
            return [
                language,
                {
                    before: reference.analysis.perLanguage[language]!.specific,
                    after: file.analysis.perLanguage[language]!.specific,
                    overlap: { ...overlap, interval: overlap.interval && atMost1(overlap.interval) },
                    moved: certain(({ moved }) => moved, 0),
                    own: certain(({ own }) => own),
                },
            ];
        }),
    );
}

/** The whole first, then each fold left out. */
function repeatsOf({ activations, analysis }: AnalysedCounts): Repeat[] {
    const probability = analysis.experts?.probability;
    const probabilitiesOf = (counts: Activations): Float64Array =>
        activationProbabilities(counts, probability === undefined ? {} : { probability }).p;
    const { folds = [] } = activations;
    const parts = Array.from(withoutEachFold(activations, folds), probabilitiesOf);
    const analyses = Array.from(analysesWithoutFolds(activations, analysis));
    return [
        { analysis, probabilities: probabilitiesOf(activations) },
        ...analyses.map((one, f) => ({ analysis: one, probabilities: parts[f]! })),
    ];
}

interface Pair {
    readonly overlap: number | null;
    readonly moved: number;
    readonly own: number | null;
}

interface Place {
    readonly language: string;
    /** Of the language, among `l`. */
    readonly k: number;
    readonly l: number;
    /** Flat index of each site's first neuron. */
    readonly starts: readonly number[];
}

function pairOf(before: Repeat, after: Repeat, { language, k, l, starts }: Place): Pair {
    const keysOf = ({ analysis }: Repeat): number[] =>
        analysis.neurons.specific[language]!.map(([site, index]) => starts[site]! + index);
    const [own, others] = [keysOf(before), new Set(keysOf(after))];
    const common = own.filter((key) => others.has(key)).length;
    const union = own.length + others.size - common;
    const change = (neuron: number): number =>
        after.probabilities[neuron * l + k]! - before.probabilities[neuron * l + k]!;
    const neurons = before.probabilities.length / l;
    let moved = 0;
    for (let neuron = 0; neuron < neurons; neuron++) moved += Math.abs(change(neuron));
    return {
        overlap: union === 0 ? null : common / union,
        moved: moved / neurons,
        own: mean(own.map(change)),
    };
}

/** @param values the whole's first; null where one of them is missing, or there are no folds */
function intervalOf([whole, ...without]: readonly (number | null)[], least: number): Interval | null {
    const numbers = without.filter((value) => value !== null);
    if (whole === undefined || whole === null || numbers.length < 2 || numbers.length < without.length) return null;
    return jackknife(whole, numbers, least);
}

function atMost1([low, high]: Interval): Interval {
    return [low, Math.min(1, high)];
}
