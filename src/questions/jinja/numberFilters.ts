import { count, type Given, or } from './arguments.js';
import { rounded } from './percentFormat.js';
import { strip } from './strings.js';
import { Float, JinjaError, numberOf, typeName, Undefined, type Value, whole } from './values.js';

export function toWhole(value: Value, given: Given): Value {
    const otherwise = or(given('default'), 0);
    if (given('base') !== undefined && given('base') !== 10) throw new JinjaError('int(base=) is not supported');
    if (value instanceof Undefined) value.fail();
    if (typeof value === 'string' && /^[+-]?\d+(_\d+)*$/.test(strip(value)))
        return whole(Number(strip(value).replaceAll('_', '')));
    const number = typeof value === 'string' ? floatOf(value) : numberOf(value);
    if (number === undefined || Number.isNaN(number)) return otherwise;
    if (!Number.isFinite(number)) return otherwise;
    return whole(Math.trunc(number));
}

export function toFloat(value: Value, given: Given): Value {
    if (value instanceof Undefined) value.fail();
    const number = typeof value === 'string' ? floatOf(value) : numberOf(value);
    return number === undefined ? or(given('default'), new Float(0)) : new Float(number);
}

/** Python's `float(text)`; undefined where it raises. */
function floatOf(text: string): number | undefined {
    const word = strip(text).toLowerCase();
    if (/^[+-]?(\d+(_\d+)*\.?(\d+(_\d+)*)?|\.\d+(_\d+)*)(e[+-]?\d+)?$/.test(word))
        return Number(word.replaceAll('_', ''));
    const special = /^([+-]?)(inf|infinity|nan)$/.exec(word);
    if (special === null) return undefined;
    return special[2] === 'nan' ? NaN : special[1] === '-' ? -Infinity : Infinity;
}

export function round(value: Value, given: Given): Value {
    const [precision, method] = [count(given('precision'), 0), or(given('method'), 'common')];
    const number = numberOf(value);
    if (number === undefined) throw new JinjaError(`a ${typeName(value)} cannot be rounded`);
    if (precision < 0) throw new JinjaError('round(precision < 0) is not supported');
    if (method === 'common') {
        if (!(value instanceof Float)) return whole(number);
        return new Float(Number(rounded(number, precision)));
    }
    if (method !== 'ceil' && method !== 'floor') throw new JinjaError('method must be common, ceil or floor');
    return new Float(Math[method](number * 10 ** precision) / 10 ** precision);
}
