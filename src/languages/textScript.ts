/** Scripts in use today, by their ISO 15924 codes, as Unicode names them. */
export const letterScripts = (
    'Latn Cyrl Grek Armn Geor Hebr Arab Syrc Thaa Nkoo Adlm Ethi Tfng Deva Beng Guru Gujr Orya Taml Telu Knda Mlym ' +
    'Sinh Thai Laoo Tibt Mymr Khmr Hani Hira Kana Bopo Hang Mong Cher Cans Olck Mtei Java Bali Sund Bugi Vaii Yiii'
).split(' ');
const letterOf = letterScripts.map((script) => [script, new RegExp(`^\\p{Script=${script}}$`, 'u')] as const);

/** Scripts that are written with several of Unicode's. */
const parts: Readonly<Record<string, readonly string[]>> = {
    Hans: ['Hani'],
    Hant: ['Hani'],
    Jpan: ['Hira', 'Kana', 'Hani'],
    Kore: ['Hang'],
};

/** The scripts of Unicode that a language's script consists of: `Hira`, `Kana` and `Hani` of `Jpan`. */
export function scriptParts(script: string): readonly string[] {
    return parts[script] ?? [script];
}

/** The script of a letter; undefined where it is none of `letterScripts`. */
export function letterScript(letter: string): string | undefined {
    return letterOf.find(([, form]) => form.test(letter))?.[0];
}

/**
 * The script of a text's letters, such as `Latn`, `Hani` or `Hang`; undefined where it has no letters, letters of
 * several scripts, or of one that is not told apart.
 */
export function textScript(text: string): string | undefined {
    const letters = text.match(/\p{L}/gu) ?? [];
    const found = new Set(letters.map(letterScript));
    return found.size === 1 ? [...found][0] : undefined;
}

/**
 * The one of some languages that is written in a script; undefined where it is none or several, as of most texts in
 * Latin letters.
 * @param languages each with its usual script, as `scriptOf` gives it
 */
export function languageOfScript(
    script: string | undefined,
    languages: readonly { readonly tag: string; readonly script: string }[],
): string | undefined {
    if (script === undefined) return undefined;
    const written = languages.filter((one) => scriptParts(one.script).includes(script));
    return written.length === 1 ? written[0]!.tag : undefined;
}
