import { count, type Filter, flag, type Given, or } from './arguments.js';
import { equal, order } from './compare.js';
import { writeJson } from './json.js';
import { byBracket } from './members.js';
import { round, toFloat, toWhole } from './numberFilters.js';
import { binary } from './operators.js';
import { percentFormat } from './percentFormat.js';
import { capitalize, lineEnds, replace, strip } from './strings.js';
import { test } from './tests.js';
import { str } from './text.js';
import {
    Dict,
    Float,
    isTrue,
    JinjaError,
    lengthOf,
    Lazy,
    listOf,
    type Named,
    numberOf,
    Tuple,
    typeName,
    Undefined,
    type Value,
} from './values.js';

/** What `attribute='a.b'` finds in an item. */
function dotted(item: Value, attribute: Value | undefined, otherwise?: Value): Value {
    if (attribute === undefined || attribute === null) return item;
    const parts = typeof attribute === 'string' ? attribute.split('.') : [attribute];
    let value = item;
    for (const part of parts) {
        value = byBracket(value, typeof part === 'string' && /^\d+$/.test(part) ? Number(part) : part);
        if (value instanceof Undefined && otherwise !== undefined) value = otherwise;
    }
    return value;
}

const folded = (value: Value, caseSensitive: boolean): Value =>
    typeof value === 'string' && !caseSensitive ? value.toLowerCase() : value;

function sorted(items: readonly Value[], given: Given, by: (item: Value) => Value): Value[] {
    const caseSensitive = flag(given('case_sensitive'));
    const keyed = items.map((item) => [folded(by(item), caseSensitive), item] as const);
    const sign = flag(given('reverse')) ? -1 : 1;
    return keyed.sort(([a], [b]) => sign * order(a, b)).map(([, item]) => item);
}

function extreme(value: Value, given: Given, sign: 1 | -1): Value {
    const caseSensitive = flag(given('case_sensitive'));
    const by = (item: Value): Value => folded(dotted(item, given('attribute')), caseSensitive);
    const [first, ...rest] = listOf(value);
    if (first === undefined) return new Undefined('the extreme of an empty sequence');
    return rest.reduce((best, item) => (sign * order(by(item), by(best)) < 0 ? item : best), first);
}

function indent(value: Value, given: Given): Value {
    const width = or(given('width'), 4);
    const by = typeof width === 'string' ? width : ' '.repeat(count(width, 4));
    const [first, blank] = [flag(given('first')), flag(given('blank'))];
    if (typeof value !== 'string') throw new JinjaError(`a ${typeName(value)} cannot be indented`);
    const lines = `${value}\n`.split(lineEnds).slice(0, -1);
    const text = lines.map((line, i) => (i === 0 || (line === '' && !blank) ? line : by + line)).join('\n');
    return first ? by + text : text;
}

function json(value: Value, given: Given): Value {
    const indentation = given('indent') ?? null;
    const separators = given('separators') ?? null;
    const [itemSeparator, keySeparator] =
        separators === null ? [indentation === null ? ', ' : ',', ': '] : listOf(separators).map(str);
    return writeJson(value, {
        asciiOnly: flag(given('ensure_ascii')),
        indent:
            indentation === null
                ? undefined
                : typeof indentation === 'string'
                  ? indentation
                  : ' '.repeat(count(indentation, 0)),
        itemSeparator: itemSeparator!,
        keySeparator: keySeparator!,
        sortKeys: flag(given('sort_keys')),
    });
}

function join(value: Value, given: Given): Value {
    return listOf(value)
        .map((item) => str(dotted(item, given('attribute'))))
        .join(str(or(given('d'), '')));
}

function dictSort(value: Value, given: Given): Value {
    if (!(value instanceof Dict)) throw new JinjaError(`dictsort needs a dictionary, not a ${typeName(value)}`);
    const place = ['key', 'value'].indexOf(str(given('by') ?? 'key'));
    if (place < 0) throw new JinjaError('You can only sort by either "key" or "value"');
    return sorted(value.items(), given, (pair) => (pair as Tuple).items[place]!);
}

function unique(value: Value, given: Given): Value {
    const caseSensitive = flag(given('case_sensitive'));
    const seen: Value[] = [];
    return new Lazy(
        listOf(value).filter((item) => {
            const key = folded(dotted(item, given('attribute')), caseSensitive);
            if (seen.some((known) => equal(known, key))) return false;
            seen.push(key);
            return true;
        }),
    );
}

function last(value: Value): Value {
    if (value instanceof Lazy || value instanceof Undefined) throw new JinjaError('it has no last item');
    return or(listOf(value).at(-1), new Undefined('the last item of an empty sequence'));
}

const titleWord = (part: string): string => {
    const [first = '', ...rest] = [...part];
    return first.toUpperCase() + rest.join('').toLowerCase();
};

