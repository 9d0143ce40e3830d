import { wrongUse } from '../../errors.js';
import type { Activations } from '../../activations/Activations.js';
import type { ActivationValues } from '../../activations/ActivationValues.js';
import { checkSettings, type OtherOptions } from '../../settings/checkSetting.js';
import type { ValueOf } from '../../settings/Setting.js';
import { experimentTable } from '../../settings/settings.js';
import { changesNothing, checkOperation, deactivation, type Operation } from '../../interventions/Operation.js';
import { operationName } from '../../interventions/operationText.js';
import type { NeuronAnalysis } from '../../neurons/analysis/NeuronAnalysis.js';
import { rateRule } from '../../neurons/controls/rateMatched.js';
import type { Ranking } from '../../neurons/scores/rankNeurons.js';
import type { ModelState } from '../../interventions/ModelState.js';
import { allConditions, type ControlRule, doseConditions, setConditions, type SetConditions } from './conditions.js';
import { type NeuronSetName, setsFor } from '../../neurons/sets/neuronSets.js';
import { defined } from '../../support/defined.js';
import type { HeldOut } from '../results/DeactivationMatrix.js';

/** The conditions of an experiment. */
export interface ExperimentOptions {
    readonly analysis: NeuronAnalysis;
    /** Default: all three. */
    readonly sets?: readonly NeuronSetName[] | undefined;
    /** The operations on the neurons; each gives a matrix of its own. Default: deactivation. */
    readonly operations?: readonly Operation[] | undefined;
    /** Means and percentiles of activations, for operations that need them. */
    readonly values?: ActivationValues | undefined;
    /** Curves over the first neurons of each language's ranking, in the place of sets. */
    readonly doses?: Doses | undefined;
    /** Seed of the first random control. Default 1. */
    readonly seed?: number | undefined;
    /** Random controls of each cell, each with a seed of its own. Default 3. */
    readonly controls?: number | undefined;
    /** In what controls are like the neurons beside their number. Default `layers`; `rate` needs `activations`. */
    readonly matched?: ValueOf<typeof experimentTable.matched> | undefined;
    /** The counts of the analysis, which say how often each neuron is active. */
    readonly activations?: Activations | undefined;
    /**
     * Measure on all texts, also where they are those that were counted, in folds. Default: neurons are found anew on
     * all folds but the last, and measured on the texts of this one.
     */
    readonly circular?: boolean | undefined;
}

/** The options of an experiment that are no settings, for `checkSettings`. */
export const experimentOptions = {
    analysis: true,
    operations: true,
    values: true,
    doses: true,
    activations: true,
} as const satisfies OtherOptions<ExperimentOptions, typeof experimentTable>;

/** The shares of a ranking that are changed, a curve's points. */
export interface Doses {
    readonly ranking: Ranking;
    /** Of all neurons assessed, each in (0, 1). */
    readonly shares: readonly number[];
}

/** The conditions of one operation, for a matrix or a curve. */
interface ExperimentPart {
    readonly operation: Operation;
    /** Of all sets that the model has, asked for or not, by name; or of all doses, by their share. */
    readonly sets: ReadonlyMap<string, SetConditions>;
}

/** Which texts an experiment's neurons were not found on. */
export interface ExperimentHeldOut extends Pick<HeldOut, 'fold' | 'of'> {
    /** Hash of the neurons that all folds give; see `neuronsDigest`. */
    readonly whole: string;
    /** By language, the share of the fold's texts that are in other folds too. Absent: none is. */
    readonly counted?: Readonly<Record<string, number>> | undefined;
}

