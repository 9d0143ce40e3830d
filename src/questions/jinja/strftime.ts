import { JinjaError } from './values.js';

const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const months = [
    'January',
    'February',
    'March',
    'April',
    'May',
    'June',
    'July',
    'August',
    'September',
    'October',
    'November',
    'December',
];
const dayMilliseconds = 86_400_000;

/** Days since the first of January, from 0. The date's UTC fields are its local time. */
function dayOfYear(date: Date): number {
    return Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0, 1)) / dayMilliseconds);
}

/** Year and week of ISO 8601, whose weeks belong to the year of their Thursday. */
function isoWeek(date: Date): readonly [year: number, week: number] {
    const thursday = new Date(date.getTime() + (4 - (date.getUTCDay() || 7)) * dayMilliseconds);
    return [thursday.getUTCFullYear(), Math.floor(dayOfYear(thursday) / 7) + 1];
}

type Field = (date: Date) => string | readonly [value: number, width: number, padding?: string];
const hour12 = (date: Date): number => date.getUTCHours() % 12 || 12;

/** Codes of C's and Python's `strftime` in the C locale that do not depend on a time zone. */
const fields: Readonly<Record<string, Field>> = {
    a: (date) => days[date.getUTCDay()]!.slice(0, 3),
    A: (date) => days[date.getUTCDay()]!,
    b: (date) => months[date.getUTCMonth()]!.slice(0, 3),
    B: (date) => months[date.getUTCMonth()]!,
    C: (date) => [Math.floor(date.getUTCFullYear() / 100), 2],
    d: (date) => [date.getUTCDate(), 2],
    e: (date) => [date.getUTCDate(), 2, ' '],
    f: (date) => [date.getUTCMilliseconds() * 1000, 6],
    g: (date) => [isoWeek(date)[0] % 100, 2],
    G: (date) => [isoWeek(date)[0], 4],
    h: (date) => months[date.getUTCMonth()]!.slice(0, 3),
    H: (date) => [date.getUTCHours(), 2],
    I: (date) => [hour12(date), 2],
    j: (date) => [dayOfYear(date) + 1, 3],
    k: (date) => [date.getUTCHours(), 2, ' '],
    l: (date) => [hour12(date), 2, ' '],
    m: (date) => [date.getUTCMonth() + 1, 2],
    M: (date) => [date.getUTCMinutes(), 2],
    n: () => '\n',
    p: (date) => (date.getUTCHours() < 12 ? 'AM' : 'PM'),
    P: (date) => (date.getUTCHours() < 12 ? 'am' : 'pm'),
    S: (date) => [date.getUTCSeconds(), 2],
    t: () => '\t',
    u: (date) => String(date.getUTCDay() || 7),
    U: (date) => [Math.floor((dayOfYear(date) + 7 - date.getUTCDay()) / 7), 2],
    V: (date) => [isoWeek(date)[1], 2],
    w: (date) => String(date.getUTCDay()),
    W: (date) => [Math.floor((dayOfYear(date) + 7 - ((date.getUTCDay() + 6) % 7)) / 7), 2],
    y: (date) => [date.getUTCFullYear() % 100, 2],
    Y: (date) => String(date.getUTCFullYear()),
    z: () => '', // a date without a time zone, as Python's datetime.now()
    Z: () => '',
    '%': () => '%',
};

const wholes: Readonly<Record<string, string>> = {
    c: '%a %b %e %H:%M:%S %Y',
    D: '%m/%d/%y',
    F: '%Y-%m-%d',
    r: '%I:%M:%S %p',
    R: '%H:%M',
    T: '%H:%M:%S',
    x: '%m/%d/%y',
    X: '%H:%M:%S',
};

/**
 * A date in the words of Python's `strftime`, in English.
 * @param time milliseconds since 1970, as if local time were UTC
 * @throws JinjaError for a code that is not among those above
 */
export function strftime(time: number, format: string): string {
    const date = new Date(time);
    return format.replaceAll(/%([-_0^]?)(.?)/gsu, (code, flag: string, letter: string) => {
        if (Object.hasOwn(wholes, letter) && flag === '') return strftime(time, wholes[letter]!);
        if (!Object.hasOwn(fields, letter)) throw new JinjaError(`strftime_now does not know the code ${code}`);
        const field = fields[letter]!(date);
        if (typeof field === 'string') {
            if (flag === '' || flag === '-') return field;
            if (flag === '^') return field.toUpperCase();
            throw new JinjaError(`strftime_now does not know the code ${code}`);
        }
        const [value, width, padding = '0'] = field;
        if (flag === '-') return String(value);
        return String(value).padStart(width, flag === '_' ? ' ' : flag === '0' ? '0' : padding);
    });
}
