import { stringMethod } from './strings.js';
import {
    Callable,
    Dict,
    Float,
    JinjaError,
    type Named,
    Namespace,
    Range,
    Tuple,
    typeName,
    Undefined,
    type Value,
    View,
} from './values.js';

/** Names of Python's methods that its sandbox forbids, or that we do not know: refused rather than undefined. */
const foreign: Readonly<Record<string, ReadonlySet<string>>> = {
    dict: new Set('clear fromkeys pop popitem setdefault update'.split(' ')),
    list: new Set('append clear copy count extend index insert pop remove reverse sort'.split(' ')),
    tuple: new Set('count index'.split(' ')),
    range: new Set('count index start step stop'.split(' ')),
    int: new Set(
        (
            'as_integer_ratio bit_count bit_length conjugate denominator from_bytes imag is_integer numerator real ' +
            'to_bytes'
        ).split(' '),
    ),
    float: new Set('as_integer_ratio conjugate fromhex hex imag is_integer real'.split(' ')),
    dict_keys: new Set('isdisjoint mapping'.split(' ')),
    dict_values: new Set(['mapping']),
    dict_items: new Set('isdisjoint mapping'.split(' ')),
};

const none = (name: string, args: readonly Value[], named: Named): void => {
    if (args.length + named.size > 0) throw new JinjaError(`${name}() takes no arguments`);
};

function dictMethod(dict: Dict, name: string): Callable | undefined {
    switch (name) {
        case 'get':
            return new Callable(name, (args, named) => {
                if (named.size > 0 || args.length < 1 || args.length > 2)
                    throw new JinjaError('get expected 1 or 2 arguments');
                const found = dict.get(args[0]!);
                return found === undefined ? (args[1] === undefined ? null : args[1]) : found;
            });
        case 'keys':
        case 'values':
        case 'items':
            return new Callable(name, (args, named) => {
                none(name, args, named);
                return new View(dict, name);
            });
        case 'copy':
            return new Callable(name, (args, named) => {
                none(name, args, named);
                return new Dict(dict.items().map(({ items: [key, value] }) => [key!, value!] as const));
            });
    }
    return undefined;
}

/** Python's `getattr`; undefined where it raises. @throws JinjaError for what a template may not see */
function attribute(object: Value, name: string): Value | undefined {
    if (name.startsWith('__')) throw new JinjaError(`the attribute ${name} is not for templates`);
    if (object instanceof Undefined) object.fail();
    if (object instanceof Namespace) return object.attributes.get(name);
    if (typeof object === 'string') return stringMethod(object, name);
    if (object instanceof Dict) {
        const method = dictMethod(object, name);
        if (method !== undefined) return method;
    }
    const type = typeof object === 'boolean' ? 'int' : typeName(object);
    if (foreign[type]?.has(name)) throw new JinjaError(`the ${type} attribute ${name} is not supported`);
    return undefined;
}

/** Python's `object[key]`; undefined where it raises. */
function item(object: Value, key: Value): Value | undefined {
    if (object instanceof Undefined) object.fail();
    if (object instanceof Dict) {
        try {
            return object.get(key);
        } catch {
            return undefined; // no value can be under a key that has no hash
        }
    }
    const items = sequence(object);
    if (items === undefined) return undefined;
    const index = typeof key === 'boolean' ? Number(key) : key;
    return typeof index === 'number' ? items.at(index) : undefined;
}

function sequence(object: Value): readonly Value[] | undefined {
    if (typeof object === 'string') return [...object];
    if (Array.isArray(object)) return object;
    return object instanceof Tuple || object instanceof Range ? object.items : undefined;
}

const missing = (object: Value, name: Value): Undefined =>
    new Undefined(
        typeof name === 'string' ? `'${typeName(object)} object' has no attribute '${name}', which` : 'an item',
    );

/** None is a value, too. */
function either(value: Value | undefined, otherwise: () => Value): Value {
    return value === undefined ? otherwise() : value;
}

/** `object.name`: the attribute, else the item. */
export function byDot(object: Value, name: string): Value {
    return either(attribute(object, name), () => either(item(object, name), () => missing(object, name)));
}

/** `object[key]`: the item, else the attribute. */
export function byBracket(object: Value, key: Value): Value {
    const named = (): Value | undefined => (typeof key === 'string' ? attribute(object, key) : undefined);
    return either(item(object, key), () => either(named(), () => missing(object, key)));
}

/** `object[start:stop:step]`. */
export function bySlice(object: Value, start: Value, stop: Value, step: Value): Value {
    if (object instanceof Undefined) object.fail();
    const items = sequence(object);
    if (items === undefined) throw new JinjaError(`a ${typeName(object)} has no parts`);
    const by = bound(step) ?? 1;
    if (by === 0) throw new JinjaError('slice step cannot be zero');
    const [least, most] = by > 0 ? [0, items.length] : [-1, items.length - 1];
    const place = (value: number | undefined, otherwise: number): number =>
        value === undefined ? otherwise : Math.min(most, Math.max(least, value < 0 ? value + items.length : value));
    const [from, to] = [place(bound(start), by > 0 ? least : most), place(bound(stop), by > 0 ? most : least)];
    const taken: Value[] = [];
    for (let i = from; by > 0 ? i < to : i > to; i += by) taken.push(items[i]!);
    if (typeof object === 'string') return taken.join('');
    if (object instanceof Tuple) return new Tuple(taken);
    if (object instanceof Range) throw new JinjaError('a part of a range is not supported; make a list of it first');
    return taken;
}

function bound(value: Value): number | undefined {
    if (value === null) return undefined;
    if (typeof value === 'number' || typeof value === 'boolean') return Number(value);
    if (value instanceof Float || !(value instanceof Undefined))
        throw new JinjaError('slice indices must be integers or None');
    return value.fail();
}
