import type { Separators } from './separators.js';

/** Spaces that group digits: plain, no-break, figure, thin, narrow no-break. */
export const groupingSpaces = ' \u00a0\u2007\u2009\u202f';
/** Marks that group digits and never begin a fraction. */
export const groupingMarks = "'’_";

const markOnly = new RegExp(`[.,${groupingMarks}${groupingSpaces}]`, 'g');

/**
 * Reads digits 0 to 9 with points, commas and grouping marks between them, or one point or comma before them:
 * `1,234.5`, `1.000`, `1 000,5`, `1,00,000`, `.5`. Where both occur, the last is the decimal mark. A mark not followed
 * by three digits is decimal. A single mark that could be either, as in `80.000`, has its meaning in the language.
 * @returns undefined where this is not one number, as in `1,2,3` and `17.05.2024`
 */
export function readDigits(written: string, separators: Separators): number | undefined {
    if (/^[.,]\d+$/.test(written)) return Number(`0.${written.slice(1)}`);
    const marks = [...written.matchAll(markOnly)].map(({ index }) => index);
    const decimal = decimalAt(written, marks, separators);
    const whole = written.slice(0, decimal);
    const kinds = new Set(marks.filter((index) => index !== decimal).map((index) => written[index]!));
    if (kinds.size > 1) return undefined;
    const [group] = kinds;
    if (group !== undefined && (decimal ?? written.length) < marks.at(-1)!) return undefined;
    if (group !== undefined && !isGrouped(whole.split(group), separators)) return undefined;
    const fraction = decimal === undefined ? '' : `.${written.slice(decimal + 1)}`;
    return Number(`${group === undefined ? whole : whole.replaceAll(group, '')}${fraction}`);
}

/** Index of the decimal mark; undefined where all marks group, or where this cannot be one number. */
function decimalAt(
    written: string,
    marks: readonly number[],
    { group, decimal, groupsOfFour }: Separators,
): number | undefined {
    const last = marks.at(-1);
    if (last === undefined) return undefined;
    const mark = written[last]!;
    if (mark !== '.' && mark !== ',') return undefined;
    if (marks.length > 1) return marks.some((index) => index !== last && written[index] === mark) ? undefined : last;
    const behind = written.length - last - 1;
    if (groupsOfFour && mark === group && behind === 4) return undefined;
    if (behind !== 3 || last > 3 || written.startsWith('0')) return last;
    return mark === decimal || mark !== group ? last : undefined;
}

/** Whether the digits between marks are groups: of three, of two before the last three (India), or of four. */
function isGrouped(parts: readonly string[], { groupsOfFour }: Separators): boolean {
    const [first, ...rest] = parts.map(({ length }) => length) as [number, ...number[]];
    const inThrees = first <= 3 && rest.every((length) => length === 3);
    const inTwos = first <= 2 && rest.at(-1) === 3 && rest.slice(0, -1).every((length) => length === 2);
    return inThrees || inTwos || (groupsOfFour && first <= 4 && rest.every((length) => length === 4));
}
