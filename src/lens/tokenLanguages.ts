import { scriptOf } from '../languages/scriptOf.js';
import { languageOfScript, textScript } from '../languages/textScript.js';
import { sum } from '../support/averages.js';

/**
 * Occurrences in all texts from which on a token's language is told by them. Of a token that two languages use alike, 5
 * are all of one in 1 of 16 cases.
 */
const leastOccurrences = 5;
/** Share of a token's occurrences, each language's texts taken as equally long, that makes it that language's. */
const leastShare = 0.9;

/** A language's tokens. */
export interface LanguageTokens {
    readonly language: string;
    /** By token: how often it occurs in the language's texts. */
    readonly occurrences: Uint32Array;
}

/**
 * The language of each token, as far as texts tell it:
 *
 * 1. Tokens without a letter are of none.
 * 2. With at least `leastOccurrences`, a token is of the language that has `leastShare` of them, each language's
 *    divided by the number of its tokens, so that languages with more texts do not win.
 * 3. Else it is of the one language of the texts that is written in the script of its letters. Latin letters tell
 *    nothing: too many languages beside those of the texts use them.
 * @param textOf a token's text, U+FFFD for bytes that are no whole character
 * @returns undefined for a token whose language is not to be told
 */
export function tokenLanguages(
    languages: readonly LanguageTokens[],
    textOf: (token: number) => string,
): (token: number) => string | undefined {
    const sizes = languages.map(({ occurrences }) => sum(occurrences));
    const scripts = languages.map(({ language }) => ({ tag: language, script: scriptOf(language).script }));
    const known = new Map<number, string | undefined>();
    const find = (token: number): string | undefined => {
        const text = textOf(token);
        if (!/[\p{L}\p{M}\uFFFD]/u.test(text)) return undefined;
        const times = languages.map(({ occurrences }) => occurrences[token] ?? 0);
        const rates = times.map((count, i) => (count === 0 ? 0 : count / sizes[i]!));
        const all = sum(rates);
        const most = rates.findIndex((rate) => rate > 0 && rate >= leastShare * all);
        if (most >= 0 && sum(times) >= leastOccurrences) return languages[most]!.language;
        const script = textScript(text);
        return script === 'Latn' ? undefined : languageOfScript(script, scripts);
    };
    return (token) => {
        if (!known.has(token)) known.set(token, find(token));
        return known.get(token);
    };
}
