import type { NeuronMask } from '../../src/engine/types/edits.js';
import type { NeuronIndex } from '../../src/neurons/analysis/NeuronAnalysis.js';

/**
 * A mask of each site, with 1 at each neuron given: apart from the compiler of interventions, to compare with it.
 * @param sizes neurons of each site
 */
export function maskOf(neurons: readonly NeuronIndex[], sizes: readonly number[]): NeuronMask {
    const mask = sizes.map((size) => new Uint8Array(size));
    for (const [site, index] of neurons) mask[site]![index] = 1;
    return mask;
}
