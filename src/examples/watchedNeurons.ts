import { analysisSites, type NeuronAnalysis, type NeuronIndex } from '../neurons/analysis/NeuronAnalysis.js';
import { missingNeuron } from '../engine/types/Site.js';
import { LanguageNeuronsError, wrongUse } from '../errors.js';
import { comparePlaces, distinctNeurons, selectedNeurons } from '../neurons/analysis/distinctNeurons.js';
import { drawFrom, randomGenerator } from '../support/randomGenerator.js';

/**
 * The neurons that examples are found for: all specific and related ones, and some general ones.
 * @param general how many, drawn by the seed
 * @returns by site, then index
 */
export function watchedNeurons(
    analysis: Pick<NeuronAnalysis, 'neurons'>,
    { general, seed }: { readonly general: number; readonly seed: number },
): NeuronIndex[] {
    const pool = [...analysis.neurons.general];
    const drawn = drawFrom(pool, Math.min(general, pool.length), randomGenerator(seed));
    return distinctNeurons([...selectedNeurons(analysis), ...drawn]).sort(comparePlaces);
}

/** Each once, by site, then index. @throws LanguageNeuronsError EMPTY; WRONG_USE for one that the model has not */
export function checkNeurons(neurons: readonly NeuronIndex[], analysis: NeuronAnalysis): NeuronIndex[] {
    if (neurons.length === 0)
        throw new LanguageNeuronsError('EMPTY', 'the analysis selected no neurons; name some with `neurons`');
    const missing = missingNeuron(neurons, analysisSites(analysis));
    if (missing !== undefined) throw wrongUse(missing);
    return distinctNeurons(neurons).sort(comparePlaces);
}