/** Names of the arguments, in Jinja2's order, and what the filter does. */
const filters: Readonly<Record<string, readonly [string, Filter]>> = {
    abs: [
        '',
        (value) => {
            const number = numberOf(value);
            if (number === undefined) throw new JinjaError(`bad operand type for abs(): '${typeName(value)}'`);
            return value instanceof Float ? new Float(Math.abs(number)) : Math.abs(number);
        },
    ],
    capitalize: ['', (value) => capitalize(str(value))],
    default: [
        'default_value boolean',
        (value, given) =>
            value instanceof Undefined || (flag(given('boolean')) && !isTrue(value))
                ? or(given('default_value'), '')
                : value,
    ],
    dictsort: ['case_sensitive by reverse', dictSort],
    first: ['', (value) => or(listOf(value).at(0), new Undefined('the first item of an empty sequence'))],
    float: ['default', toFloat],
    indent: ['width first blank', indent],
    int: ['default base', toWhole],
    items: [
        '',
        (value) => {
            if (value instanceof Undefined) return new Lazy([]);
            if (!(value instanceof Dict)) throw new JinjaError('Can only get item pairs from a mapping.');
            return new Lazy(value.items());
        },
    ],
    join: ['d attribute', join],
    last: ['', last],
    length: ['', (value) => lengthOf(value)],
    list: ['', (value) => [...listOf(value)]],
    lower: ['', (value) => str(value).toLowerCase()],
    max: ['case_sensitive attribute', (value, given) => extreme(value, given, -1)],
    min: ['case_sensitive attribute', (value, given) => extreme(value, given, 1)],
    replace: [
        'old new count',
        (value, given) => {
            const [old, by, most] = [given('old'), given('new'), given('count') ?? null];
            if (old === undefined || by === undefined) throw new JinjaError('replace needs two arguments');
            return replace(str(value), str(old), str(by), most === null ? -1 : count(most, -1));
        },
    ],
    reverse: [
        '',
        (value) => {
            if (typeof value === 'string') return [...value].reverse().join('');
            if (value instanceof Lazy || value instanceof Undefined) return [...listOf(value)].reverse();
            return new Lazy([...listOf(value)].reverse());
        },
    ],
    round: ['precision method', round],
    sort: [
        'reverse case_sensitive attribute',
        (value, given) => sorted(listOf(value), given, (item) => dotted(item, given('attribute'))),
    ],
    string: ['', str],
    sum: [
        'attribute start',
        (value, given) =>
            listOf(value).reduce<Value>(
                (sum, item) => binary('+', sum, dotted(item, given('attribute'))),
                or(given('start'), 0),
            ),
    ],
    title: [
        '',
        (value) =>
            str(value)
                .split(/([-\s({[<]+)/u)
                .map(titleWord)
                .join(''),
    ],
    tojson: ['ensure_ascii indent separators sort_keys', json],
    trim: ['chars', (value, given) => strip(str(value), given('chars') ?? null)],
    unique: ['case_sensitive attribute', unique],
    upper: ['', (value) => str(value).toUpperCase()],
};

const otherNames: Readonly<Record<string, string>> = { d: 'default', count: 'length' };

/** `value | name(args)`. @throws JinjaError for a filter that is not known here, and where Jinja2 raises */
export function applyFilter(name: string, value: Value, args: readonly Value[], named: Named): Value {
    const known = otherNames[name] ?? name;
    if (known === 'map') return mapped(value, args, named);
    if (/^(select|reject)(attr)?$/.test(known)) return selected(known, value, args, named);
    if (known === 'format') return percentFormat(str(value), formatted(args, named));
    if (!Object.hasOwn(filters, known)) throw new JinjaError(`the filter ${name} is not supported`);
    const [signature, filter] = filters[known]!;
    const names = signature.split(' ').filter((word) => word !== '');
    if (args.length > names.length) throw new JinjaError(`the filter ${name} takes ${names.length} arguments at most`);
    const given = new Map(args.map((arg, i) => [names[i]!, arg] as const));
    for (const [key, arg] of named) {
        if (!names.includes(key) || given.has(key))
            throw new JinjaError(`the filter ${name} takes no argument '${key}'`);
        given.set(key, arg);
    }
    return filter(value, (key) => given.get(key));
}

function formatted(args: readonly Value[], named: Named): Value {
    if (named.size > 0) throw new JinjaError('format(name=) is not supported');
    return new Tuple(args);
}

function mapped(value: Value, args: readonly Value[], named: Named): Value {
    if (!isTrue(value)) return new Lazy([]);
    const items = listOf(value);
    if (args.length > 0) {
        const [name, ...rest] = args;
        return new Lazy(items.map((item) => applyFilter(str(name!), item, rest, named)));
    }
    const attribute = named.get('attribute');
    if (attribute === undefined) throw new JinjaError('map requires a filter argument');
    return new Lazy(items.map((item) => dotted(item, attribute, named.get('default'))));
}

function selected(name: string, value: Value, args: readonly Value[], named: Named): Value {
    if (!isTrue(value)) return new Lazy([]);
    if (named.size > 0) throw new JinjaError(`${name} takes no keyword arguments`);
    const rest = [...args];
    const byAttribute = name.endsWith('attr');
    if (byAttribute && rest.length === 0) throw new JinjaError('Missing parameter for attribute name');
    const attribute = byAttribute ? rest.shift() : undefined;
    const wanted = name.startsWith('select');
    const items = listOf(value).filter((item) => {
        const part = dotted(item, attribute);
        return (rest.length === 0 ? isTrue(part) : test(str(rest[0]!), part, rest.slice(1))) === wanted;
    });
    return new Lazy(items);
}
