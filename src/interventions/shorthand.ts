import { LanguageNeuronsError } from '../errors.js';
import type { NeuronSetName } from '../neurons/neuronSets.js';
import { parseNumber } from '../support/numberRanges.js';
import type { Intervention, InterventionWhere } from './Intervention.js';
import type { NamedInterventions } from './namedInterventions.js';

/** Interventions as options of a command: `--without zh,de --amplify en:2`. */
export interface InterventionShorthand {
    /** Languages whose neurons are set to 0. */
    readonly without?: string | undefined;
    /** `LANG:FACTOR`, comma-separated: languages whose neurons' activations are multiplied. */
    readonly amplify?: string | undefined;
    readonly set?: NeuronSetName | undefined;
    readonly where?: InterventionWhere | undefined;
}

/**
 * What the options ask for, under a name such as `without-zh,amplify-en-2`; undefined where they ask for nothing.
 * @throws LanguageNeuronsError WRONG_USE
 */
export function parseShorthand({
    without,
    amplify,
    set,
    where,
}: InterventionShorthand): NamedInterventions | undefined {
    const zeros = namesOf('--without', without).map((language): Intervention => ({
        neurons: { language, set },
        op: 'zero',
        where,
    }));
    const scales = namesOf('--amplify', amplify).map((text): Intervention => {
        const [language, factor = ''] = text.split(/:(.*)/s);
        const value = parseNumber(factor, {});
        if (language === '' || value === undefined) {
            throw new LanguageNeuronsError(
                'WRONG_USE',
                `--amplify takes a language and a factor, not ${JSON.stringify(text)}; give for example de:2`,
            );
        }
        return { neurons: { language: language!, set }, op: 'scale', value, where };
    });
    if (zeros.length + scales.length === 0) return undefined;
    const name = [
        ...(without === undefined ? [] : [`without ${namesOf('', without).join(', ')}`]),
        ...(amplify === undefined ? [] : [`amplify ${namesOf('', amplify).join(', ')}`]),
    ].join('; ');
    return { name, interventions: [...zeros, ...scales] };
}

function namesOf(option: string, text: string | undefined): string[] {
    if (text === undefined) return [];
    const names = text.split(',').map((name) => name.trim());
    if (names.every((name) => name !== '')) return names;
    throw new LanguageNeuronsError(
        'WRONG_USE',
        `${option} takes languages, comma-separated, not ${JSON.stringify(text)}`,
    );
}
