import { createHash } from 'node:crypto';
import type { ActivationValues } from '../../activations/ActivationValues.js';
import { affineOf, type CompileOptions } from '../../interventions/compile.js';
import type { InterventionWhere } from '../../interventions/Intervention.js';
import { modelState, type ModelState, wholeModel } from '../../interventions/ModelState.js';
import { deactivation, type Operation } from '../../interventions/Operation.js';
import { needsValues, resolveValue } from '../../interventions/resolveValue.js';
import { LanguageNeuronsError, wrongUse } from '../../errors.js';
import { analysisSites, type NeuronAnalysis, type NeuronIndex } from '../../neurons/analysis/NeuronAnalysis.js';
import { neuronsOf } from '../../neurons/sets/neuronsOf.js';
import { randomExperts } from '../../neurons/controls/randomExperts.js';
import { firstRanked, type Ranking } from '../../neurons/scores/rankNeurons.js';
import { randomNeurons } from '../../neurons/controls/randomNeurons.js';
import type { NeuronSetName } from '../../neurons/sets/neuronSets.js';
import { numbersOf } from '../../support/randomGenerator.js';

/** The conditions of one set: each language's own neurons, and random ones of the same layers for each seed. */
export interface SetConditions {
    readonly own: readonly ModelState[];
    /** [seeds][languages] */
    readonly controls: readonly (readonly ModelState[])[];
}

/** Draws other neurons in the place of a set's. The same seeds give the same neurons. */
export type ControlRule = (set: readonly NeuronIndex[], ...seeds: readonly number[]) => readonly NeuronIndex[];

/**
 * @param languages rows of the matrix
 * @param seed of the first control; the others have the seeds after it
 * @param controls number of controls
 * @param the operation on the neurons, a language's own and random ones alike. Default: deactivation
 */
export function setConditions(
    analysis: NeuronAnalysis,
    languages: readonly string[],
    set: NeuronSetName,
    seed: number,
    controls: number,
    { operation = deactivation, values, draw }: ControlledBy = {},
): SetConditions {
    return conditionsOf(
        analysis,
        languages,
        languages.map((language) => neuronsOf(analysis, language, set)),
        set === 'experts'
            ? (chosen, ...seeds) => randomExperts(analysis, chosen, ...seeds)
            : (draw ?? ((chosen, ...seeds) => randomNeurons(chosen, analysisSites(analysis), ...seeds))),
        { seed, controls, operation, values },
    );
}

/** The conditions of one dose: the first neurons of each language's ranking; see `firstRanked`. */
export function doseConditions(
    analysis: NeuronAnalysis,
    languages: readonly string[],
    { ranking, share, ...options }: { readonly ranking: Ranking; readonly share: number } & ControlledOperation,
): SetConditions {
    return conditionsOf(
        analysis,
        languages,
        languages.map((language) => firstRanked(ranking, language, share)),
        options.draw ?? ((chosen, ...seeds) => randomNeurons(chosen, analysisSites(analysis), ...seeds)),
        options,
    );
}

/** An operation on neurons, and the values of activations that it may need. */
export interface OperationWithValues {
    readonly operation?: Operation | undefined;
    readonly values?: ActivationValues | undefined;
}

interface ControlledBy extends OperationWithValues {
    /** Default: random neurons of the same layers. Whole experts are always drawn in the place of experts. */
    readonly draw?: ControlRule | undefined;
}

interface ControlledOperation extends ControlledBy {
    readonly seed: number;
    readonly controls: number;
}

function conditionsOf(
    analysis: NeuronAnalysis,
    languages: readonly string[],
    neurons: readonly (readonly NeuronIndex[])[],
    draw: ControlRule,
    { seed, controls, operation = deactivation, values }: ControlledOperation,
): SetConditions {
    const model = { sites: analysisSites(analysis), values };
    const changed = (chosen: readonly NeuronIndex[], row: number): ModelState =>
        conditionOf(chosen, ofLanguage(operation, languages[row]!), model);
    // By language, not by row: the same neurons whatever other languages are asked for.
    const random = (chosen: readonly NeuronIndex[], row: number, k: number): ModelState =>
        changed(draw(chosen, seed + k, ...numbersOf(languages[row]!)), row);
    return {
        own: neurons.map(changed),
        controls: Array.from({ length: controls }, (_, k) => neurons.map((chosen, row) => random(chosen, row, k))),
    };
}

/** All different conditions of some sets, the whole model first. */
export function allConditions(sets: Iterable<SetConditions>): ModelState[] {
    const found = new Map([[wholeModel.name, wholeModel]]);
    for (const { own, controls } of sets) for (const one of [own, ...controls].flat()) found.set(one.name, one);
    return [...found.values()];
}

/** `diffmean` goes towards the language of the row, unless it names another. */
function ofLanguage(operation: Operation, language: string): Operation {
    if (operation.op !== 'diffmean' || operation.value !== undefined) return operation;
    return { ...operation, value: `mean:${language}` };
}

/** A condition. Its name follows from what is done to its neurons: equal conditions have equal names. */
export function conditionOf(neurons: readonly NeuronIndex[], operation: Operation, model: CompileOptions): ModelState {
    if (neurons.length === 0) return wholeModel; // nothing to change changes nothing
    const name = needsValues([operation])
        ? valuedName(neurons, operation, model.values)
        : conditionName(neurons, operation);
    return modelState({ name, interventions: [{ ...operation, neurons }] }, model);
}

/** Names a condition by the value of each neuron, whatever the values were collected from. */
function valuedName(
    neurons: readonly NeuronIndex[],
    { op, value, strength = 1, where = 'both' }: Operation,
    values: ActivationValues | undefined,
): string {
    const wrong = (why: string): LanguageNeuronsError => wrongUse(`${op}: ${why}`);
    const valueOf = resolveValue({ op, value, language: undefined }, values, wrong);
    const each = neurons.map(([site, index]) => valueOf(site, index));
    return hashOf([neurons, op, each, strength, where]);
}

/** Names a condition by the change of its neurons; for deactivated ones the neurons alone are the name. */
function conditionName(neurons: readonly NeuronIndex[], operation: Operation): string {
    const { factor, offset, where } = effectOf(operation);
    return hashOf(isDeactivation(operation) ? neurons : [neurons, factor, offset, where]);
}

function hashOf(what: unknown): string {
    return createHash('sha256').update(JSON.stringify(what)).digest('hex').slice(0, 16);
}

/** Whether an operation deactivates, as `scale` by 0 does too. */
function isDeactivation(operation: Operation): boolean {
    if (needsValues([operation])) return false;
    const { factor, offset, where } = effectOf(operation);
    return factor === 0 && offset === 0 && where === 'both';
}

function effectOf({ op, value = 1, strength = 1, where = 'both' }: Operation): ReturnType<typeof affineOf> & {
    readonly where: InterventionWhere;
} {
    return { ...affineOf(op, value as number, strength), where }; // operations that need values do not come here
}
