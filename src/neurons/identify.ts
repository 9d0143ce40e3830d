import type { Activations } from '../activations/Activations.js';
import { LanguageNeuronsError } from '../errors.js';
import { activationProbabilities, type Probabilities } from './activationProbabilities.js';
import type { LayerCounts, NeuronAnalysis, NeuronIndex } from './NeuronAnalysis.js';
import { scoreParts } from './scoreParts.js';
import { kthSmallest, roundHalfToEven } from './selectLowest.js';
import { fixedLambda, sweepLambda } from './sweepLambda.js';

export interface IdentifyOptions {
    /** Share of all neurons to select, in (0, 1). Default 0.01, the paper's. */
    readonly topRate?: number;
    /** Quantile of all probabilities above which one is high, in (0, 1). Default 0.95, the paper's. */
    readonly bar?: number;
    /** Weight of the maximum in the score, or `auto` (default): the largest that selects no general neuron. */
    readonly lambda?: number | 'auto';
}

/**
 * Scores and classifies every neuron (section 2 of the paper): of the `round(n · topRate)` lowest
 * scores, those high in one language are specific to it, those high in more but not all related to
 * them; high means above τ, the `bar` quantile of all probabilities. General neurons are those high in
 * every language, among all neurons of the model.
 * @throws LanguageNeuronsError WRONG_USE, or EMPTY for a language without tokens
 */
export function identify(activations: Activations, options: IdentifyOptions = {}): NeuronAnalysis {
    const { topRate = 0.01, bar = 0.95, lambda = 'auto' } = options;
    checkShare(topRate, 'top rate');
    checkShare(bar, 'bar');
    if (lambda !== 'auto' && !Number.isFinite(lambda)) throw new LanguageNeuronsError('WRONG_USE', `λ must be auto or a finite number, not ${lambda}`);
    const begin = performance.now();
    const probabilities = activationProbabilities(activations);
    const { p, n, l, widths } = probabilities;

    const threshold = kthSmallest(p, Math.max(1, roundHalfToEven(p.length * bar)));
    const high = highLanguages(probabilities, threshold);
    const parts = scoreParts(probabilities);
    const count = roundHalfToEven(n * topRate);
    const { lambda: chosen, selected } = lambda === 'auto' ? sweepLambda(parts, high, count, l) : fixedLambda(parts, lambda, count);

    const { languages } = activations;
    const histogram = new Array<number>(l + 1).fill(0);
    const histogramAll = new Array<number>(l + 1).fill(0);
    for (const j of selected) histogram[high[j]!]!++;
    for (const N of high) histogramAll[N]!++;

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
    const perLanguage = Object.fromEntries(languages.map((language) => {
        const [s, r] = [specific[language]!.length, related[language]!.length];
        return [language, { specific: s, related: r, total: s + r }];
    }));
    return {
        method: 'paper', languages, widths, topRate, bar, lambda: chosen, threshold, selected: selected.length,
        histogram, histogramAll, general: general.length, perLanguage, layers: layers satisfies LayerCounts[],
        milliseconds: performance.now() - begin, neurons: { specific, related, general },
    };
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

/** Turns flat indices into [layer, neuron]. */
function locator(widths: readonly number[]): (flat: number) => NeuronIndex {
    const starts: number[] = [];
    let start = 0;
    for (const width of widths) {
        starts.push(start);
        start += width;
    }
    return (flat) => {
        let low = 0;
        let top = starts.length - 1;
        while (low < top) {
            const middle = (low + top + 1) >> 1;
            if (starts[middle]! <= flat) low = middle;
            else top = middle - 1;
        }
        return [low, flat - starts[low]!];
    };
}

function checkShare(value: number, what: string): void {
    if (!(value > 0 && value < 1)) throw new LanguageNeuronsError('WRONG_USE', `the ${what} must lie between 0 and 1, not ${value}`);
}
