import { remembered } from '../support/remembered.js';
import { isNegative, joinedScripts } from './isNegative.js';
import { plainNumbers } from './plainNumbers.js';
import { groupingMarks, groupingSpaces, readDigits } from './readDigits.js';
import { type Separators, separatorsOf } from './separators.js';

/** `3/4` and `1 1/2`, but not a part of a date. */
const fraction = `(?<![\\d/.,])(?:(?<whole>\\d+) )?(?<over>[1-9]\\d*)/(?<under>[1-9]\\d*)(?![\\d/.,]*\\d)`;
/** A point before digits begins a number after a space, an opening mark, a sign or a currency. */
const mayStart = `(?<=^|[\\s([{"'“‘«=≈~:*\\-–−－\\p{Sc}${joinedScripts}])`;
/** Groups of three after spaces of one kind, or digits with other marks between them. */
const digits =
    `(?:\\d{1,3}(?<space>[${groupingSpaces}])\\d{3}(?:\\k<space>\\d{3})*(?!\\d)(?:[.,]\\d+)?|` +
    `\\d+(?:[.,${groupingMarks}]\\d+)*)`;
/** `e3`, `× 10^3`, `× 10³`. */
const power =
    `(?:[eE](?<e>[+\\-−]?\\d+)(?![\\p{L}\\d])|` +
    `\\s?[×x*·⋅]\\s?10(?:\\^\\{?(?<caret>[+\\-−]?\\d+)\\}?|(?<raised>[⁺⁻]?[⁰¹²³⁴-⁹]+)))`;
/** The exponent of a unit, `25 m2`. */
const ofUnit = `(?!(?<=\\d\\s?[kcdm]?m\\^?)[23](?![\\d.,]*\\d))`;

/**
 * Finds the last number in a text: digits of any script, with sign (`isNegative`), with the separators of the language
 * (`readDigits`), in groups after spaces, as a fraction (`3/4`), with a power of ten (`1.5e3`, `1,5 × 10³`). Where
 * digits are not one number, as in `1,2,3` and `17.05.2024`, it is the last part.
 * @param language tag, such as `de`
 * @returns undefined where there is none
 */
export function lastNumber(text: string, language: string): number | undefined {
    const separators = separatorsOf(language);
    const plain = plainNumbers(text);
    const last = [...plain.matchAll(patternOf(separators.decimal))].at(-1);
    if (last === undefined) return undefined;
    const before = plain.slice(0, last.index);
    const after = plain.slice(last.index + last[0].length);
    const { value, isFirst } = valueOf(last.groups!, separators);
    return value !== 0 && isFirst && isNegative(before, after) ? -value : value;
}

/** The numbers of languages with the same decimal separator. */
const patternOf = remembered((decimal: string): RegExp => {
    const leading = `${mayStart}[.${decimal === ',' ? ',' : ''}]\\d+`;
    return new RegExp(`${fraction}|${ofUnit}(?<digits>${leading}|${digits})${power}?`, 'gu');
});

/** The value, and whether it begins at the first digit, where a sign applies to it. */
function valueOf(
    { whole, over, under, digits: written, e, caret, raised }: Readonly<Record<string, string | undefined>>,
    separators: Separators,
): { readonly value: number; readonly isFirst: boolean } {
    if (over !== undefined) {
        const value = Number(over) / Number(under);
        return whole !== undefined && value >= 1
            ? { value, isFirst: false } // two numbers, not a mixed one
            : { value: Number(whole ?? 0) + value, isFirst: true };
    }
    const read = readDigits(written!, separators);
    if (read === undefined) return { value: lastPart(written!, separators), isFirst: false };
    const exponent = e ?? caret ?? (raised === undefined ? undefined : raised.normalize('NFKC'));
    const value = exponent === undefined ? read : Number(`${read}e${exponent.replace('−', '-')}`);
    return { value, isFirst: true };
}

/** The last part of a list such as `1.5,2.5` or of a date: after its last comma, or else after its last mark. */
function lastPart(written: string, separators: Separators): number {
    const mark = /,.*\.|\..*,/.test(written) ? /.*,/ : /.*[^\d]/;
    const part = written.replace(mark, '');
    return readDigits(part, separators) ?? lastPart(part, separators);
}
