import type { ActivationValues } from '../activations/ActivationValues.js';
import { conditionOf } from '../experiments/conditions/conditions.js';
import type { Intervention } from '../interventions/Intervention.js';
import type { CompileOptions } from '../interventions/compile.js';
import { modelState, type ModelState, wholeModel } from '../interventions/ModelState.js';
import { changesNothing, deactivation, type Operation } from '../interventions/Operation.js';
import { operationName } from '../interventions/operationText.js';
import { distinctNeurons } from '../neurons/analysis/distinctNeurons.js';
import { analysisSites, type NeuronAnalysis, type NeuronIndex } from '../neurons/analysis/NeuronAnalysis.js';
import { neuronsOf } from '../neurons/sets/neuronsOf.js';
import type { NeuronSetName } from '../neurons/sets/neuronSets.js';
import { randomNeurons } from '../neurons/controls/randomNeurons.js';
import { firstRanked, type Ranking } from '../neurons/scores/rankNeurons.js';
import { formatShare } from '../support/format.js';
import { keyOf } from '../support/keyOf.js';
import { numbersOf } from '../support/randomGenerator.js';

/** Layers whose neurons a candidate changes: all, or those of one half. */
export const layerChoices = ['all', 'early', 'late'] as const;
export type LayerChoice = (typeof layerChoices)[number];

/** What is tried: every combination. */
export interface Grid {
    readonly sets: readonly NeuronSetName[];
    /** First neurons of each language's ranking, beside the sets. */
    readonly doses?: { readonly ranking: Ranking; readonly shares: readonly number[] } | undefined;
    readonly layers: readonly LayerChoice[];
    /** Operations on the neurons of languages to speak; those of languages to leave are set to 0. */
    readonly raise: readonly Operation[];
    readonly strengths: readonly number[];
}

/** Languages whose neurons are changed together. */
export interface Target {
    readonly languages: readonly string[];
    readonly does: 'raise' | 'lower';
}

/** An intervention to try. */
export interface Candidate {
    /** For people, such as `sw specific+related, late layers: zero,strength:0.5`. */
    readonly words: string;
    /** Neurons by site and index, so that they stay those that were tried. */
    readonly interventions: readonly ChosenIntervention[];
    readonly state: ModelState;
}

interface ChosenIntervention extends Operation {
    readonly neurons: readonly NeuronIndex[];
}

interface Source {
    readonly analysis: NeuronAnalysis;
    readonly values: ActivationValues | undefined;
}

/** All different candidates of a grid, those that change less first. */
export function candidatesOf(targets: readonly Target[], grid: Grid, source: Source): Candidate[] {
    const model: CompileOptions = { sites: analysisSites(source.analysis), values: source.values };
    const found = new Map<string, Candidate>();
    for (const target of targets) {
        for (const { words, neurons } of choicesOf(target, grid, source)) {
            for (const operation of operationsOf(target, grid)) {
                const interventions = interventionsOf(target, neurons, operation);
                const state = stateOf(interventions, model);
                const named = { words: `${words}: ${operationName(operation)}`, interventions, state };
                if (state.name !== wholeModel.name && !found.has(state.name)) found.set(state.name, named);
            }
        }
    }
    return [...found.values()].sort((a, b) => amountOf(a) - amountOf(b));
}

/** The state in which as many random neurons of the same layers are changed as a candidate changes. */
export function randomState({ interventions }: Candidate, { analysis, values }: Source, seed: number): ModelState {
    const sites = analysisSites(analysis);
    const random = interventions.map(({ neurons, ...operation }, i): ChosenIntervention => ({
        ...operation,
        neurons: randomNeurons(neurons, sites, seed, i, ...numbersOf(operation.op)),
    }));
    return stateOf(random, { sites, values });
}

/** Neurons of each language of a target, and words for them. */
interface Choice {
    readonly words: string;
    readonly neurons: readonly (readonly NeuronIndex[])[];
}

function choicesOf({ languages }: Target, { sets, doses, layers }: Grid, { analysis }: Source): Choice[] {
    const chosen = [
        ...sets.map((set) => ({
            words: set,
            neurons: languages.map((language) => neuronsOf(analysis, language, set)),
        })),
        ...(doses?.shares ?? []).map((share) => ({
            words: `first ${formatShare(share)}`,
            neurons: languages.map((language) => firstRanked(doses!.ranking, language, share)),
        })),
    ];
    const sites = analysisSites(analysis);
    const middle = (Math.max(...sites.map(({ layer }) => layer)) + 1) / 2;
    const isIn = (choice: LayerChoice, [site]: NeuronIndex): boolean =>
        choice === 'all' || (choice === 'early') === sites[site]!.layer < middle;
    return chosen.flatMap(({ words, neurons }) =>
        layers.map((layer) => ({
            words: `${languages.join('+')} ${words}${layer === 'all' ? '' : `, ${layer} layers`}`,
            neurons: neurons.map((ofLanguage) => ofLanguage.filter((neuron) => isIn(layer, neuron))),
        })),
    );
}

function operationsOf({ does }: Target, { raise, strengths }: Grid): Operation[] {
    return (does === 'raise' ? raise : [deactivation])
        .flatMap((operation) => strengths.map((strength): Operation => ({ ...operation, strength })))
        .filter((operation) => !changesNothing(operation));
}

/** One operation on the neurons of all languages; `diffmean`, which goes towards a language, on those of each. */
function interventionsOf(
    { languages }: Target,
    neurons: Choice['neurons'],
    operation: Operation,
): readonly ChosenIntervention[] {
    const { op, value } = operation;
    if (op !== 'diffmean' || value !== undefined) return [{ ...operation, neurons: distinctNeurons(neurons.flat()) }];
    return languages.map((language, i) => ({ ...operation, value: `mean:${language}` as const, neurons: neurons[i]! }));
}

/** Its name follows from what is done: the same state is found again. */
function stateOf(interventions: readonly ChosenIntervention[], model: CompileOptions): ModelState {
    const states = interventions.map(({ neurons, ...operation }) => conditionOf(neurons, operation, model));
    const changing = states.filter(({ name }) => name !== wholeModel.name);
    if (changing.length <= 1) return changing[0] ?? wholeModel;
    const all: readonly Intervention[] = changing.flatMap((state) => state.interventions);
    return modelState({ name: keyOf(changing.map(({ name }) => name)), interventions: all }, model);
}

/** How much a candidate changes: its neurons, by how far each is moved. */
function amountOf({ interventions }: Candidate): number {
    return interventions.reduce((sum, { neurons, op, value, strength = 1 }) => {
        const far = op === 'scale' && typeof value === 'number' ? Math.abs(value - 1) : 1;
        return sum + neurons.length * strength * far;
    }, 0);
}
