import { createHash } from 'node:crypto';
import type { NeuronMask } from '../engine/engineTypes.js';
import { analysisSites, type NeuronAnalysis, type NeuronIndex } from '../neurons/NeuronAnalysis.js';
import { neuronsOf } from '../neurons/neuronsOf.js';
import { randomExperts } from '../neurons/randomExperts.js';
import { randomNeurons } from '../neurons/randomNeurons.js';
import type { NeuronSetName } from '../neurons/neuronSets.js';

/** A state of the model: the neurons that are deactivated. Equal ones have equal ids. */
export interface Condition {
    readonly id: string;
    readonly neurons: readonly NeuronIndex[];
}

/** The conditions of one set: each language's own neurons, and random ones of the same layers for each seed. */
export interface SetConditions {
    readonly own: readonly Condition[];
    /** [seeds][languages] */
    readonly controls: readonly (readonly Condition[])[];
}

/** The whole model. */
export const wholeModel: Condition = { id: 'whole', neurons: [] };

/**
 * @param languages rows of the matrix
 * @param seed of the first control; the others have the seeds after it
 * @param controls number of controls
 */
export function setConditions(
    analysis: NeuronAnalysis,
    languages: readonly string[],
    set: NeuronSetName,
    seed: number,
    controls: number,
): SetConditions {
    const neurons = languages.map((language) => neuronsOf(analysis, language, set));
    // By language, not by row: the same neurons whatever other languages are asked for.
    const random = (chosen: readonly NeuronIndex[], row: number, k: number): Condition =>
        condition(
            randomOfSet(
                analysis,
                chosen,
                set,
                seed + k,
                ...[...languages[row]!].map((letter) => letter.codePointAt(0)!),
            ),
        );
    return {
        own: neurons.map(condition),
        controls: Array.from({ length: controls }, (_, k) => neurons.map((chosen, row) => random(chosen, row, k))),
    };
}

/** Random neurons in the place of a set's; whole experts in the place of experts. */
function randomOfSet(
    analysis: NeuronAnalysis,
    chosen: readonly NeuronIndex[],
    set: NeuronSetName,
    ...seeds: readonly number[]
): NeuronIndex[] {
    if (set !== 'experts') return randomNeurons(chosen, analysisSites(analysis), ...seeds);
    return randomExperts(analysis, chosen, ...seeds);
}

/** All different conditions of some sets, the whole model first. */
export function allConditions(sets: Iterable<SetConditions>): Condition[] {
    const found = new Map([[wholeModel.id, wholeModel]]);
    for (const { own, controls } of sets) for (const one of [own, ...controls].flat()) found.set(one.id, one);
    return [...found.values()];
}

/**
 * A mask of each site, with 1 at each neuron given.
 * @param widths neurons of each site
 */
export function maskOf(neurons: readonly NeuronIndex[], widths: readonly number[]): NeuronMask {
    const mask = widths.map((width) => new Uint8Array(width));
    for (const [site, index] of neurons) mask[site]![index] = 1;
    return mask;
}

/** The condition's mask, or undefined for the whole model. */
export function conditionMask({ neurons }: Condition, widths: readonly number[]): NeuronMask | undefined {
    return neurons.length === 0 ? undefined : maskOf(neurons, widths);
}

function condition(neurons: readonly NeuronIndex[]): Condition {
    if (neurons.length === 0) return wholeModel; // nothing to deactivate changes nothing
    return { id: createHash('sha256').update(JSON.stringify(neurons)).digest('hex').slice(0, 16), neurons };
}
