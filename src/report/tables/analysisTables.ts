import {
    analysisSites,
    layerSizes,
    type NeuronAnalysis,
    neuronClasses,
    type Stability,
} from '../../neurons/analysis/NeuronAnalysis.js';
import { languageFamily } from '../../languages/languageFamily.js';
import { languageCounts } from '../facts/analysisFacts.js';
import { classLabels } from '../figures/theme.js';
import { ownValue } from '../facts/numbers.js';
import type { DataTable } from './DataTable.js';

/** Neurons of each layer by class. */
export function layersTable(analysis: NeuronAnalysis): DataTable {
    const sizes = layerSizes(analysisSites(analysis));
    return {
        name: 'layers',
        columns: ['layer', 'width', 'specific', 'related', 'general'],
        rows: analysis.layers.map((layer, index) => [
            index,
            sizes[index] ?? null,
            layer.specific,
            layer.related,
            layer.general,
        ]),
    };
}

/** Specific and related neurons of each language in each layer. */
export function layerLanguagesTable(analysis: NeuronAnalysis): DataTable {
    const sites = analysisSites(analysis);
    const { specific, related } = analysis.neurons;
    return {
        name: 'layer-languages',
        columns: ['language', ...analysis.layers.map((_, layer) => String(layer))],
        rows: analysis.languages.map((language) => {
            const counts = new Array<number>(analysis.layers.length).fill(0);
            for (const neurons of [specific, related]) {
                for (const [site] of ownValue(neurons, language) ?? []) counts[sites[site]!.layer]!++;
            }
            return [language, ...counts];
        }),
    };
}

/** Neurons by N, the number of languages in which they are high: selected ones and all. */
export function histogramTable(analysis: NeuronAnalysis): DataTable {
    return {
        name: 'histogram',
        columns: ['N', 'selected', 'all'],
        rows: Array.from({ length: analysis.languages.length + 1 }, (_, n) => [
            n,
            analysis.histogram[n] ?? 0,
            analysis.histogramAll[n] ?? 0,
        ]),
    };
}

/** Family, tokens and neurons of each language, in the analysis' order; with 95 % intervals where there are. */
export function languagesTable(analysis: NeuronAnalysis, tokens: Readonly<Record<string, number>>): DataTable {
    const { stability } = analysis;
    const kinds = ['specific', 'related', 'total'] as const;
    return {
        name: 'languages',
        columns: [
            'language',
            'family',
            'tokens',
            ...kinds,
            ...(stability === undefined ? [] : kinds.flatMap((kind) => [`${kind} low`, `${kind} high`])),
        ],
        rows: languageCounts(analysis).map(({ language, specific, related, total }) => {
            const intervals = ownValue(stability?.intervals.perLanguage ?? {}, language);
            return [
                language,
                languageFamily(language).family,
                ownValue(tokens, language) ?? null,
                specific,
                related,
                total,
                ...(stability === undefined ? [] : kinds.flatMap((kind) => intervals?.[kind] ?? [null, null])),
            ];
        }),
    };
}

/** How much of each class is found again without a fold, and on halves. */
export function stabilityTable({ classes, folds, halves }: Stability): DataTable {
    return {
        name: 'stability',
        columns: ['class', 'kept', 'overlap', 'folds', 'halves'],
        rows: neuronClasses.map((kind) => [
            classLabels[kind],
            classes[kind].kept,
            classes[kind].overlap,
            folds,
            halves,
        ]),
    };
}
