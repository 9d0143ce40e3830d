import { iso6393, iso6393To1 } from 'iso-639-3';
import { remembered } from '../support/remembered.js';

/** Scripts and regions whose languages have names of their own. */
const named = ['zh-Hant', 'zh-Hans', 'pt-BR', 'pt-PT', 'en-GB', 'en-US', 'es-MX', 'fr-CA', 'de-AT', 'fa-AF', 'nl-BE'];

let tagsByName: ReadonlyMap<string, string> | undefined;

/**
 * Language, and perhaps script, region and variants, in lower case. Of variants only these: `en-train` is a file of
 * English, not another language. `vale1252` is a glottocode, as FLORES+ uses them.
 */
const form =
    /^([a-z]{2,3})(?:-([a-z]{4}))?(?:-([a-z]{2}|\d{3}))?((?:-(?:1901|1996|monoton|polyton|valencia|[a-z]{4}\d{4}))*)$/;
const scriptNames = new Intl.DisplayNames(['en'], { type: 'script', fallback: 'none' });

/** Two-letter codes that ISO 639-1 has today. */
const shortCodes: ReadonlySet<string> = new Set(Object.values(iso6393To1));
/** Three-letter codes of ISO 639-2 that are not those of ISO 639-3: `ger` is `deu`. */
const bibliographic: ReadonlyMap<string, string> = new Map(
    iso6393.flatMap(({ iso6393: code, iso6392B: other }) =>
        other === undefined || other === code ? [] : [[other, code]],
    ),
);

/** Scripts that include others. */
const withinScripts: Readonly<Record<string, readonly string[]>> = {
    Kore: ['Hang'],
    Jpan: ['Hira', 'Kana', 'Hrkt'],
    Hans: ['Hani'],
    Hant: ['Hani'],
};

/** Usual tags beyond CLDR's: of traditional Chinese, and of ISO 639-3's Malay beside the standard one (`zsm`). */
const ownAliases: Readonly<Record<string, string>> = { 'zh-Hant': 'zh-TW', zlm: 'ms' };

/**
 * The canonical BCP 47 tag of a language in any spelling: `de` for `de`, `DE`, `deu`, `ger`, `deu_Latn` and `German`.
 * The language is the two-letter code where ISO 639-1 has one. The tag has a script only where it is not the language's
 * usual one. Region and variants stay. Languages that ISO distinguishes stay distinct: `tw` is not `ak`, `swh` is not
 * `sw` (but see `aliasTag`).
 * @returns undefined for a text that names no language
 */
export function languageTag(written: string): string | undefined {
    if (form.test(languageKey(written.trim()))) return canonicalTag(written);
    const named = tagOfName(written);
    return named === undefined ? undefined : canonicalTag(named);
}

/** Tags found so far, by `languageKey`: they are asked for with every answer. */
const knownTags = new Map<string, string | undefined>();

/**
 * The same of a language's code alone, in any spelling: names of languages, half a second of work for the first of
 * them, are not looked up.
 */
export function canonicalTag(written: string): string | undefined {
    const key = languageKey(written.trim());
    if (knownTags.has(key)) return knownTags.get(key);
    const parts = form.exec(key);
    if (parts === null) return undefined; // any text at all: not kept
    const tag = tagOf(parts);
    knownTags.set(key, tag);
    return tag;
}

/** @param parts of a text in the `form` */
function tagOf(parts: RegExpExecArray): string | undefined {
    const [, code, lowerScript = '', lowerRegion = '', variants = ''] = parts;
    const language = shortest(code!);
    const region = lowerRegion === '' ? '' : new Intl.Locale(`und-${lowerRegion}`).region!;
    const script = lowerScript.charAt(0).toUpperCase() + lowerScript.slice(1);
    if (script !== '' && scriptNames.of(script) === undefined) return undefined;
    const bare = joined(language, region);
    return joined(language, isUsual(script, bare) ? '' : script, region) + variants;
}

/** Equal for two spellings of a tag, `zh_TW` and `zh-tw`, which a file system may also take for one name. */
export function languageKey(written: string): string {
    return written.normalize('NFC').toLowerCase().replaceAll('_', '-');
}

/**
 * The usual tag of a language without a two-letter code: `sw` for `swh`, `ar` for `arb`, `fa-AF` for `prs`, by
 * Unicode's CLDR; and `zh-TW` for `zh-Hant`. Another language may be the true owner of that tag.
 * @param tag as `languageTag` gives it
 * @returns undefined where there is none
 */
export function usualTag(tag: string): string | undefined {
    const isShort = tag.split('-')[0]!.length === 2;
    return ownAliases[tag] ?? (isShort ? undefined : aliasTag(tag));
}

/** Another tag that CLDR has for a language: that of `usualTag`, and `ak` for `tw`, `fil` for `tl`. */
export function aliasTag(tag: string): string | undefined {
    const own = ownAliases[tag];
    if (own !== undefined) return own;
    const alias = languageTag(Intl.getCanonicalLocales(tag)[0]!);
    return alias === tag ? undefined : alias;
}

/** All subtags of a tag: `zh-Hant-TW` for `zh-TW`, `ar-Arab-EG` for `arb`. */
export const maximized = remembered((tag: string): Intl.Locale => new Intl.Locale(tag).maximize());

function shortest(code: string): string {
    if (code.length === 2) {
        if (shortCodes.has(code)) return code;
        const renamed = Intl.getCanonicalLocales(code)[0]!; // iw is he
        return /^[a-z]{2,3}$/.test(renamed) ? renamed : code;
    }
    const own = bibliographic.get(code) ?? code;
    return iso6393To1[own] ?? own;
}

function isUsual(script: string, tag: string): boolean {
    const usual = maximized(tag).script;
    return usual !== undefined && (usual === script || withinScripts[usual]?.includes(script) === true);
}

function joined(...subtags: readonly string[]): string {
    return subtags.filter((subtag) => subtag !== '').join('-');
}

/** Tags by English name: `de` for `German`, `pt-BR` for `Brazilian Portuguese`; names of the runtime (CLDR) and ISO. */
function tagOfName(name: string): string | undefined {
    return (tagsByName ??= allNames()).get(name.trim().toLowerCase());
}

function allNames(): ReadonlyMap<string, string> {
    const names = new Intl.DisplayNames(['en'], { type: 'language', fallback: 'none' });
    const tags = [...iso6393.map(({ iso6393: code }) => iso6393To1[code] ?? code), ...named];
    const found = new Map<string, string>([['bengali', 'bn']]); // CLDR says Bangla
    const add = (name: string | undefined, tag: string): void => {
        const key = name?.toLowerCase();
        if (key !== undefined && !found.has(key)) found.set(key, tag);
    };
    // CLDR gives an alias the name of the code that it stands for.
    for (const tag of tags) if (Intl.getCanonicalLocales(tag)[0] === tag) add(names.of(tag), tag);
    // ISO's names of the other languages, without those that are common words (Even, Label, Male).
    for (const { name, iso6391 } of iso6393) if (iso6391 !== undefined) add(name.replace(/ \(.*/, ''), iso6391);
    // Languages that CLDR calls by the name of a group: Tagalog, Mandarin Chinese, Standard Arabic.
    for (const { name, iso6393: code } of iso6393) {
        if (iso6393To1[code] === undefined && Intl.getCanonicalLocales(code)[0] !== code) add(name, code);
    }
    return found;
}
