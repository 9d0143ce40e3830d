import type { Activations } from '../activations/Activations.js';
import { countsDigest } from '../activations/countsDigest.js';
import { LanguageNeuronsError } from '../errors.js';
import { activationProbabilities, type Probabilities } from './activationProbabilities.js';
import { locator } from './flatIndex.js';
import { findStages } from './findStages.js';
import type { IdentifyMethod, LayerCounts, NeuronAnalysis, NeuronIndex } from './NeuronAnalysis.js';
import { scoreParts } from './scoreParts.js';
import { kthSmallest, roundHalfToEven, selectLowest } from './selectLowest.js';
import { stability } from './stability.js';
import { fixedLambda, sweepLambda } from './sweepLambda.js';

export interface IdentifyOptions {
    /** Default `paper`. */
    readonly method?: IdentifyMethod;
    /** Share of all neurons to select, in (0, 1). Default 0.01, the paper's. */
    readonly topRate?: number;
    /** Quantile of all probabilities above which one is high, in (0, 1). Default 0.95, the paper's. */
    readonly bar?: number;
    /** Weight of the maximum in the paper's score, or `auto` (default): the largest that selects no general neuron. */
    readonly lambda?: number | 'auto';
}

/**
 * Scores and classifies every neuron. Method `paper` (section 2 of the paper): of the
 * `round(n · topRate)` lowest scores, those high in one language are specific to it, those high in
 * more but not all related to them; high means above τ, the `bar` quantile of all probabilities.
 * Method `lape` (arXiv 2402.16438): the same with the entropy alone as score, and neurons that are
 * high in no language left out. General neurons are those high in every language, among all neurons
 * of the model. Counts kept in folds are analysed for stability too.
 * @throws LanguageNeuronsError WRONG_USE, or EMPTY for a language without tokens
 */
export function identify(activations: Activations, options: IdentifyOptions = {}): NeuronAnalysis {
    const { folds, source: { dataset: { name, hash }, ...source } } = activations;
    const analysis = { ...identifyOnce(activations, options), source: { ...source, dataset: { name, hash }, counts: countsDigest(activations) } };
    if (folds === undefined) return analysis;
    return { ...analysis, stability: stability(activations, folds, analysis, (part) => identifyOnce(part, options)) };
}

function identifyOnce(activations: Activations, options: IdentifyOptions): NeuronAnalysis {
    const { method = 'paper', topRate = 0.01, bar = 0.95, lambda = 'auto' } = options;
    checkShare(topRate, 'top rate');
    checkShare(bar, 'bar');
    if (lambda !== 'auto' && !Number.isFinite(lambda)) throw new LanguageNeuronsError('WRONG_USE', `λ must be auto or a finite number, not ${lambda}`);
    if (method === 'lape' && lambda !== 'auto') throw new LanguageNeuronsError('WRONG_USE', 'LAPE has no λ; leave --lambda out, or use --method paper');
    const begin = performance.now();
    const probabilities = activationProbabilities(activations);
    const { p, n, l, widths } = probabilities;

    const threshold = kthSmallest(p, Math.max(1, roundHalfToEven(p.length * bar)));
    const high = highLanguages(probabilities, threshold);
    const parts = scoreParts(probabilities);
    const count = roundHalfToEven(n * topRate);
    const chosen = method === 'lape' ? { lambda: null, selected: selectLape(parts.entropy, high, count) }
        : lambda === 'auto' ? sweepLambda(parts, high, count, l) : fixedLambda(parts, lambda, count);
    const milliseconds = performance.now() - begin;

    const { selected } = chosen;
    const histogram = new Array<number>(l + 1).fill(0);
    const histogramAll = new Array<number>(l + 1).fill(0);
    for (const j of selected) histogram[high[j]!]!++;
    for (const N of high) histogramAll[N]!++;

    const { neurons, layers } = classify(probabilities, activations.languages, threshold, high, selected);
    const perLanguage = Object.fromEntries(activations.languages.map((language) => {
        const [s, r] = [neurons.specific[language]!.length, neurons.related[language]!.length];
        return [language, { specific: s, related: r, total: s + r }];
    }));
    return {
        method, languages: activations.languages, widths, topRate, bar, lambda: chosen.lambda, threshold, selected: selected.length,
        histogram, histogramAll, general: neurons.general.length, perLanguage, layers,
        stages: findStages(layers, widths), milliseconds, neurons,
    };
}

/** LAPE's selection: the lowest entropies among neurons high in at least one language; flat indices, ascending. */
function selectLape(entropy: Float64Array, high: Uint16Array, count: number): Uint32Array {
    const scores = entropy.map((h, j) => (high[j] === 0 ? Infinity : h));
    return selectLowest(scores, count).filter((j) => high[j] !== 0);
}

function classify(
    { p, n, l, widths }: Probabilities, languages: readonly string[], threshold: number, high: Uint16Array, selected: Uint32Array,
): Pick<NeuronAnalysis, 'neurons' | 'layers'> {
    const specific: Record<string, NeuronIndex[]> = Object.fromEntries(languages.map((language) => [language, []]));
    const related: Record<string, NeuronIndex[]> = Object.fromEntries(languages.map((language) => [language, []]));
    const general: NeuronIndex[] = [];
    const layers = widths.map(() => ({ specific: 0, related: 0, general: 0 }));
    const locate = locator(widths);
    for (const j of selected) {
        const N = high[j]!;
        if (N === 0 || N === l) continue;
        const index = locate(j);
        layers[index[0]]![N === 1 ? 'specific' : 'related']++;
        const lists = N === 1 ? specific : related;
        for (const [k, language] of languages.entries()) {
            if (p[j * l + k]! > threshold) lists[language]!.push(index);
        }
    }
    for (let j = 0; j < n; j++) {
        if (high[j] !== l) continue;
        const index = locate(j);
        layers[index[0]]!.general++;
        general.push(index);
    }
    return { neurons: { specific, related, general }, layers: layers satisfies LayerCounts[] };
}

/** N of each neuron: the number of languages in which it is strictly above τ. Length n. */
function highLanguages({ p, n, l }: Probabilities, threshold: number): Uint16Array {
    const high = new Uint16Array(n);
    for (let j = 0; j < n; j++) {
        let N = 0;
        for (let k = 0; k < l; k++) if (p[j * l + k]! > threshold) N++;
        high[j] = N;
    }
    return high;
}

function checkShare(value: number, what: string): void {
    if (!(value > 0 && value < 1)) throw new LanguageNeuronsError('WRONG_USE', `the ${what} must lie between 0 and 1, not ${value}`);
}
