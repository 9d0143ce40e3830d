import { languageTag, maximized } from './languageTag.js';

/** Scripts that are written from right to left. */
const rightToLeftScripts: ReadonlySet<string> = new Set([
    'Arab',
    'Hebr',
    'Syrc',
    'Thaa',
    'Nkoo',
    'Adlm',
    'Samr',
    'Mand',
    'Rohg',
    'Yezi',
]);

/** The script that a language is usually written in, and its direction. */
export function scriptOf(language: string): { readonly script: string; readonly rightToLeft: boolean } {
    const tag = languageTag(language);
    const script = tag === undefined ? '' : (maximized(tag).script ?? '');
    return { script, rightToLeft: rightToLeftScripts.has(script) };
}
