import { drawFrom, randomGenerator } from '../support/randomGenerator.js';
import type { Site } from '../engine/Site.js';
import type { NeuronIndex } from './NeuronAnalysis.js';

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
    const groups = new Map<string, { readonly site: number; readonly expert: number; readonly taken: Set<number> }>();
    for (const [site, index] of set) {
        const expert = Math.floor(index / sites[site]!.width);
        const key = `${site} ${expert}`;
        if (!groups.has(key)) groups.set(key, { site, expert, taken: new Set() });
        groups.get(key)!.taken.add(index);
    }
    const chosen: NeuronIndex[] = [];
    for (const { site, expert, taken } of [...groups.values()].sort((a, b) => a.site - b.site || a.expert - b.expert)) {
        const { width } = sites[site]!;
        const others = Array.from({ length: width }, (_, j) => expert * width + j).filter((j) => !taken.has(j));
        const fromOthers = Math.min(taken.size, others.length);
        const neurons = [
            ...drawFrom(others, fromOthers, generator),
            ...drawFrom([...taken], taken.size - fromOthers, generator),
        ];
        for (const index of neurons.sort((a, b) => a - b)) chosen.push([site, index]);
    }
    return chosen;
}
