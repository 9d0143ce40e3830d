/** What separates the groups and the fraction of a number in a language. */
interface Separators {
    readonly group: string;
    readonly decimal: string;
}

/** Spaces that group digits wherever they stand between them; a plain one does so in some languages only. */
const bindingSpaces = '\u00a0\u2009\u202f';

const known = new Map<string, Separators>();

/** The runtime's own (CLDR); `.` and `,` as in English for a language it does not know. */
function separatorsOf(language: string): Separators {
    const found = known.get(language);
    if (found !== undefined) return found;
    // Five digits: some languages leave four ungrouped. Latin digits, so that Bengali's are not in the way.
    const locale = Intl.NumberFormat.supportedLocalesOf([language])[0] ?? 'en';
    const parts = new Intl.NumberFormat(locale, { numberingSystem: 'latn' }).formatToParts(12345.6);
    const of = (type: string, otherwise: string): string =>
        parts.find((part) => part.type === type)?.value ?? otherwise;
    const separators = { group: of('group', ','), decimal: of('decimal', '.') };
    known.set(language, separators);
    return separators;
}

/**
 * The last number in a text: digits of any script, with sign, in the separators of the language. A
 * point or comma that could be either, as in `80.000`, is what it is in the language; where both are
 * there, the last is the decimal one; one that is followed by other than three digits is decimal.
 * @param language tag, such as `de`
 * @returns undefined where there is none
 */
export function lastNumber(text: string, language: string): number | undefined {
    const separators = separatorsOf(language);
    const spaces = separators.group.trim() === '' ? `${bindingSpaces} ` : bindingSpaces;
    // Groups of three behind spaces, or digits with points, commas and apostrophes between them.
    const pattern = new RegExp(
        `(?<![\\p{Nd}\\p{L}])[-−]?(?:\\d{1,3}(?:[${spaces}]\\d{3})+(?!\\d)|\\d+(?:[.,'’]\\d+)*)` +
            `(?:[.,]\\d+)?|\\d+(?:[.,'’]\\d+)*`,
        'gu',
    );
    const last = [...plainDigits(text).matchAll(pattern)].at(-1)?.[0];
    return last === undefined ? undefined : valueOf(last, separators);
}

/** Digits of all scripts as 0 to 9, full-width signs and separators as plain ones. */
export function plainDigits(text: string): string {
    return text
        .replace(/\p{Nd}/gu, (digit) => String(digitValue(digit)))
        .replaceAll('，', ',')
        .replaceAll('．', '.')
        .replaceAll('－', '-')
        .replaceAll('٬', ',')
        .replaceAll('٫', '.');
}

/** Unicode keeps the ten digits of a script behind each other, from 0 on. */
function digitValue(digit: string): number {
    const code = digit.codePointAt(0)!;
    if (code < 0x80) return code - 0x30;
    let zero = code;
    while (/\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero--;
    return (code - zero) % 10; // some blocks hold several tens
}

function valueOf(number: string, separators: Separators): number {
    const negative = /^[-−]/.test(number);
    const digits = number.replace(/^[-−]/, '').replace(/[\s'’]/gu, '');
    const marks = [...digits.matchAll(/[.,]/g)];
    const decimal = decimalAt(
        digits,
        marks.map(({ index }) => index),
        separators,
    );
    const whole = digits.slice(0, decimal).replace(/[.,]/g, '');
    const fraction = decimal === undefined ? '' : digits.slice(decimal + 1);
    const value = Number(fraction === '' ? whole : `${whole}.${fraction}`);
    return negative ? -value : value;
}

/** Index of the decimal mark among the points and commas of a number; undefined where all of them group. */
function decimalAt(digits: string, marks: readonly number[], { group, decimal }: Separators): number | undefined {
    const last = marks.at(-1);
    if (last === undefined) return undefined;
    const mark = digits[last]!;
    const same = marks.filter((index) => digits[index] === mark).length;
    if (same < marks.length) return same === 1 ? last : undefined; // both kinds: 1.000,5 and 1,000.5
    if (same > 1) return undefined; // 1,00,000
    const behind = digits.length - last - 1;
    if (behind !== 3 || last > 3 || last === 0 || digits.startsWith('0')) return last;
    return mark === decimal || mark !== group ? last : undefined;
}
