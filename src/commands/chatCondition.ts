import type { ActivationValues } from '../activations/ActivationValues.js';
import type { TextEdit } from '../engine/edits.js';
import { LanguageNeuronsError } from '../errors.js';
import { compileInterventions } from '../interventions/compile.js';
import type { Intervention } from '../interventions/Intervention.js';
import type { NamedInterventions } from '../interventions/namedInterventions.js';
import { type InterventionShorthand, parseShorthand } from '../interventions/shorthand.js';
import type { NeuronAnalysis } from '../neurons/NeuronAnalysis.js';
import { neuronsOf } from '../neurons/neuronsOf.js';
import { suggestion } from '../support/nearest.js';

/** What a conversation's next turns are answered under. */
export interface ChatChoice extends InterventionShorthand {
    /** Name of one of the file's, in the place of what the shorthand says. */
    readonly use?: string | undefined;
}

/** The same, ready for the engine. */
export interface ChatCondition {
    /** `whole` where nothing is changed. */
    readonly name: string;
    readonly interventions: readonly Intervention[];
    readonly edit: TextEdit;
    /** Neurons that change. */
    readonly neurons: number;
}

export interface ChatModelFacts {
    readonly analysis: NeuronAnalysis;
    /** Where one of the named takes any. */
    readonly values?: ActivationValues | undefined;
    /** Neurons of each site. */
    readonly sizes: readonly number[];
    /** Of `--interventions`. */
    readonly named: readonly NamedInterventions[];
}

/**
 * What a choice comes to.
 * @param mark in front of the names of its parts, for messages
 * @throws LanguageNeuronsError WRONG_USE, or NOT_FOUND for a language or a name that is not there
 */
export function conditionOf(choice: ChatChoice, facts: ChatModelFacts, mark: string): ChatCondition {
    const { analysis, values, sizes, named } = facts;
    const chosen =
        choice.use === undefined
            ? parseShorthand(choice, (setting) => `${mark}${setting}`)
            : namedBy(choice.use, named);
    if (chosen === undefined) return { name: 'whole', interventions: [], edit: undefined, neurons: 0 };
    const { name, interventions } = chosen;
    const edit = compileInterventions(interventions, { sizes, analysis, values });
    const changed = interventions.flatMap(({ neurons }) =>
        'language' in neurons ? neuronsOf(analysis, neurons.language, neurons.set ?? 'specific+related') : neurons,
    );
    return { name, interventions, edit, neurons: new Set(changed.map(String)).size };
}

function namedBy(name: string, named: readonly NamedInterventions[]): NamedInterventions {
    const found = named.find((one) => one.name === name);
    if (found !== undefined) return found;
    const names = named.map((one) => one.name);
    throw new LanguageNeuronsError(
        'NOT_FOUND',
        names.length === 0
            ? `there is no intervention ${name}; give a file of named ones with --interventions`
            : `there is no intervention ${name}, only ${names.join(', ')}${suggestion(name, names)}`,
    );
}
