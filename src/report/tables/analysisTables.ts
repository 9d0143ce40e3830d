import type { NeuronAnalysis } from '../../neurons/NeuronAnalysis.js';
import { languageCounts } from '../analysisFacts.js';
import { ownValue } from '../numbers.js';
import type { DataTable } from './DataTable.js';

/** Neurons of each layer by class. */
export function layersTable(analysis: NeuronAnalysis): DataTable {
    return {
        name: 'layers',
        columns: ['layer', 'width', 'specific', 'related', 'general'],
        rows: analysis.layers.map((layer, index) => [index, analysis.widths[index] ?? null, layer.specific, layer.related, layer.general]),
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

/** Tokens and neurons of each language, in the analysis' order. */
export function languagesTable(analysis: NeuronAnalysis, tokens: Readonly<Record<string, number>>): DataTable {
    return {
        name: 'languages',
        columns: ['language', 'tokens', 'specific', 'related', 'total'],
        rows: languageCounts(analysis).map(({ language, specific, related, total }) => [
            language,
            ownValue(tokens, language) ?? null,
            specific,
            related,
            total,
        ]),
    };
}
