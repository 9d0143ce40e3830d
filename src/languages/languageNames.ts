import { iso6393, iso6393To1 } from 'iso-639-3';

/** Scripts and regions whose languages have names of their own. */
const named = ['zh-Hant', 'zh-Hans', 'pt-BR', 'pt-PT', 'en-GB', 'en-US', 'es-MX', 'fr-CA', 'de-AT', 'fa-AF', 'nl-BE'];

let tagsByName: ReadonlyMap<string, string> | undefined;

/** Tags by English name: `de` for `German`, `pt-BR` for `Brazilian Portuguese`; names of the runtime (CLDR) and ISO. */
export function tagOfName(name: string): string | undefined {
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
