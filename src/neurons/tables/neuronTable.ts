import { type Activations, sitesOf } from '../../activations/Activations.js';
import { toNumbers } from '../../activations/toNumbers.js';
import { neuronsAt, type Site } from '../../engine/types/Site.js';
import { sum } from '../../support/averages.js';
import { activationProbabilities } from '../scores/activationProbabilities.js';
import { siteStarts } from '../analysis/flatIndex.js';
import { highLanguages } from '../scores/highLanguages.js';
import { checkOfCounts } from '../analysis/isOfCounts.js';
import { type NeuronAnalysis, type NeuronClass, neuronClasses } from '../analysis/NeuronAnalysis.js';
import { neuronStability } from '../classes/neuronStability.js';
import { scoreAt, scoreParts } from '../scores/scoreParts.js';

/** Every neuron of a model, a row each, by site, then index; a column is an array. n neurons, l languages. */
export interface NeuronTable {
    /** Length l. */
    readonly languages: readonly string[];
    readonly sites: readonly Site[];
    /** The threshold τ above which a probability is high. */
    readonly threshold: number;
    /** The first row of each site: neuron `[site, index]` is in row `starts[site] + index`. */
    readonly starts: readonly number[];
    /** The site of each row. Length n, as all columns are whose length is not given. */
    readonly site: Uint32Array;
    /** Its index there: `[site, index]` names the neuron. */
    readonly index: Uint32Array;
    /** 0: no class; else 1 + its place in `neuronClasses`. Related comes before general (LAPE has neurons of both). */
    readonly class: Uint8Array;
    /** N, the number of languages in which the neuron is high. */
    readonly high: Uint16Array;
    /** The analysis's score, the lower the more specific; NaN: not assessed. */
    readonly score: Float64Array;
    /** Activation probability in each language, [n, l] row-major; NaN: not assessed. */
    readonly probability: Float64Array;
    /** Counted tokens of each language for which it was active, [n, l] row-major. */
    readonly count: Float64Array;
    /** Share of the folds without which it keeps its class; NaN: it has none. Undefined: the counts have no folds. */
    readonly stability: Float64Array | undefined;
    /** By row, the tokens for which the neuron is most active, for people; see `withExamples`. */
    readonly strongest?: ReadonlyMap<number, readonly string[]>;
    /** By row, the tokens whose logits the neuron raises most, for people; see `withEffects`. */
    readonly raised?: ReadonlyMap<number, readonly string[]>;
}

/**
 * Joins counts and their analysis into one table of all neurons.
 * @throws LanguageNeuronsError MISMATCH for an analysis of other counts
 */
export function neuronTable(activations: Activations, analysis: NeuronAnalysis): NeuronTable {
    checkOfCounts(analysis, activations);
    const { languages, threshold } = analysis;
    const sites = sitesOf(activations);
    const widths = sites.map(neuronsAt);
    const starts = siteStarts(widths);
    const n = sum(widths);
    const site = new Uint32Array(n);
    const index = new Uint32Array(n);
    const count = new Float64Array(n * languages.length);
    for (const [s, start] of starts.entries()) {
        site.fill(s, start, start + widths[s]!);
        for (let j = 0; j < widths[s]!; j++) index[start + j] = j;
        count.set(toNumbers(activations.counts[s]!), start * languages.length);
    }
    const place = { languages, sites, threshold, starts, site, index, count };
    return { ...place, ...measured(activations, analysis, n), ...classes(activations, analysis, starts, n) };
}

function measured(
    activations: Activations,
    { experts, threshold, lambda }: NeuronAnalysis,
    n: number,
): Pick<NeuronTable, 'high' | 'score' | 'probability'> {
    const found = activationProbabilities(activations, experts);
    const parts = scoreParts(found);
    const scores = lambda === null ? parts.entropy : scoreAt(parts, lambda, new Float64Array(found.n)); // null: LAPE's
    const highs = highLanguages(found, threshold);
    const { p, l, assessed } = found;
    if (assessed === undefined) return { high: highs, score: scores, probability: p };
    const high = new Uint16Array(n);
    const score = new Float64Array(n).fill(Number.NaN);
    const probability = new Float64Array(n * l).fill(Number.NaN);
    for (const [row, flat] of assessed.entries()) {
        high[flat] = highs[row]!;
        score[flat] = scores[row]!;
        probability.set(p.subarray(row * l, (row + 1) * l), flat * l);
    }
    return { high, score, probability };
}

function classes(
    activations: Activations,
    analysis: NeuronAnalysis,
    starts: readonly number[],
    n: number,
): Pick<NeuronTable, 'class' | 'stability'> {
    const kept = neuronStability(activations, analysis);
    const column = new Uint8Array(n);
    const stability = kept === undefined ? undefined : new Float64Array(n).fill(Number.NaN);
    const { specific, related, general } = analysis.neurons;
    const put = (kind: NeuronClass, site: number, index: number, language?: string): void => {
        const row = starts[site]! + index;
        column[row] = 1 + neuronClasses.indexOf(kind);
        const key = language === undefined ? `${site},${index}` : `${site},${index},${language}`;
        if (stability !== undefined) stability[row] = kept![kind].get(key)!;
    };
    // Selected ones last: with LAPE a general neuron can be related to all languages.
    for (const [site, index] of general) put('general', site, index);
    for (const list of Object.values(related)) for (const [site, index] of list) put('related', site, index);
    for (const [language, list] of Object.entries(specific))
        for (const [site, index] of list) put('specific', site, index, language);
    return { class: column, stability };
}
