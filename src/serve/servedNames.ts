import { wrongUse } from '../errors.js';
import { type ModelState, wholeModel } from '../interventions/ModelState.js';
import type { NamedInterventions } from '../interventions/namedInterventions.js';
import type { ShorthandInterventions } from '../interventions/shorthand.js';
import type { NeuronSetName } from '../neurons/sets/neuronSets.js';
import { suggestion } from '../support/nearest.js';
import { ApiError } from './ApiError.js';

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
    if (named.some(({ name }) => name === wholeModel.name)) {
        throw wrongUse(`the name ${wholeModel.name} belongs to the model without interventions; choose another name`);
    }
    return [...new Map(named.map((one) => [one.name, one])).values()];
}

/** @returns its place in the list @throws ApiError 404 */
export function findModel(models: readonly ModelState[], asked: string): number {
    const place = models.findIndex(({ name }) => name === asked);
    if (place >= 0) return place;
    const names = models.map(({ name }) => name);
    const hint = suggestion(asked, names) || `; there are ${names.join(', ')}`;
    throw new ApiError(404, `there is no model ${asked}${hint}`, { param: 'model', code: 'model_not_found' });
}
