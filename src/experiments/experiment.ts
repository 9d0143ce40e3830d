import { LanguageNeuronsError } from '../errors.js';
import type { NeuronAnalysis } from '../neurons/NeuronAnalysis.js';
import { allConditions, type Condition, setConditions, type SetConditions } from './conditions.js';
import { type NeuronSetName, setsFor } from '../neurons/neuronSets.js';

/** The conditions of an experiment. */
export interface ExperimentOptions {
    readonly analysis: NeuronAnalysis;
    /** Default: all three. */
    readonly sets?: readonly NeuronSetName[] | undefined;
    /** Seed of the first random control. Default 1. */
    readonly seed?: number | undefined;
    /** Random controls of each cell, each with a seed of its own. Default 3. */
    readonly controls?: number | undefined;
}

/** An experiment with all that its options leave to be found out. */
export interface Experiment {
    readonly analysis: NeuronAnalysis;
    readonly seed: number;
    readonly controls: number;
    /** Names of the sets that are asked for. */
    readonly askedSets: readonly NeuronSetName[];
    /** The conditions of all sets that the model has, asked for or not. */
    readonly sets: ReadonlyMap<NeuronSetName, SetConditions>;
    /** To be measured, each once, the whole model first. */
    readonly asked: readonly Condition[];
    /** Of the other sets alone: wanted where they have been measured. */
    readonly known: readonly Condition[];
}

/**
 * @param languages rows of the matrices
 * @throws LanguageNeuronsError WRONG_USE
 */
export function planExperiment(
    { analysis, sets: askedSets = setsFor(analysis), seed = 1, controls = 3 }: ExperimentOptions,
    languages: readonly string[],
): Experiment {
    if (!Number.isInteger(controls) || controls < 1) {
        throw new LanguageNeuronsError(
            'WRONG_USE',
            `the number of controls must be a whole number of at least 1, not ${controls}`,
        );
    }
    const sets = new Map(
        setsFor(analysis).map((set) => [set, setConditions(analysis, languages, set, seed, controls)]),
    );
    const asked = allConditions([...sets].filter(([name]) => askedSets.includes(name)).map(([, set]) => set));
    const askedIds = new Set(asked.map(({ id }) => id));
    const known = allConditions(sets.values()).filter(({ id }) => !askedIds.has(id));
    return { analysis, seed, controls, askedSets, sets, asked, known };
}

/** Different conditions that an experiment has: an engine that holds as many masks runs all of them in one batch. */
export function countConditions(options: ExperimentOptions, languages: readonly string[]): number {
    return planExperiment(options, languages).asked.length;
}