/** An experiment with its defaults filled in and its conditions planned. */
export interface Experiment {
    readonly analysis: NeuronAnalysis;
    /** Absent: no texts are held out. */
    readonly heldOut?: ExperimentHeldOut;
    readonly seed: number;
    readonly controls: number;
    readonly matched: NonNullable<ExperimentOptions['matched']>;
    /** Names of the requested sets; none for a curve. */
    readonly askedSets: readonly NeuronSetName[];
    readonly doses: Doses | undefined;
    /** Of each operation. */
    readonly parts: readonly ExperimentPart[];
    /** To be measured, each once, the whole model first. */
    readonly asked: readonly ModelState[];
    /** Conditions of the sets that are not asked for: used where they have been measured. */
    readonly known: readonly ModelState[];
}

/**
 * @param languages rows of the matrices
 * @param heldOut where the analysis is of all folds but one
 * @throws LanguageNeuronsError WRONG_USE
 */
export function planExperiment(
    options: ExperimentOptions,
    languages: readonly string[],
    heldOut?: ExperimentHeldOut,
): Experiment {
    checkSettings(options, experimentTable, experimentOptions);
    const { analysis, operations = [deactivation], doses: askedDoses, values } = options;
    const { seed = experimentTable.seed.default, controls = experimentTable.controls.default } = options;
    const { matched = experimentTable.matched.default } = options;
    const draw = ruleOf(options);
    if (operations.length === 0) throw wrongUse('no operation is given; give for example scale:0.5');
    checkOperations(operations);
    if (askedDoses !== undefined && options.sets !== undefined)
        throw wrongUse('`doses` and `sets` cannot be used together; leave one out');
    const doses = askedDoses === undefined ? undefined : { ...askedDoses, shares: sharesOf(askedDoses) };
    const askedSets = doses === undefined ? (options.sets ?? setsFor(analysis)) : [];
    const parts = operations.map((operation): ExperimentPart => {
        const controlled = { seed, controls, operation, values, draw };
        const sets =
            doses?.shares.map(
                (share) =>
                    [
                        String(share),
                        doseConditions(analysis, languages, { ranking: doses.ranking, share, ...controlled }),
                    ] as const,
            ) ??
            setsFor(analysis).map(
                (set) =>
                    [
                        set,
                        setConditions(analysis, languages, set, seed, controls, { operation, values, draw }),
                    ] as const,
            );
        return { operation, sets: new Map<string, SetConditions>(sets) };
    });
    const isAsked = (name: string): boolean => doses !== undefined || askedSets.some((set) => set === name);
    const all = parts.flatMap(({ sets }) => [...sets]);
    const asked = allConditions(all.filter(([name]) => isAsked(name)).map(([, set]) => set));
    const askedNames = new Set(asked.map(({ name }) => name));
    const known = allConditions(all.map(([, set]) => set)).filter(({ name }) => !askedNames.has(name));
    return { analysis, ...defined({ heldOut }), seed, controls, matched, askedSets, doses, parts, asked, known };
}

/** How controls are drawn; undefined: at random. */
function ruleOf({ analysis, matched, activations }: ExperimentOptions): ControlRule | undefined {
    if (matched !== 'rate') return undefined;
    if (activations === undefined)
        throw wrongUse('controls that are active as often need the counts; give `activations`');
    return rateRule(activations, analysis);
}

/** Ascending, each once. */
function sharesOf({ shares }: Doses): number[] {
    const odd = shares.find((share) => !(share > 0 && share < 1));
    if (odd !== undefined) throw wrongUse(`a dose must lie between 0 and 1, not ${odd}`);
    if (shares.length === 0) throw wrongUse('no dose is given; give for example 0.01');
    return [...new Set(shares)].sort((a, b) => a - b);
}

/** Refuses an operation that changes nothing or occurs twice. */
function checkOperations(operations: readonly Operation[]): void {
    for (const operation of operations) checkOperation(operation);
    const names = operations.map(operationName);
    const twice = names.find((name, i) => names.indexOf(name) !== i);
    if (twice !== undefined) throw wrongUse(`the operation ${twice} is given twice; leave one out`);
    const idle = operations.find(changesNothing);
    if (idle !== undefined) throw wrongUse(`${operationName(idle)} changes nothing; leave it out`);
}
