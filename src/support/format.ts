/** Typographic minus, as wide as a plus sign. */
const minus = '\u2212';
const noBreak = '\u00a0';

// Made once: `toLocaleString` makes its own at each call, which takes longer than all else of a large matrix.
const whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const formatsOfDigits = new Map<string, Intl.NumberFormat>();

function significant(most: number, least: number): Intl.NumberFormat {
    const key = `${least} ${most}`;
    const made = formatsOfDigits.get(key);
    if (made !== undefined) return made;
    const format = new Intl.NumberFormat('en-US', { minimumSignificantDigits: least, maximumSignificantDigits: most });
    formatsOfDigits.set(key, format);
    return format;
}

/** What stands for a value that is missing or not finite; undefined for ordinary numbers. */
function special(value: number | null | undefined): string | undefined {
    if (value === null || value === undefined) return 'n/a';
    if (Number.isNaN(value)) return 'NaN';
    if (value === Infinity) return '∞';
    if (value === -Infinity) return `${minus}∞`;
    return undefined;
}

function withMinus(text: string): string {
    return text.replace('-', minus);
}

/** `12345` as `12,345`. */
export function formatCount(value: number | null | undefined): string {
    return special(value) ?? withMinus(whole.format(value as number));
}

/** A metric's value: three significant digits that are all known, `3.10` beside `3.12`. Integers in full. */
export function formatMeasured(value: number | null | undefined): string {
    return formatNumber(value, 3, 3);
}

/** A value for a reader, set or measured: at most three significant digits, integers in full. */
export function formatShort(value: number | null | undefined): string {
    return formatNumber(value, 3);
}

/** A value with at most five significant digits, integers in full. @param least digits, ending in zeros if need be */
export function formatNumber(value: number | null | undefined, digits = 5, least = 1): string {
    const named = special(value);
    if (named !== undefined) return named;
    const number = value as number;
    if (Number.isInteger(number)) return formatCount(number);
    const magnitude = Math.abs(number);
    if (magnitude !== 0 && (magnitude < 1e-4 || magnitude >= 1e9))
        return withMinus(number.toExponential(Math.min(3, digits - 1)));
    return withMinus(significant(digits, least).format(number));
}

/** A value with its sign. @param format writes its magnitude */
export function signed(value: number, format: (magnitude: number) => string): string {
    const text = format(Math.abs(value));
    return /^[0.]+$/.test(text) ? text : `${value < 0 ? minus : '+'}${text}`;
}

/** A value with its sign in at most five characters, to two decimals. */
export function formatCell(value: number | null | undefined): string {
    const named = special(value);
    if (named !== undefined) return named === '∞' ? '+∞' : named;
    const short = (magnitude: number): string =>
        magnitude < 0.005 ? '0' : magnitude < 9.995 ? magnitude.toFixed(2) : formatCompact(magnitude);
    return signed(value as number, short);
}

/** A difference with its sign. */
export function formatDifference(value: number | null | undefined): string {
    return value !== null && value !== undefined && value > 0 ? `+${formatShort(value)}` : formatShort(value);
}

/** A share, `0.4067` as `40.7 %`, `123` as `12,300 %`. */
export function formatShare(fraction: number | null | undefined): string {
    const named = special(fraction);
    if (named !== undefined) return named;
    const percent = (fraction as number) * 100;
    if (Math.abs(percent) >= 999.5) return `${formatCount(percent)}${noBreak}%`;
    const digits = percent !== 0 && Math.abs(percent) < 1 ? 2 : 1;
    return `${withMinus(percent.toFixed(digits).replace(/\.0+$/, ''))}${noBreak}%`;
}

/** A p or q, as `0.023`, `0.41` or `<0.001`. */
export function formatP(p: number): string {
    return p < 0.001 ? '<0.001' : p.toFixed(p < 0.1 ? 3 : 2);
}

