import type { ValueOf } from '../../settings/Setting.js';
import { interventionTable } from '../../settings/settings.js';

/** Neuron sets of a deactivation experiment. @inline */
export type NeuronSetName = ValueOf<typeof interventionTable.set>;

/** `experts` are whole experts that are specific by the tokens that go through them, in models with routed experts. */
export const neuronSetNames: readonly NeuronSetName[] = interventionTable.set.choices;

/** The sets that a model can have. */
export function setsFor(analysis: { readonly experts?: unknown }): readonly NeuronSetName[] {
    return analysis.experts === undefined ? neuronSetNames.filter((name) => name !== 'experts') : neuronSetNames;
}
