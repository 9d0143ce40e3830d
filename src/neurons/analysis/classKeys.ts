import type { NeuronClass, Unsourced } from './NeuronAnalysis.js';

/** The neurons of each class as `layer,neuron`; specific ones with their language, `layer,neuron,LL`. */
export function classKeys({ neurons }: Unsourced): Record<NeuronClass, Set<string>> {
    return {
        specific: new Set(
            Object.entries(neurons.specific).flatMap(([language, list]) =>
                list.map(([layer, neuron]) => `${layer},${neuron},${language}`),
            ),
        ),
        related: new Set(
            Object.values(neurons.related).flatMap((list) => list.map(([layer, neuron]) => `${layer},${neuron}`)),
        ),
        general: new Set(neurons.general.map(([layer, neuron]) => `${layer},${neuron}`)),
    };
}
