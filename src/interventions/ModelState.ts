import type { TextEdit } from '../engine/types/edits.js';
import { distinctNeurons } from '../neurons/analysis/distinctNeurons.js';
import type { NeuronIndex } from '../neurons/analysis/NeuronAnalysis.js';
import { checkCompileOptions, chosenNeurons, compileInterventions, type CompileOptions } from './compile.js';
import type { NamedInterventions } from './namedInterventions.js';

/**
 * A state of the model: interventions under a name, as an engine takes them. A condition of an experiment, a side of
 * `generate`, the state in which a chat turn is answered, and a served model are such states.
 */
export interface ModelState extends NamedInterventions {
    /** Neurons that change, each once. */
    readonly neurons: readonly NeuronIndex[];
    /**
     * For `Engine`; undefined for the whole model. Compiled when it is asked for, and again only if nothing held it in
     * between: an experiment has hundreds of states, of a large model each takes megabytes.
     * @throws LanguageNeuronsError as `compileInterventions`
     */
    readonly edit: TextEdit;
}

/** @param model source of sites, neurons and values: at least an engine; see `compileInterventions` */
export function modelState({ name, interventions }: NamedInterventions, model: CompileOptions): ModelState {
    checkCompileOptions(model);
    let held: WeakRef<TextEdit & object> | undefined;
    return {
        name,
        interventions,
        get neurons() {
            const chosen = interventions.flatMap(({ neurons }) => chosenNeurons(neurons, model.analysis));
            return distinctNeurons(chosen);
        },
        get edit() {
            const edit = held?.deref() ?? compileInterventions(interventions, model);
            held = edit && new WeakRef(edit);
            return edit;
        },
    };
}

/** The model without interventions. */
export const wholeModel: ModelState = modelState({ name: 'whole', interventions: [] }, { sites: [] });

/** The whole model, and a state for each list of interventions. */
export function modelStates(named: readonly NamedInterventions[], model: CompileOptions): ModelState[] {
    return [wholeModel, ...named.map((one) => modelState(one, model))];
}

/** For people, such as `without zh: 1203 neurons`. */
export function describeState({ name, neurons }: ModelState): string {
    return name === wholeModel.name ? 'the whole model' : `${name}: ${neurons.length} neurons`;
}
