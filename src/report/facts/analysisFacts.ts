import type { LayerCounts, NeuronAnalysis } from '../../neurons/analysis/NeuronAnalysis.js';
import { sum } from '../../support/averages.js';
import { ownValue } from './numbers.js';

/** Neurons of one language; a related neuron belongs to several. */
export interface LanguageCounts {
    readonly language: string;
    readonly specific: number;
    readonly related: number;
    readonly total: number;
}

/** A largest or smallest value and everything that shares it. */
export interface Extreme<T> {
    readonly value: number;
    readonly items: readonly T[];
}

/** Numbers the page states in words, derived from an analysis. */
export interface AnalysisFacts {
    /** All FFN neurons of the model. */
    readonly neurons: number;
    readonly selected: number;
    readonly specific: number;
    readonly related: number;
    readonly general: number;
    /** Selected neurons that are high in no language; they belong to no class. */
    readonly unclassified: number;
    readonly most: Extreme<string>;
    readonly fewest: Extreme<string>;
    /** Layers with the most specific + related neurons, and with the most general ones. */
    readonly languagePeak: Extreme<number>;
    readonly generalPeak: Extreme<number>;
}

/** Neurons per language in the analysis' order of languages; zeros where a language has none. */
export function languageCounts(analysis: NeuronAnalysis): LanguageCounts[] {
    return analysis.languages.map((language) => {
        const counts = ownValue(analysis.perLanguage, language);
        return {
            language,
            specific: counts?.specific ?? 0,
            related: counts?.related ?? 0,
            total: counts?.total ?? 0,
        };
    });
}

/** Derives what the page says in words. */
export function analysisFacts(analysis: NeuronAnalysis): AnalysisFacts {
    const languages = languageCounts(analysis);
    const total = (of: (layer: LayerCounts) => number) => sum(analysis.layers, of);
    const names = languages.map(({ language }) => language);
    const totals = languages.map((counts) => counts.total);
    const layers = analysis.layers.map((_, index) => index);
    return {
        neurons: sum(analysis.widths),
        selected: analysis.selected,
        specific: total((layer) => layer.specific),
        related: total((layer) => layer.related),
        general: analysis.general,
        unclassified: analysis.histogram[0] ?? 0,
        most: extreme(names, totals, Math.max),
        fewest: extreme(names, totals, Math.min),
        languagePeak: extreme(
            layers,
            analysis.layers.map((layer) => layer.specific + layer.related),
            Math.max,
        ),
        generalPeak: extreme(
            layers,
            analysis.layers.map((layer) => layer.general),
            Math.max,
        ),
    };
}

function extreme<T>(
    items: readonly T[],
    values: readonly number[],
    choose: (...values: number[]) => number,
): Extreme<T> {
    if (values.length === 0) return { value: 0, items: [] };
    const value = choose(...values);
    return { value, items: items.filter((_, index) => values[index] === value) };
}
