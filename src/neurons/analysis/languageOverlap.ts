import type { NeuronAnalysis } from './NeuronAnalysis.js';

/** How many neurons languages share. [l, l] each, in the order of `languages`. */
export interface LanguageOverlap {
    readonly languages: readonly string[];
    /** |A ∩ B|, the number of neurons of both; on the diagonal those of the language. */
    readonly shared: readonly (readonly number[])[];
    /** Jaccard index |A ∩ B| / |A ∪ B|, in [0, 1]; null where neither has neurons. */
    readonly jaccard: readonly (readonly (number | null)[])[];
}

/** The overlap of the languages' specific and related neurons. */
export function languageOverlap({
    languages,
    neurons,
}: Pick<NeuronAnalysis, 'languages' | 'neurons'>): LanguageOverlap {
    const sets = languages.map(
        (language) => new Set([...neurons.specific[language]!, ...neurons.related[language]!].map(String)),
    );
    const shared = sets.map((a) => sets.map((b) => [...a].filter((key) => b.has(key)).length));
    const jaccard = sets.map((a, i) =>
        sets.map((b, j) => {
            const union = a.size + b.size - shared[i]![j]!;
            return union === 0 ? null : shared[i]![j]! / union;
        }),
    );
    return { languages, shared, jaccard };
}
