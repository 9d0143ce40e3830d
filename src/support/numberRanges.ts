/** What a number may be. */
export interface NumberRange {
    readonly whole?: boolean;
    readonly least?: number;
    readonly most?: number;
    /** Excluded bounds. */
    readonly above?: number;
    readonly below?: number;
}

/** Sizes in tokens: sums of several stay within 32 bits, llama.cpp's. */
export const mostTokens = 2 ** 24;
export const mostWhole = 2 ** 31 - 1;
/** The first number that a device cannot hold, in F32. */
export const mostInF32 = 2 ** 128;

/** `a whole number from 1 to 512`, `a number between 0 and 1`. */
export function describeRange({ whole = false, least, most, above, below }: NumberRange): string {
    const kind = whole ? 'a whole number' : 'a number';
    if (below === mostInF32) return `${kind} that a device can hold, below 3.4e38`;
    if (above !== undefined && below !== undefined) return `${kind} between ${above} and ${below}`;
    if (least === undefined || most === undefined) return kind;
    return most === mostWhole ? `${kind} of at least ${least}` : `${kind} from ${least} to ${most}`;
}

/** Whether a number is finite and in a range. */
export function isInRange(value: number, { whole = false, least, most, above, below }: NumberRange): boolean {
    return (
        Number.isFinite(value) &&
        (!whole || Number.isSafeInteger(value)) &&
        value >= (least ?? -Infinity) &&
        value <= (most ?? Infinity) &&
        value > (above ?? -Infinity) &&
        value < (below ?? Infinity)
    );
}

const decimal = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i;

/** A number as people type it, or undefined for what is none or out of range. */
export function parseNumber(text: string, range: NumberRange): number | undefined {
    const value = decimal.test(text.trim()) ? Number(text) : NaN;
    return isInRange(value, range) ? value : undefined;
}

/** How a number that was refused is written rightly: `; give 0.05` for `5%`, or nothing where that is not plain. */
export function numberMend(text: string, range: NumberRange): string {
    const bare = text.trim();
    const percent = /^(.+?)\s*%$/.exec(bare)?.[1]?.replace(',', '.');
    const mended = percent === undefined ? parseNumber(bare.replace(',', '.'), range) : parsePercent(percent, range);
    return mended === undefined ? '' : `; give ${mended}`;
}

/** A share as people type it, `0.5%` or `0.005`; undefined for what is none or out of range. */
export function parseShare(text: string, range: NumberRange): number | undefined {
    const percent = /^(.+?)\s*%$/.exec(text.trim())?.[1];
    return percent === undefined ? parseNumber(text, range) : parsePercent(percent, range);
}

function parsePercent(text: string, range: NumberRange): number | undefined {
    const value = parseNumber(text, {});
    // 12 digits: 7 / 100 is 0.07, not 0.07000000000000001
    const part = value === undefined ? NaN : Number((value / 100).toPrecision(12));
    return isInRange(part, range) ? part : undefined;
}
