import type { ActivationValues } from '../activations/ActivationValues.js';
import { LanguageNeuronsError } from '../errors.js';
import type { Intervention, InterventionValue } from './Intervention.js';

/** Gives the value v of one neuron. */
export type ValueOfNeuron = (site: number, index: number) => number;

/** A value that is not a number: the mean over all languages, or a mean or percentile of one language. */
export interface NamedValue {
    readonly language?: string;
    /** From 0 to 100; absent: the mean. */
    readonly percent?: number;
}

/** @returns undefined where the text names no value */
export function parseNamedValue(text: string): NamedValue | undefined {
    if (text === 'mean') return {};
    const [, kind = '', language = ''] = /^(mean|p\d+(?:\.\d+)?):(.+)$/.exec(text) ?? [];
    if (language === '') return undefined;
    if (kind === 'mean') return { language };
    const percent = Number(kind.slice(1));
    return percent <= 100 ? { language, percent } : undefined;
}

/** Whether a text names a value. */
export function isNamedValue(text: string): text is Exclude<InterventionValue, number> {
    return parseNamedValue(text) !== undefined;
}

/** Whether interventions, or their defaults, need collected values. */
export function needsValues(interventions: readonly Pick<Intervention, 'op' | 'value'>[]): boolean {
    return interventions.some(({ op, value }) => op === 'diffmean' || typeof value === 'string');
}

/**
 * @param language the language that the neurons were chosen by, if any
 * @param wrong an error that names the intervention
 * @throws LanguageNeuronsError WRONG_USE, NOT_FOUND for a language without values, UNSUPPORTED
 */
export function resolveValue(
    {
        op,
        value,
        language,
    }: { readonly op: Intervention['op']; readonly value?: InterventionValue | undefined } & {
        readonly language: string | undefined;
    },
    values: ActivationValues | undefined,
    wrong: (why: string) => LanguageNeuronsError,
): ValueOfNeuron {
    if (typeof value === 'number') {
        if (op === 'diffmean') throw wrong('its value is a mean, such as mean:de');
        return () => value;
    }
    if (value === undefined && op !== 'diffmean') return () => 1;
    if (op === 'scale') throw wrong('its value must be a number');
    const text = value ?? (language === undefined ? undefined : (`mean:${language}` as const));
    if (text === undefined) throw wrong('neurons that are named without a language need a value, such as mean:de');
    const named = parseNamedValue(text);
    if (named === undefined) throw wrong(`its value must be a number, mean, mean:LANG or p90:LANG, not ${text}`);
    if (values === undefined) throw wrong(`its value ${text} was not collected; collect with \`values\` first`);
    const k = named.language === undefined ? undefined : values.languageNumber(named.language);
    if (op === 'diffmean') {
        if (k === undefined || named.percent !== undefined) throw wrong('its value is the mean of a language');
        if (values.languages.length < 2) throw wrong('a difference needs values of at least two languages');
        return (site, index) => values.mean(site, index, k) - values.meanOfOthers(site, index, k);
    }
    const { percent } = named;
    if (percent !== undefined) return (site, index) => values.percentile(site, index, percent, k!);
    return (site, index) => values.mean(site, index, k);
}
