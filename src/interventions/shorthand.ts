import { wrongUse } from '../errors.js';
import type { NeuronSetName } from '../neurons/sets/neuronSets.js';
import { factorRange } from '../settings/settings.js';
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

/** The interventions that the options ask for. */
export interface ShorthandInterventions extends NamedInterventions {
    /** Each language, and the factor of its neurons' activations. */
    readonly languages: readonly { readonly language: string; readonly factor: number }[];
}

/**
 * Returns the interventions that the options ask for, named such as `without zh; amplify de:2`; undefined where there
 * are none.
 * @param title name of a setting in messages
 * @throws LanguageNeuronsError WRONG_USE
 */
export function parseShorthand(
    options: InterventionShorthand,
    title: (setting: string) => string = (setting) => `\`${setting}\``,
): ShorthandInterventions | undefined {
    const { without, amplify, set, where } = options;
    const off = listOf(title('without'), without);
    const louder = listOf(title('amplify'), amplify);
    const languages = [
        ...off.map((language) => ({ language, factor: 0 })),
        ...louder.map((text) => readFactor(text, title('amplify'))),
    ];
    if (languages.length === 0) return undefined;
    const name = [
        ...(off.length === 0 ? [] : [`without ${off.join(', ')}`]),
        ...(louder.length === 0 ? [] : [`amplify ${louder.join(', ')}`]),
    ].join('; ');
    const interventions = languages.map(({ language, factor }, i): Intervention => {
        const neurons = { language, set };
        return i < off.length ? { neurons, op: 'zero', where } : { neurons, op: 'scale', value: factor, where };
    });
    return { name, interventions, languages };
}

/**
 * Returns languages with the factors behind them, such as `de,en:-1`; without one it is 1.
 * @param title name of the setting in messages
 * @throws LanguageNeuronsError WRONG_USE
 */
export function parseFactors(text: string, title: string): { language: string; factor: number }[] {
    return listOf(title, text).map((one) =>
        one.includes(':') ? readFactor(one, title) : { language: one, factor: 1 },
    );
}

function readFactor(text: string, option: string): { language: string; factor: number } {
    const [, language = '', number = ''] = /^(.+):([^:]+)$/.exec(text) ?? [];
    const factor = parseNumber(number, factorRange);
    if (factor !== undefined) return { language, factor };
    throw wrongUse(`${option} takes languages and factors, such as de:2,zh:0.5, not ${JSON.stringify(text)}`);
}

function listOf(option: string, text: string | undefined): string[] {
    if (text === undefined) return [];
    const names = text.split(',').map((name) => name.trim());
    if (names.every((name) => name !== '')) return names;
    throw wrongUse(`${option} takes languages, comma-separated, not ${JSON.stringify(text)}`);
}
