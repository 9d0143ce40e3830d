/** Hyphen-minus, its no-break, small and full-width forms, hyphen, en dash, minus. */
const dashes = '\\-\u2010\u2011\u2013\u2212\ufe63\uff0d';
const aDash = new RegExp(`[${dashes}]$`, 'u');
/** A currency between a minus and its number, `-$5`: a symbol or letters. */
const letters = [
    ...Intl.supportedValuesOf('currency'),
    'Rs',
    'kr',
    'Fr',
    'SFr',
    'Sh',
    'TSh',
    'KSh',
    'USh',
    'Rp',
    'RM',
    'Tk',
    'Ft',
    'zł',
    'Kč',
    'руб',
    'лв',
].join('|');
const currency = new RegExp(
    `(?:(?<!\\p{L})(?:[A-Z]{1,3}\\\\?\\p{Sc}|(?:${letters})\\.?)|\\\\?\\p{Sc})[\\s\u00a0\u202f]?$`,
    'u',
);
const currencyName = new RegExp(`(?<!\\p{L})(?:${letters})$`, 'u');
/** Scripts that write words without spaces or end them with particles, so that a dash joins no words. */
export const joinedScripts = ['Han', 'Hiragana', 'Katakana', 'Hangul', 'Thai', 'Lao', 'Khmer', 'Myanmar']
    .map((script) => `\\p{Script_Extensions=${script}}`)
    .join('');
/** Words that always mean a negative number, unlike `minus`, which also subtracts. */
const signWord = /(?:[负負]|(?<!\d\s?)(?:マイナス|마이너스\s?)|\bnegative\s)$/iu;
const joinedLetter = new RegExp(`[${joinedScripts}]$`, 'u');

/**
 * Whether the text before a number makes it negative. A minus of any form does, also before a currency (`-$5`) and
 * after a letter of a script without spaces (`答案是-5`). A dash after a number, a bracket, a percent sign or a word does
 * not: it is a range (`3-5`, `3元-5元`), a subtraction, or joins words (`COVID-19`).
 * @param after the text after the number
 */
export function isNegative(before: string, after: string): boolean {
    if (signWord.test(before)) return true;
    const priced = before.replace(currency, '');
    const signed = [before, priced].find((text) => aDash.test(text));
    if (signed !== undefined) return isSign(signed.at(-1)!, signed.slice(0, -1), after);
    // A dash with a space after it is a minus only where nothing stands before it.
    const apart = priced.trimEnd();
    return apart !== priced && aDash.test(apart) && /[=≈]\s*$/u.test(apart.slice(0, -1));
}

function isSign(dash: string, before: string, after: string): boolean {
    const last = before.at(-1) ?? '';
    const trimmed = before.trimEnd();
    if (dash === '\u2013' && /\d$/.test(trimmed)) return false; // 3 –5
    if (/[\d)\]%°٪\p{No}]$/u.test(before) || aDash.test(before) || /\d[.,]$/.test(before)) return false;
    const unit = /\d\s?([\p{L}\p{Sc}]+)$/u.exec(before)?.[1];
    if (unit !== undefined && (/\p{Sc}/u.test(last) || after.trimStart().startsWith(unit))) return false; // 3元-5元
    if (!/[\p{L}\p{M}]/u.test(last)) return true;
    return joinedLetter.test(last) || currencyName.test(before) || dash === '\u2212';
}
