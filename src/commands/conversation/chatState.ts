import { LanguageNeuronsError } from '../../errors.js';
import type { CompileOptions } from '../../interventions/compile.js';
import { modelState, type ModelState, wholeModel } from '../../interventions/ModelState.js';
import type { NamedInterventions } from '../../interventions/namedInterventions.js';
import { type InterventionShorthand, parseShorthand } from '../../interventions/shorthand.js';
import type { NeuronAnalysis } from '../../neurons/analysis/NeuronAnalysis.js';
import { suggestion } from '../../support/nearest.js';

/** What a conversation's next turns are answered under. */
export interface ChatChoice extends InterventionShorthand {
    /** Name of one of the file's, in the place of what the shorthand says. */
    readonly use?: string | undefined;
}

export interface ChatModelFacts extends CompileOptions {
    readonly analysis: NeuronAnalysis;
    /** Of `--interventions`. */
    readonly named: readonly NamedInterventions[];
}

/**
 * What a choice comes to.
 * @param mark in front of the names of its parts, for messages
 * @throws LanguageNeuronsError WRONG_USE, or NOT_FOUND for a language or a name that is not there
 */
export function stateOf(choice: ChatChoice, facts: ChatModelFacts, mark: string): ModelState {
    const chosen =
        choice.use === undefined
            ? parseShorthand(choice, (setting) => `${mark}${setting}`)
            : namedBy(choice.use, facts.named);
    if (chosen === undefined) return wholeModel;
    const { sites, analysis, values } = facts;
    const state = modelState(chosen, { sites, analysis, values });
    void state.edit; // what cannot be compiled is refused here, not at the next turn
    return state;
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
