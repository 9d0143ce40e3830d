import { utcFormat } from 'd3-time-format';
import { JinjaError } from './values.js';

/** Codes of C's and Python's `strftime` that stand for others, in the C locale. */
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
/** Codes that write words, and those that write numbers with zeros or blanks in front, as d3 does. */
const [words, numbers] = ['aAbBhnpPtuwYzZ%', 'CdefgGHIjklmMSUVWy'];
/** Those that d3 has under another name, or not at all. */
const others: Readonly<Record<string, (date: Date, flag: string) => string>> = {
    C: (date, flag) => utcFormat(`%${flag}y`)(new Date(Date.UTC(Math.floor(date.getUTCFullYear() / 100), 0))),
    f: (date, flag) =>
        String(date.getUTCMilliseconds() * 1000).padStart(flag === '-' ? 0 : 6, flag === '_' ? ' ' : '0'),
    h: utcFormat('%b'),
    k: (date, flag) => utcFormat(`%${flag || '_'}H`)(date),
    l: (date, flag) => utcFormat(`%${flag || '_'}I`)(date),
    n: () => '\n',
    P: (date) => utcFormat('%p')(date).toLowerCase(),
    t: () => '\t',
    Y: (date) => String(date.getUTCFullYear()),
    z: () => '', // a date without a time zone, as Python's datetime.now()
    Z: () => '',
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
        const isWord = letter !== '' && words.includes(letter);
        if (isWord ? '_0'.includes(flag) && flag !== '' : letter === '' || !numbers.includes(letter))
            throw new JinjaError(`strftime_now does not know the code ${code}`);
        const padding = flag === '^' || isWord ? '' : flag;
        const text = others[letter]?.(date, padding) ?? utcFormat(`%${padding}${letter}`)(date);
        return flag === '^' ? text.toUpperCase() : text;
    });
}
