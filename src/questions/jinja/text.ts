import {
    Callable,
    Dict,
    Float,
    JinjaError,
    Lazy,
    Namespace,
    Range,
    Tuple,
    typeName,
    Undefined,
    type Value,
    View,
} from './values.js';

/** Python's `str`: what a template writes. */
export function str(value: Value): string {
    if (typeof value === 'string') return value;
    return value instanceof Undefined ? '' : repr(value);
}

/** Python's `repr`. @throws JinjaError for what Python writes with an address */
export function repr(value: Value): string {
    if (typeof value === 'string') return quoted(value);
    if (typeof value === 'number') return String(value);
    if (typeof value === 'boolean') return value ? 'True' : 'False';
    if (value === null) return 'None';
    if (value instanceof Undefined) return 'Undefined';
    if (value instanceof Float) return floatText(value.value);
    if (Array.isArray(value)) return `[${value.map(repr).join(', ')}]`;
    if (value instanceof Tuple)
        return value.items.length === 1 ? `(${repr(value.items[0]!)},)` : `(${value.items.map(repr).join(', ')})`;
    if (value instanceof Range) return value.text;
    if (value instanceof Dict)
        return `{${value
            .items()
            .map(({ items: [key, item] }) => `${repr(key!)}: ${repr(item!)}`)
            .join(', ')}}`;
    if (value instanceof View) return `dict_${value.kind}(${repr(value.list())})`;
    if (value instanceof Namespace && value.name === 'Namespace')
        return `<Namespace ${repr(new Dict(value.attributes))}>`;
    if (value instanceof Lazy || value instanceof Callable || value instanceof Namespace)
        throw new JinjaError(`a ${typeName(value)} cannot be written`);
    throw new JinjaError('this value cannot be written');
}

const escapes = new Map([
    ['\n', '\\n'],
    ['\r', '\\r'],
    ['\t', '\\t'],
    ['\\', '\\\\'],
]);

function quoted(text: string): string {
    const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
    let written = '';
    for (const character of text) {
        const escape = escapes.get(character) ?? (character === quote ? `\\${quote}` : undefined);
        if (escape !== undefined) written += escape;
        else if (character !== ' ' && /[\p{C}\p{Z}]/u.test(character)) written += coded(character.codePointAt(0)!);
        else written += character;
    }
    return `${quote}${written}${quote}`;
}

function coded(point: number): string {
    const hex = point.toString(16);
    if (point < 0x100) return `\\x${hex.padStart(2, '0')}`;
    return point < 0x1_0000 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}

/** The shortest digits that give the double again, with an exponent below 0.0001 and from 1e16 on. */
export function floatText(value: number): string {
    if (Number.isNaN(value)) return 'nan';
    if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf';
    if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
    const [, sign, first, rest = '', power] = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(value.toExponential())!;
    const exponent = Number(power);
    if (exponent < -4 || exponent >= 16) {
        const digits = rest === '' ? first : `${first}.${rest}`;
        return `${sign}${digits}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
    }
    const digits = `${first}${rest}`;
    if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
    const before = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
    return `${sign}${before}.${digits.slice(exponent + 1) || '0'}`;
}
