import { data } from 'franc/data.js';
import { expressions } from 'franc/expressions.js';
import { languageTag, maximized } from '../languages/languageTag.js';

/** Scripts that franc tells languages apart in, by what it calls them. */
const scripts: Readonly<Record<string, string>> = {
    Latn: 'Latin',
    Cyrl: 'Cyrillic',
    Arab: 'Arabic',
    Deva: 'Devanagari',
    Mymr: 'Myanmar',
    Ethi: 'Ethiopic',
    Hebr: 'Hebrew',
};
/** Which language is told where the tag names several, and CLDR does not say which it is mostly. */
const ofGroups: Readonly<Record<string, string>> = { ms: 'zlm', no: 'nob' };

let codesByScript: ReadonlyMap<string, ReadonlyMap<string, string>> | undefined;

/**
 * What the detector, franc, calls a language as it is usually written, an ISO 639-3 code. It is no identity: `zh` and
 * `zh-TW`, `pt-BR` and `pt-PT` are one to it.
 * @returns undefined for a language, or a script of it, that the detector does not know
 */
export function detectorCode(language: string): string | undefined {
    const tag = languageTag(language);
    if (tag === undefined) return undefined;
    const { language: base, script = '', region = '' } = maximized(tag);
    codesByScript ??= allCodes();
    const known = codesByScript.get(scripts[script] ?? '');
    // Of a language and its region first: Persian (fa) and Dari (fa-AF) are told apart.
    return known?.get(`${base}-${region}`) ?? known?.get(base) ?? known?.get(ofGroups[base] ?? '');
}

/**
 * Whether most letters of a text are of the script of its language, for languages that the detector tells in several:
 * Serbian in Latin letters is not `sr`.
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

/** By franc's name of the script, or none for those that are one language's: its codes, by language or region. */
function allCodes(): ReadonlyMap<string, ReadonlyMap<string, string>> {
    const alone = Object.keys(expressions).filter((name) => !Object.hasOwn(data, name));
    const byScript = Object.entries(data).map(([name, codes]) => [name, Object.keys(codes)] as const);
    return new Map([...byScript, ['', alone] as const].map(([name, codes]) => [name, new Map(codes.flatMap(namesOf))]));
}

/** A code by itself and by what CLDR has for it. */
function namesOf(code: string): [string, string][] {
    return [Intl.getCanonicalLocales(code)[0]!, code].map((name) => [name, code]);
}
