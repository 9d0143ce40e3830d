import { drawFrom, randomGenerator } from '../../support/randomGenerator.js';
import type { Site } from '../../engine/types/Site.js';
import { expertGroups } from './expertGroups.js';
import type { NeuronIndex } from '../analysis/NeuronAnalysis.js';

/**
 * Draws the control of a deactivation experiment: as many random neurons as the set has in each site, and of the same
 * experts, so that as many tokens went through them. It draws no neuron of the set while a site, or an expert, has
 * others. The same seeds give the same neurons.
 */
export function randomNeurons(
    set: readonly NeuronIndex[],
    sites: readonly Site[],
    ...seeds: readonly number[]
): NeuronIndex[] {
    const generator = randomGenerator(...seeds);
    return expertGroups(set, sites).flatMap(({ site, all, members }) => {
        const others = all.filter((j) => !members.has(j));
        const fromOthers = Math.min(members.size, others.length);
        const neurons = [
            ...drawFrom(others, fromOthers, generator),
            ...drawFrom([...members], members.size - fromOthers, generator),
        ];
        return neurons.sort((a, b) => a - b).map((index): NeuronIndex => [site, index]);
    });
}
