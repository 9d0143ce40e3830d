import { sum } from '../../support/averages.js';
import { randomGenerator } from '../../support/randomGenerator.js';
import { drawNearest } from './drawNearest.js';
import { analysisSites, type NeuronAnalysis, type NeuronIndex } from '../analysis/NeuronAnalysis.js';

/**
 * Draws as many experts in the same sites as the set has, and returns all their neurons. For each expert of the set it
 * draws one of the nearest by the number of tokens routed to it that the set does not have; no expert is drawn twice
 * while there are others. The same seeds give the same experts.
 * @param set all neurons of some experts
 */
export function randomExperts(
    analysis: NeuronAnalysis,
    set: readonly NeuronIndex[],
    ...seeds: readonly number[]
): NeuronIndex[] {
    const generator = randomGenerator(...seeds);
    const sites = analysisSites(analysis);
    const taken = new Map<number, Set<number>>();
    for (const [site, index] of set) {
        if (!taken.has(site)) taken.set(site, new Set());
        taken.get(site)!.add(Math.floor(index / sites[site]!.width));
    }
    const chosen: NeuronIndex[] = [];
    for (const [site, experts] of [...taken].sort(([a], [b]) => a - b)) {
        const routing = analysis.experts!.shares[site]!.map((shares) => sum(shares));
        const others = [...routing.keys()].filter((other) => !experts.has(other));
        const drawn = drawNearest(
            [...experts].sort((a, b) => a - b),
            others,
            (expert) => routing[expert]!,
            generator,
        );
        const { width } = sites[site]!;
        for (const expert of drawn.sort((a, b) => a - b))
            for (let j = 0; j < width; j++) chosen.push([site, expert * width + j]);
    }
    return chosen;
}
