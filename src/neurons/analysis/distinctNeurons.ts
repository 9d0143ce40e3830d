import type { NeuronAnalysis, NeuronIndex } from './NeuronAnalysis.js';

/** Each neuron once, in the order in which they come first. */
export function distinctNeurons(neurons: readonly NeuronIndex[]): NeuronIndex[] {
    return [...new Map(neurons.map((neuron) => [String(neuron), neuron])).values()];
}

/** By site, then index. */
export function comparePlaces([siteA, a]: NeuronIndex, [siteB, b]: NeuronIndex): number {
    return siteA - siteB || a - b;
}

/** All specific and related neurons. */
export function selectedNeurons({
    neurons: { specific, related },
}: {
    readonly neurons: Pick<NeuronAnalysis['neurons'], 'specific' | 'related'>;
}): NeuronIndex[] {
    return distinctNeurons([...Object.values(specific), ...Object.values(related)].flat());
}
