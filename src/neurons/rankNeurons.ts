import type { Activations } from '../activations/Activations.js';
import { LanguageNeuronsError } from '../errors.js';
import { activationProbabilities } from './activationProbabilities.js';
import { highLanguages } from './highLanguages.js';
import { isOfCounts } from './isOfCounts.js';
import type { NeuronAnalysis, NeuronIndex } from './NeuronAnalysis.js';
import { scoreAt, scoreParts } from './scoreParts.js';
import { roundHalfToEven } from './selectLowest.js';

/** Each language's neurons, from those that are most its own. */
export interface Ranking {
    /** Neurons assessed: of a dense model, all. */
    readonly total: number;
    readonly perLanguage: Readonly<Record<string, readonly NeuronIndex[]>>;
}

/**
 * Ranks the neurons that are high in a language, but not in all (LAPE's: in all too), by the analysis's score, lowest
 * first, whether the analysis selected them or not. The first of a language's are its specific and related neurons;
 * those behind them a greater top rate would select, at the same λ.
 * @param activations that the analysis was made of
 * @throws LanguageNeuronsError MISMATCH for other counts
 */
export function rankNeurons(activations: Activations, analysis: NeuronAnalysis): Ranking {
    if (!isOfCounts(analysis, activations)) {
        throw new LanguageNeuronsError(
            'MISMATCH',
            'activations.safetensors holds other counts than neurons.json was made of; run identify again',
        );
    }
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
 * A language's first neurons, as many as the share of all comes to, or all that it has; by site, then index.
 * @param share in (0, 1)
 */
export function firstRanked({ total, perLanguage }: Ranking, language: string, share: number): NeuronIndex[] {
    const first = perLanguage[language]!.slice(0, neuronsOfShare(total, share));
    return first.sort(([siteA, a], [siteB, b]) => siteA - siteB || a - b);
}

/** Neurons that a share of all comes to; as a top rate does. */
export function neuronsOfShare(total: number, share: number): number {
    return roundHalfToEven(total * share);
}
