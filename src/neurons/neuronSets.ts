/** Neuron sets of a deactivation experiment, by their names on the command line. */
export type NeuronSetName = 'specific' | 'specific+related' | 'specific+related+general' | 'experts';

/** `experts` are whole experts that are specific by the tokens that go through them, in models with routed experts. */
export const neuronSetNames: readonly NeuronSetName[] = [
    'specific',
    'specific+related',
    'specific+related+general',
    'experts',
];

/** The sets that a model can have. */
export function setsFor(analysis: { readonly experts?: unknown }): readonly NeuronSetName[] {
    return analysis.experts === undefined ? neuronSetNames.filter((name) => name !== 'experts') : neuronSetNames;
}
