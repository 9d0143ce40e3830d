import { existsSync } from 'node:fs';
import type { Activations } from '../../activations/Activations.js';
import { effectsOf, effectsPath } from '../../effects/effectsFile.js';
import { withEffects } from '../../effects/withEffects.js';
import { examplesPath } from '../../examples/examplesFile.js';
import { examplesOf, withExamples } from '../../examples/withExamples.js';
import type { NeuronAnalysis, NeuronIndex } from '../../neurons/analysis/NeuronAnalysis.js';
import { neuronRow, type NeuronRow } from '../../neurons/tables/neuronRows.js';
import { neuronTable } from '../../neurons/tables/neuronTable.js';

/** Neurons of each language. */
const shown = 5;

/** A neuron of a language, with its tokens where the run folder has them. */
export interface ShownNeuron {
    readonly language: string;
    readonly row: NeuronRow;
}

export interface ShownNeurons {
    readonly neurons: readonly ShownNeuron[];
    /** Files of the folder that are of another model, and not used. */
    readonly passedOver: readonly string[];
}

/**
 * Each language's specific and related neurons with the lowest scores, the most specific first.
 * @param activations those that the analysis is of
 * @throws LanguageNeuronsError NOT_FOUND, DAMAGED where tokens cannot be read
 */
export async function readShownNeurons(
    folder: string,
    activations: Activations,
    analysis: NeuronAnalysis,
): Promise<ShownNeurons> {
    const [examples, effects] = await Promise.all([examplesOf(folder, analysis), effectsOf(folder, analysis)]);
    const table = withExamples(withEffects(neuronTable(activations, analysis), effects), examples);
    const rowOf = ([site, index]: NeuronIndex): number => table.starts[site]! + index;
    const neurons = analysis.languages.flatMap((language) =>
        [...analysis.neurons.specific[language]!, ...analysis.neurons.related[language]!]
            .map(rowOf)
            .sort((a, b) => table.score[a]! - table.score[b]! || a - b)
            .slice(0, shown)
            .map((row): ShownNeuron => ({ language, row: neuronRow(table, row) })),
    );
    const files = [
        { path: examplesPath(folder), used: examples !== undefined },
        { path: effectsPath(folder), used: effects !== undefined },
    ];
    return { neurons, passedOver: files.filter(({ path, used }) => !used && existsSync(path)).map(({ path }) => path) };
}
