import { formatChange, formatCount, formatShare, formatShort } from '../support/format.js';
import type { CheckResult, NumberForm } from './CheckResult.js';

/** How a number of a check is written. */
export const formats: Readonly<Record<NumberForm, (value: number | null) => string>> = {
    share: formatShare,
    count: formatCount,
    number: formatShort,
    change: formatChange,
};

/** A number with its interval: `3.1 % (2.0 % to 4.4 %)`. */
export function numberWords({ value, interval, form }: CheckResult['numbers'][number]): string {
    const written = formats[form];
    if (interval === undefined) return written(value);
    return `${written(value)} (${written(interval[0])} to ${written(interval[1])})`;
}

/** How long a check took: `0.3 s`, `12 min`. */
export function secondsWords(seconds: number): string {
    if (seconds < 0.05) return 'less than 0.1 s';
    if (seconds < 120) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`;
    return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
