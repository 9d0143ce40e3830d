import type { Activations } from '../../activations/Activations.js';
import { activationProbabilities } from './activationProbabilities.js';
import { highLanguages } from './highLanguages.js';
import { checkOfCounts } from '../analysis/isOfCounts.js';
import type { NeuronAnalysis, NeuronIndex } from '../analysis/NeuronAnalysis.js';
import { scoreAt, scoreParts } from './scoreParts.js';
import { roundHalfToEven } from './selectLowest.js';

/** Each language's neurons, the most specific first. */
export interface Ranking {
    /** The number of neurons assessed; in a dense model, all. */
    readonly total: number;
    readonly perLanguage: Readonly<Record<string, readonly NeuronIndex[]>>;
}

/**
 * Ranks the neurons that are high in a language but not in all (with LAPE also those high in all) by the analysis's
 * score, lowest first, whether the analysis selected them or not. A language's first neurons are its specific and
 * related ones; a greater top rate would select those behind them, at the same λ.
 * @param activations counts that the analysis was made of
 * @throws LanguageNeuronsError MISMATCH for other counts
 */
export function rankNeurons(activations: Activations, analysis: NeuronAnalysis): Ranking {
    checkOfCounts(analysis, activations);
    const { languages, method, experts, threshold, lambda } = analysis;
    const probabilities = activationProbabilities(activations, experts);
    const { p, n, l, locate } = probabilities;
    const high = highLanguages(probabilities, threshold);
    const parts = scoreParts(probabilities);
    const scores = lambda === null ? parts.entropy : scoreAt(parts, lambda, new Float64Array(n)); // null: LAPE's
    const ranked = (k: number): NeuronIndex[] => {
        const rows = [...high.keys()].filter((j) => p[j * l + k]! > threshold && (high[j] !== l || method === 'lape'));
        return rows.sort((a, b) => scores[a]! - scores[b]! || a - b).map(locate);
    };
    return { total: n, perLanguage: Object.fromEntries(languages.map((language, k) => [language, ranked(k)])) };
}

/**
 * Returns a language's first neurons, by site, then index: as many as the share of all neurons, or all that it has.
 * @param share in (0, 1)
 */
export function firstRanked({ total, perLanguage }: Ranking, language: string, share: number): NeuronIndex[] {
    const first = perLanguage[language]!.slice(0, neuronsOfShare(total, share));
    return first.sort(([siteA, a], [siteB, b]) => siteA - siteB || a - b);
}

/** Some of a language's neurons in the order of its ranking. */
export function inRankedOrder(
    { perLanguage }: Pick<Ranking, 'perLanguage'>,
    language: string,
    neurons: readonly NeuronIndex[],
): NeuronIndex[] {
    const wanted = new Set(neurons.map(String));
    return perLanguage[language]!.filter((neuron) => wanted.has(String(neuron)));
}

/** The number of neurons that a share of all is, rounded as for a top rate. */
export function neuronsOfShare(total: number, share: number): number {
    return roundHalfToEven(total * share);
}