/** A p or q in a sentence, as `q = 0.023` or `q < 0.001`. */
export function equalsP(name: 'p' | 'q', p: number): string {
    const text = formatP(p);
    return text.startsWith('<') ? `${name} < ${text.slice(1)}` : `${name} = ${text}`;
}

/** A share in a table of the command line, always with one digit: `40.7 %`; `–` where there is nothing to share. */
export function formatPlainShare(fraction: number): string {
    return Number.isNaN(fraction) ? '–' : `${(100 * fraction).toFixed(1)} %`;
}

/** A relative change with its sign, `0.341` as `+34 %`. */
export function formatChange(fraction: number | null | undefined): string {
    const named = special(fraction);
    if (named !== undefined) return named === '∞' ? '+∞' : named;
    const percent = (fraction as number) * 100;
    const magnitude = Math.abs(percent);
    // In a sentence there is room for 44,213 where a cell has to say 44k.
    const exact = magnitude >= 999.5 && magnitude < 1e6;
    const text = exact ? `${percent < 0 ? minus : '+'}${formatCount(magnitude)}` : formatPercentPoints(percent);
    return `${text}${noBreak}%`;
}

/** A change of a share with its sign, `-0.12` as `−12 points`. */
export function formatPointsChange(fraction: number | null | undefined): string {
    const named = special(fraction);
    return named ?? `${formatPercentPoints((fraction as number) * 100)}${noBreak}points`;
}

/** A number of percent with its sign in at most five characters, for the cells of a heatmap. */
export function formatPercentPoints(percent: number | null | undefined): string {
    const named = special(percent);
    if (named !== undefined) return named === '∞' ? '+∞' : named;
    const value = percent as number;
    const magnitude = Math.abs(value);
    if (magnitude < 0.05) return '0';
    const sign = value < 0 ? minus : '+';
    // 3.0 beside 3.1: the digits of neighbouring cells line up.
    return sign + (magnitude < 9.95 ? magnitude.toFixed(1) : formatCompact(magnitude));
}

/** A non-negative number in at most four characters: `3.2`, `123`, `1.2k`, `45k`, `7M`. */
export function formatCompact(value: number): string {
    const units = ['', 'k', 'M', 'G', 'T'];
    let scaled = value;
    let unit = 0;
    // 999.5 would round up to 1000, so it takes the next unit already.
    while (scaled >= 999.5 && unit < units.length - 1) {
        scaled /= 1000;
        unit++;
    }
    if (scaled >= 999.5) return value.toExponential(0).replace('+', '');
    const digits = scaled < 9.95 ? 1 : 0;
    return scaled.toFixed(digits).replace(/\.0$/, '') + (units[unit] ?? '');
}

/** A large number in words, `4229741` as `4.2 million`; exact below ten thousand. */
export function formatLarge(value: number): string {
    if (value < 1e4) return formatCount(value);
    if (value < 1e6) return `${formatCount(value / 1e3)} thousand`;
    const [divisor, word] = value < 1e9 ? [1e6, 'million'] : [1e9, 'billion'];
    return `${(value / divisor).toFixed(1).replace(/\.0$/, '')} ${word}`;
}

/** `['en', 'de', 'fr']` as `en, de and fr`, or `en and 2 more` where there are more than `most`. */
export function formatList(
    words: readonly string[],
    { most = words.length, last = 'and' }: { readonly most?: number; readonly last?: 'and' | 'or' } = {},
): string {
    if (words.length <= 1) return words.join('');
    const shown = words.length > most ? [...words.slice(0, most), `${words.length - most} more`] : words;
    return `${shown.slice(0, -1).join(', ')} ${last} ${shown.at(-1)!}`;
}

/** `1 language`, `2 languages`. */
export function formatQuantity(count: number, noun: string, plural = `${noun}s`): string {
    return `${formatCount(count)} ${count === 1 ? noun : plural}`;
}

/** A text as the beginning of a sentence. */
export function capitalized(text: string): string {
    return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}
