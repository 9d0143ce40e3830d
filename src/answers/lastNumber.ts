import { isNegative, joinedScripts } from './isNegative.js';
import { plainNumbers } from './plainNumbers.js';
import { groupingMarks, groupingSpaces, readDigits } from './readDigits.js';
import { type Separators, separatorsOf } from './separators.js';

/** `3/4` and `1 1/2`, but no part of a date. */
const fraction = `(?<![\\d/.,])(?:(?<whole>\\d+) )?(?<over>[1-9]\\d*)/(?<under>[1-9]\\d*)(?![\\d/.,]*\\d)`;
/** A point before digits begins a number behind a space, an opening mark, a sign or a currency. */
const mayStart = `(?<=^|[\\s([{"'“‘«=≈~:*\\-–−－\\p{Sc}${joinedScripts}])`;
/** Groups of three behind spaces of one kind, or digits with other marks between them. */
const digits =
    `(?:\\d{1,3}(?<space>[${groupingSpaces}])\\d{3}(?:\\k<space>\\d{3})*(?!\\d)(?:[.,]\\d+)?|` +
    `\\d+(?:[.,${groupingMarks}]\\d+)*)`;
/** `e3`, `× 10^3`, `× 10³`. */
const power =
    `(?:[eE](?<e>[+\\-−]?\\d+)(?![\\p{L}\\d])|` +
    `\\s?[×x*·⋅]\\s?10(?:\\^\\{?(?<caret>[+\\-−]?\\d+)\\}?|(?<raised>[⁺⁻]?[⁰¹²³⁴-⁹]+)))`;
/** The exponent of a unit, `25 m2`. */
const ofUnit = `(?!(?<=\\d\\s?[kcdm]?m\\^?)[23](?![\\d.,]*\\d))`;

const patterns = new Map<string, RegExp>();

/**
 * The last number in a text: digits of any script, with sign (`isNegative`), in the separators of the language
 * (`readDigits`), in groups behind spaces, as a fraction (`3/4`), with a power of ten (`1.5e3`, `1,5 × 10³`). Of digits
 * that are not one number, as `1,2,3` and `17.05.2024`, the last part.
 * @param language tag, such as `de`
 * @returns undefined where there is none
 */
export function lastNumber(text: string, language: string): number | undefined {
    const separators = separatorsOf(language);
    const plain = plainNumbers(text);
    const last = [...plain.matchAll(patternOf(separators))].at(-1);
    if (last === undefined) return undefined;
    const before = plain.slice(0, last.index);
    const after = plain.slice(last.index + last[0].length);
    const { value, isFirst } = valueOf(last.groups!, separators);
    return value !== 0 && isFirst && isNegative(before, after) ? -value : value;
}

function patternOf({ decimal }: Separators): RegExp {
    const found = patterns.get(decimal);
    if (found !== undefined) return found;
    const leading = `${mayStart}[.${decimal === ',' ? ',' : ''}]\\d+`;
    const pattern = new RegExp(`${fraction}|${ofUnit}(?<digits>${leading}|${digits})${power}?`, 'gu');
    patterns.set(decimal, pattern);
    return pattern;
}

/** The value, and whether it is that of the digits from their first on, which a sign is of. */
function valueOf(
    { whole, over, under, digits: written, e, caret, raised }: Readonly<Record<string, string | undefined>>,
    separators: Separators,
): { readonly value: number; readonly isFirst: boolean } {
    if (over !== undefined) {
        const value = Number(over) / Number(under);
        return whole !== undefined && value >= 1
            ? { value, isFirst: false } // no mixed number: two of them
            : { value: Number(whole ?? 0) + value, isFirst: true };
    }
    const read = readDigits(written!, separators);
    if (read === undefined) return { value: lastPart(written!, separators), isFirst: false };
    const exponent = e ?? caret ?? (raised === undefined ? undefined : raised.normalize('NFKC'));
    const value = exponent === undefined ? read : Number(`${read}e${exponent.replace('−', '-')}`);
    return { value, isFirst: true };
}

/** Of a list such as `1.5,2.5` or a date: what is behind its last comma, or else behind its last mark. */
function lastPart(written: string, separators: Separators): number {
    const mark = /,.*\.|\..*,/.test(written) ? /.*,/ : /.*[^\d]/;
    const part = written.replace(mark, '');
    return readDigits(part, separators) ?? lastPart(part, separators);
}
