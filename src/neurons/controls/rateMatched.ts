import type { Activations } from '../../activations/Activations.js';
import { sitesOf } from '../../activations/Activations.js';
import { neuronsAt, type Site } from '../../engine/types/Site.js';
import { sum } from '../../support/averages.js';
import { randomGenerator } from '../../support/randomGenerator.js';
import { activationProbabilities } from '../scores/activationProbabilities.js';
import { drawNearest } from './drawNearest.js';
import { expertGroups } from './expertGroups.js';
import { analysisSites, type NeuronAnalysis, type NeuronIndex } from '../analysis/NeuronAnalysis.js';

/**
 * Draws a control of a set that is active as often: for each of its neurons another one of the same site, and of the
 * same expert, out of the four that are nearest in their activation probability over all languages. It draws no neuron
 * of the set while there are others, and none that was not assessed. The same seeds give the same neurons.
 * @param rates see `pooledRates`
 */
export function rateMatched(
    set: readonly NeuronIndex[],
    sites: readonly Site[],
    rates: readonly Float64Array[],
    ...seeds: readonly number[]
): NeuronIndex[] {
    const generator = randomGenerator(...seeds);
    return expertGroups(set, sites).flatMap(({ site, all, members }) => {
        const rateOf = (index: number): number => rates[site]![index]!;
        const others = all.filter((index) => !members.has(index) && !Number.isNaN(rateOf(index)));
        const drawn = drawNearest(
            [...members].sort((a, b) => a - b),
            others,
            rateOf,
            generator,
        );
        return drawn.sort((a, b) => a - b).map((index): NeuronIndex => [site, index]);
    });
}

/** A rule of controls that are active as often as the neurons of an analysis; see `rateMatched`. */
export function rateRule(
    activations: Activations,
    analysis: NeuronAnalysis,
): (set: readonly NeuronIndex[], ...seeds: readonly number[]) => NeuronIndex[] {
    const rates = pooledRates(activations, analysis);
    const sites = analysisSites(analysis);
    return (set, ...seeds) => rateMatched(set, sites, rates, ...seeds);
}

/**
 * Each neuron's activation probability, averaged over the languages, by site: [experts * width]. NaN: not assessed.
 * @throws LanguageNeuronsError as `activationProbabilities`
 */
export function pooledRates(activations: Activations, { experts }: Pick<NeuronAnalysis, 'experts'>): Float64Array[] {
    const { p, n, l, locate } = activationProbabilities(activations, experts);
    const rates = sitesOf(activations).map((site) => new Float64Array(neuronsAt(site)).fill(Number.NaN));
    for (let row = 0; row < n; row++) {
        const [site, index] = locate(row);
        rates[site]![index] = sum(p.subarray(row * l, (row + 1) * l)) / l;
    }
    return rates;
}
