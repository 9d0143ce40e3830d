import { repr, str } from './text.js';
import { Dict, Float, JinjaError, numberOf, Tuple, type Value } from './values.js';

/** Python's `text % values` for `%s`, `%r`, `%d`, `%f` and `%%`. @throws JinjaError for other codes, by name */
export function percentFormat(text: string, values: Value): string {
    const given = values instanceof Tuple ? [...values.items] : [values];
    let used = 0;
    const written = text.replaceAll(/%([-+ 0#]*)(\d*)(?:\.(\d+))?([^]?)/gu, (code, ...parts) => {
        const [flags, width, precision, letter] = parts as [string, string, string | undefined, string];
        if (letter === '%' && code === '%%') return '%';
        if (used >= given.length) throw new JinjaError('not enough arguments for format string');
        const body = convert(given[used++]!, letter, precision);
        if (body === undefined || /[+ #]/.test(flags)) throw new JinjaError(`the format ${code} is not supported`);
        if (flags.includes('-')) return body.padEnd(Number(width));
        const zeros = flags.includes('0') && 'df'.includes(letter);
        if (!zeros) return body.padStart(Number(width));
        const sign = body.startsWith('-') ? '-' : '';
        return sign + body.slice(sign.length).padStart(Number(width) - sign.length, '0');
    });
    if (used < given.length && !(values instanceof Dict))
        throw new JinjaError('not all arguments converted during string formatting');
    return written;
}

function convert(value: Value, letter: string, precision: string | undefined): string | undefined {
    if (letter === 's' || letter === 'r') {
        const text = letter === 's' ? str(value) : repr(value);
        return precision === undefined ? text : [...text].slice(0, Number(precision)).join('');
    }
    const number = numberOf(value);
    if (number === undefined || (precision !== undefined && letter === 'd')) return undefined;
    if (letter === 'd' && Number.isFinite(number)) return String(Math.trunc(number));
    if (letter === 'f') return rounded(new Float(number).value, Number(precision ?? 6));
    return undefined;
}

/** With so many decimals, exact halves to the even digit, as Python rounds. */
export function rounded(value: number, decimals: number): string {
    if (Math.abs(value) >= 1e21 || decimals > 40) throw new JinjaError('a number too large to be rounded here');
    const text = value.toFixed(decimals);
    const exact = value.toFixed(Math.min(100, decimals + 55));
    const dropped = exact.slice(exact.indexOf('.') + 1 + decimals);
    if (!/^50*$/.test(dropped)) return text;
    const down = exact.slice(0, exact.length - dropped.length).replace(/\.$/, '');
    return Number(down.at(-1)) % 2 === 0 ? down : text;
}
