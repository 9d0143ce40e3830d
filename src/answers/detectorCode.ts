import { data } from 'franc/data.js';
import { expressions } from 'franc/expressions.js';
import { languageTag, maximized } from '../languages/languageTag.js';

/** The scripts in which franc distinguishes languages, by franc's names. */
const scripts: Readonly<Record<string, string>> = {
    Latn: 'Latin',
    Cyrl: 'Cyrillic',
    Arab: 'Arabic',
    Deva: 'Devanagari',
    Mymr: 'Myanmar',
    Ethi: 'Ethiopic',
    Hebr: 'Hebrew',
};
/** The language that a tag of several stands for where CLDR does not say it. */
const ofGroups: Readonly<Record<string, string>> = { ms: 'zlm', no: 'nob' };

let codesByScript: ReadonlyMap<string, ReadonlyMap<string, string>> | undefined;

/**
 * The ISO 639-3 code that the detector, franc, gives for a language in its usual script. The detector does not
 * distinguish `zh` from `zh-TW`, or `pt-BR` from `pt-PT`.
 * @returns undefined for a language, or a script of it, that the detector does not know
 */
export function detectorCode(language: string): string | undefined {
    const tag = languageTag(language);
    if (tag === undefined) return undefined;
    const { language: base, script = '', region = '' } = maximized(tag);
    codesByScript ??= allCodes();
    const known = codesByScript.get(scripts[script] ?? '');
    // Language and region come first: franc distinguishes Persian (fa) and Dari (fa-AF).
    return known?.get(`${base}-${region}`) ?? known?.get(base) ?? known?.get(ofGroups[base] ?? '');
}

/**
 * Whether most letters of a text are in the script of its language. It matters for languages that the detector knows
 * in several scripts: Serbian in Latin letters is not `sr`.
 */
export function isInScript(text: string, language: string): boolean {
    const tag = languageTag(language);
    const code = detectorCode(language);
    const { script = '' } = tag === undefined ? {} : maximized(tag);
    if (code === undefined || scripts[script] === undefined) return true;
    if (Object.values(data).filter((codes) => Object.hasOwn(codes, code)).length < 2) return true;
    const count = (pattern: RegExp): number => text.match(pattern)?.length ?? 0;
    return 2 * count(new RegExp(`\\p{sc=${script}}`, 'gu')) >= count(/\p{L}/gu);
}

/** franc's codes by language or region, by franc's name of the script; no name for a script of one language. */
function allCodes(): ReadonlyMap<string, ReadonlyMap<string, string>> {
    const alone = Object.keys(expressions).filter((name) => !Object.hasOwn(data, name));
    const byScript = Object.entries(data).map(([name, codes]) => [name, Object.keys(codes)] as const);
    return new Map([...byScript, ['', alone] as const].map(([name, codes]) => [name, new Map(codes.flatMap(namesOf))]));
}

/** A code, and CLDR's tag for it. */
function namesOf(code: string): [string, string][] {
    return [Intl.getCanonicalLocales(code)[0]!, code].map((name) => [name, code]);
}
