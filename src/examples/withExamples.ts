import { isOfModel } from '../activations/isOfModel.js';
import { shownToken } from '../effects/shownToken.js';
import { sameSites } from '../engine/types/Site.js';
import { analysisSites, type NeuronAnalysis } from '../neurons/analysis/NeuronAnalysis.js';
import type { NeuronTable } from '../neurons/tables/neuronTable.js';
import { strongestTokens } from './strongestTable.js';
import { type ExamplesHead, examplesPath, readExamplesHead } from './examplesFile.js';

/** Tokens of a neuron in a table. */
const shownTokens = 10;

/**
 * Reads the head of an analysis's examples: of another model than its neurons it is left out.
 * @throws LanguageNeuronsError as `readExamplesHead`
 */
export async function examplesOf(folder: string, analysis: NeuronAnalysis): Promise<ExamplesHead | undefined> {
    const head = await readExamplesHead(examplesPath(folder));
    return head !== undefined && areOfAnalysis(head, analysis) ? head : undefined;
}

/** Whether examples are of the model that was analysed, as far as that is known, and of its layers. */
export function areOfAnalysis({ source, sites }: ExamplesHead, analysis: NeuronAnalysis): boolean {
    return isOfModel(analysis.source, source.model.fingerprint) && sameSites(sites, analysisSites(analysis));
}

/** A table with the strongest tokens of each neuron, as `shownToken` writes them; the same without examples. */
export function withExamples(table: NeuronTable, head: ExamplesHead | undefined): NeuronTable {
    if (head === undefined) return table;
    const strongest = head.neurons.map(([site, index], n): [number, string[]] => [
        table.starts[site]! + index,
        strongestTokens(head, n)
            .slice(0, shownTokens)
            .map((token) => shownToken(token)),
    ]);
    return { ...table, strongest: new Map(strongest) };
}
