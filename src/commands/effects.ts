import { effects } from '../effects/effects.js';
import { type EffectsFile, effectsPath } from '../effects/effectsFile.js';
import { shownToken } from '../effects/shownToken.js';
import { chosenNeurons } from '../neurons/sets/chosenNeurons.js';
import { analysisSites, type NeuronAnalysis } from '../neurons/analysis/NeuronAnalysis.js';
import { neuronName } from '../neurons/tables/neuronNames.js';
import { neuronsPath, readNeurons } from '../neurons/analysis/neuronsFile.js';
import { formatQuantity } from '../support/format.js';
import { alignedTable } from './words/alignedTable.js';
import type { CommandOf } from './arguments/CommandDeclaration.js';
import type { effectsDeclaration } from './arguments/declarations.js';

/** Neurons that the terminal shows, and tokens of each. */
const shownNeurons = 40;
const shownTokens = 4;

/** `effects`: which tokens chosen neurons raise and lower. */
export const effectsCommand: CommandOf<typeof effectsDeclaration> = async (args, { progress, signal, say }) => {
    const { dir, model, threads } = args;
    const analysis = await readNeurons(neuronsPath(dir));
    const neurons = chosenNeurons(analysis, args);
    const file = await effects(dir, { model, neurons, threads, progress, signal });
    const asked = new Set(neurons.map(String));
    const found = { ...file, neurons: file.neurons.filter(({ neuron }) => asked.has(String(neuron))) };
    if (args.json) return { json: found, text: undefined };
    const left = found.neurons.length - shownNeurons;
    if (left > 0) say(`${formatQuantity(left, 'more neuron')}, and 20 tokens of each, in ${effectsPath(dir)}`);
    return { json: found, text: describe(found, analysis, process.stdout.columns ?? 80) };
};

function describe({ neurons, tokens }: EffectsFile, analysis: NeuronAnalysis, width: number): string {
    if (neurons.length === 0) return 'no neuron is in this set';
    const sites = analysisSites(analysis);
    const words = (list: EffectsFile['neurons'][number]['raised']): string =>
        list
            .slice(0, shownTokens)
            .map(([token]) => shownToken(tokens[token] ?? '', 16))
            .join('  ');
    const columns = [
        { heading: 'neuron' },
        { heading: 'raises most', elastic: true },
        { heading: 'lowers most', elastic: true },
    ];
    const rows = neurons
        .slice(0, shownNeurons)
        .map(({ neuron, raised, lowered }) => [neuronName(sites, neuron), words(raised), words(lowered)]);
    return alignedTable(columns, rows, width);
}
