import type { NeuronTable } from '../neurons/tables/neuronTable.js';
import type { EffectsFile } from './effectsFile.js';
import { shownToken } from './shownToken.js';

/** Tokens of a neuron in a table. */
const shownTokens = 10;

/** A table with the tokens that each neuron raises most, as `shownToken` writes them; the same without effects. */
export function withEffects(table: NeuronTable, effects: EffectsFile | undefined): NeuronTable {
    if (effects === undefined) return table;
    const { tokens, neurons } = effects;
    const raised = neurons.map(({ neuron: [site, index], raised: list }): [number, string[]] => [
        table.starts[site]! + index,
        list.slice(0, shownTokens).map(([token]) => shownToken(tokens[token] ?? '')),
    ]);
    return { ...table, raised: new Map(raised) };
}
