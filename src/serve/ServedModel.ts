import type { TextEdit } from '../engine/edits.js';
import { LanguageNeuronsError } from '../errors.js';
import { compileInterventions, type CompileOptions } from '../interventions/compile.js';
import type { NamedInterventions } from '../interventions/namedInterventions.js';
import type { ShorthandInterventions } from '../interventions/shorthand.js';
import type { NeuronSetName } from '../neurons/neuronSets.js';
import { suggestion } from '../support/nearest.js';
import { ApiError } from './ApiError.js';

/** The model as it is, or under interventions, by the name that clients ask for. */
export interface ServedModel {
    readonly id: string;
    readonly edit: TextEdit;
}

/** Name of the model that nothing is done to. */
const wholeId = 'whole';

/** One without each language's neurons, as `without-zh`. */
export function withoutEach(languages: readonly string[], set: NeuronSetName | undefined): NamedInterventions[] {
    return languages.map((language) => ({
        name: `without-${language}`,
        interventions: [{ neurons: { language, set }, op: 'zero' }],
    }));
}

/** What options ask for, by a name that fits into a request: `without-zh-ja`, `amplify-de`. */
export function nameShorthand({ languages, interventions }: ShorthandInterventions): NamedInterventions {
    const named = (word: string, op: 'zero' | 'scale'): string[] => {
        const found = languages.filter((_, i) => interventions[i]!.op === op).map(({ language }) => language);
        return found.length === 0 ? [] : [word, ...found];
    };
    return { name: [...named('without', 'zero'), ...named('amplify', 'scale')].join('-'), interventions };
}

/** Of interventions by the same name the later ones count, as the more special ones. */
export function distinct(named: readonly NamedInterventions[]): NamedInterventions[] {
    if (named.some(({ name }) => name === wholeId)) {
        throw new LanguageNeuronsError(
            'WRONG_USE',
            `interventions cannot be named ${wholeId}, as the model is without any; choose another name`,
        );
    }
    return [...new Map(named.map((one) => [one.name, one])).values()];
}

/** The whole model, and one for each list of interventions. */
export function servedModels(
    named: readonly NamedInterventions[],
    options: Omit<CompileOptions, 'conflict'>,
): ServedModel[] {
    return [
        { id: wholeId, edit: undefined },
        ...named.map(({ name, interventions }) => ({
            id: name,
            edit: compileInterventions(interventions, options),
        })),
    ];
}

/** @returns its place in the list @throws ApiError 404 */
export function findModel(models: readonly ServedModel[], id: string): number {
    const place = models.findIndex((model) => model.id === id);
    if (place >= 0) return place;
    const names = models.map((model) => model.id);
    const hint = suggestion(id, names) || `; there are ${names.join(', ')}`;
    throw new ApiError(404, `there is no model ${id}${hint}`, { param: 'model', code: 'model_not_found' });
}
