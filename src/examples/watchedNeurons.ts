import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { analysisSites, type NeuronAnalysis, type NeuronIndex } from '../neurons/NeuronAnalysis.js';
import { neuronsAt } from '../engine/Site.js';
import { LanguageNeuronsError } from '../errors.js';
import { randomGenerator } from '../support/randomGenerator.js';

/**
 * The neurons that examples are found for: all that an analysis selected, and some of its general ones.
 * @param general how many, drawn by the seed
 * @returns by site, then index
 * @throws LanguageNeuronsError EMPTY where there are none
 */
export function watchedNeurons(
    { neurons: { specific, related, general: all } }: Pick<NeuronAnalysis, 'neurons'>,
    { general, seed }: { readonly general: number; readonly seed: number },
): NeuronIndex[] {
    const generator = randomGenerator(seed);
    const pool = [...all];
    const drawn = Math.min(general, pool.length);
    for (let i = 0; i < drawn; i++) {
        const swap = uniformInt(generator, i, pool.length - 1);
        [pool[i], pool[swap]] = [pool[swap]!, pool[i]!];
    }
    const chosen = [...Object.values(specific), ...Object.values(related)].flat();
    return inOrder([...chosen, ...pool.slice(0, drawn)]);
}

/** @throws LanguageNeuronsError EMPTY; WRONG_USE for a neuron that the model has not */
export function checkNeurons(neurons: readonly NeuronIndex[], analysis: NeuronAnalysis): NeuronIndex[] {
    if (neurons.length === 0)
        throw new LanguageNeuronsError('EMPTY', 'the analysis selected no neurons; name some with `neurons`');
    const sites = analysisSites(analysis);
    for (const [site, index] of neurons) {
        const own = sites[site];
        if (own === undefined || index >= neuronsAt(own))
            throw new LanguageNeuronsError('WRONG_USE', `the model has no neuron ${index} of site ${site}`);
    }
    return inOrder(neurons);
}

/** Each once, by site, then index. */
function inOrder(neurons: readonly NeuronIndex[]): NeuronIndex[] {
    const once = new Map(neurons.map((neuron) => [String(neuron), neuron]));
    return [...once.values()].sort(([siteA, a], [siteB, b]) => siteA - siteB || a - b);
}
