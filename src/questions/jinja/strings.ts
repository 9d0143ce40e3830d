import { Callable, JinjaError, listOf, type Named, Tuple, typeName, Undefined, type Value } from './values.js';
import { str } from './text.js';

/** What Python's `str.isspace` says yes to. */
const spaces = '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
const leading = new RegExp(`^[${spaces}]+`, 'u');
const trailing = new RegExp(`[${spaces}]+$`, 'u');
const allSpaces = new RegExp(`^[${spaces}]+$`, 'u');
const words = new RegExp(`[^${spaces}]+`, 'gu');
/** What Python's `str.splitlines` ends lines at. */
// eslint-disable-next-line no-control-regex -- it is about these characters
export const lineEnds = new RegExp('\\r\\n|[\\n\\r\\v\\f\\x1c-\\x1e\\x85\\u2028\\u2029]', 'u');

export function strip(text: string, characters: Value = null, side: 'both' | 'left' | 'right' = 'both'): string {
    if (characters instanceof Undefined) characters.fail();
    if (characters === null) {
        const left = side === 'right' ? text : text.replace(leading, '');
        return side === 'left' ? left : left.replace(trailing, '');
    }
    if (typeof characters !== 'string') throw new JinjaError('strip arg must be None or str');
    const points = [...text];
    let [from, to] = [0, points.length];
    if (side !== 'right') while (from < to && characters.includes(points[from]!)) from++;
    if (side !== 'left') while (to > from && characters.includes(points[to - 1]!)) to--;
    return points.slice(from, to).join('');
}

/** `str.split` and `str.rsplit`. */
function split(text: string, separator: Value, most: number, fromRight: boolean): string[] {
    if (separator !== null && typeof separator !== 'string')
        throw new JinjaError('must be str or None, not a separator');
    if (separator === '') throw new JinjaError('empty separator');
    if (separator === null) {
        const found = [...text.matchAll(words)];
        if (most < 0 || found.length <= most) return found.map(([word]) => word);
        if (fromRight) {
            const last = found[found.length - most - 1]!;
            const kept = found.slice(found.length - most).map(([word]) => word);
            return [text.slice(0, last.index + last[0].length), ...kept];
        }
        const rest = strip(text.slice(found[most]!.index), null, 'left');
        return [...found.slice(0, most).map(([word]) => word), rest];
    }
    const parts = text.split(separator);
    if (most < 0 || parts.length - 1 <= most) return parts;
    return fromRight
        ? [parts.slice(0, parts.length - most).join(separator), ...parts.slice(parts.length - most)]
        : [...parts.slice(0, most), parts.slice(most).join(separator)];
}

export function replace(text: string, old: string, by: string, most = -1): string {
    const parts = old === '' ? ['', ...text, ''] : text.split(old);
    const count = most < 0 ? parts.length - 1 : Math.min(most, parts.length - 1);
    return (
        parts.slice(0, count + 1).join(by) +
        parts
            .slice(count + 1)
            .map((part) => old + part)
            .join('')
    );
}

/** The first letter large, as it begins a word: of ǆ that is ǅ, of ß it is Ss. */
function large(letter: string): string {
    if (/[\u1f80-\u1fff]/u.test(letter)) throw new JinjaError(`a word that begins with ${letter} is not supported`);
    const [first = '', ...rest] = [...letter.toUpperCase()];
    if ('\u01c4\u01c7\u01ca\u01f1'.includes(first) && first !== '') return String.fromCharCode(first.charCodeAt(0) + 1);
    return first + rest.join('').toLowerCase();
}

export const capitalize = (text: string): string => {
    const [first = '', ...rest] = [...text];
    return large(first) + rest.join('').toLowerCase();
};

/** Python's `str.title`: a letter after anything but a letter is large. */
const title = (text: string): string => text.replaceAll(/\p{Cased}\p{Cased}*/gu, (word) => capitalize(word));

const cased = (text: string, by: (text: string) => string): boolean => /\p{Cased}/u.test(text) && by(text) === text;
export const isLower = (text: string): boolean => cased(text, (t) => t.toLowerCase());
export const isUpper = (text: string): boolean => cased(text, (t) => t.toUpperCase());

function want(value: Value | undefined, what: string): string {
    if (typeof value === 'string') return value;
    throw new JinjaError(`${what} must be str, not ${value === undefined ? 'missing' : typeName(value)}`);
}

function wantWhole(value: Value | undefined, otherwise: number): number {
    if (value === undefined) return otherwise;
    if (typeof value === 'number') return value;
    throw new JinjaError(`'${typeName(value)}' object cannot be interpreted as an integer`);
}

function startsOrEnds(text: string, wanted: Value | undefined, method: 'startsWith' | 'endsWith'): boolean {
    const options = wanted instanceof Tuple ? wanted.items : [wanted];
    return options.some((option) => text[method](want(option, `${method.toLowerCase()} first arg`)));
}

/** The place in code points. */
function find(text: string, index: number): number {
    return index < 0 ? -1 : [...text.slice(0, index)].length;
}

/** A text before, at and behind a separator; undefined where it has none. */
function partition(text: string, separator: string, search: 'indexOf' | 'lastIndexOf'): Tuple | undefined {
    if (separator === '') throw new JinjaError('empty separator');
    const index = text[search](separator);
    if (index < 0) return undefined;
    return new Tuple([text.slice(0, index), separator, text.slice(index + separator.length)]);
}

type Method = (text: string, args: readonly Value[], named: Named) => Value;
const plain =
    (method: (text: string) => Value): Method =>
    (text, args) => {
        if (args.length > 0) throw new JinjaError('takes no arguments');
        return method(text);
    };
const at = (index: number): number => {
    if (index < 0) throw new JinjaError('substring not found');
    return index;
};

/** Where names stand for positions, and how many positions there are. */
const signatures: Readonly<Record<string, readonly string[]>> = {
    split: ['sep', 'maxsplit'],
    rsplit: ['sep', 'maxsplit'],
    splitlines: ['keepends'],
    replace: ['', '', 'count'],
    ...Object.fromEntries(
        (
            'strip lstrip rstrip startswith endswith find rfind index rindex count join removeprefix removesuffix ' +
            'partition rpartition zfill'
        )
            .split(' ')
            .map((name) => [name, ['']]),
    ),
};

const methods: Readonly<Record<string, Method>> = {
    upper: plain((text) => text.toUpperCase()),
    lower: plain((text) => text.toLowerCase()),
    title: plain(title),
    capitalize: plain(capitalize),
    strip: (text, [characters = null]) => strip(text, characters),
    lstrip: (text, [characters = null]) => strip(text, characters, 'left'),
    rstrip: (text, [characters = null]) => strip(text, characters, 'right'),
    split: (text, [separator = null, most]) => split(text, separator, wantWhole(most, -1), false),
    rsplit: (text, [separator = null, most]) => split(text, separator, wantWhole(most, -1), true),
    splitlines: (text, [keep]) => {
        if (keep !== undefined && keep !== false) throw new JinjaError('splitlines(keepends) is not supported');
        const lines = text.split(lineEnds);
        return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
    },
    replace: (text, [old, by, most]) =>
        replace(text, want(old, 'replace() argument 1'), want(by, 'replace() argument 2'), wantWhole(most, -1)),
    startswith: (text, [wanted]) => startsOrEnds(text, wanted, 'startsWith'),
    endswith: (text, [wanted]) => startsOrEnds(text, wanted, 'endsWith'),
    find: (text, [wanted]) => find(text, text.indexOf(want(wanted, 'find()'))),
    rfind: (text, [wanted]) => find(text, text.lastIndexOf(want(wanted, 'rfind()'))),
    index: (text, [wanted]) => at(find(text, text.indexOf(want(wanted, 'index()')))),
    rindex: (text, [wanted]) => at(find(text, text.lastIndexOf(want(wanted, 'rindex()')))),
    count: (text, [wanted]) => {
        const part = want(wanted, 'count()');
        return part === '' ? [...text].length + 1 : text.split(part).length - 1;
    },
    join: (text, [items]) => {
        if (items === undefined) throw new JinjaError('join() takes exactly one argument');
        return listOf(items)
            .map((item) => want(item, 'sequence item'))
            .join(text);
    },
    removeprefix: (text, [part]) => {
        const prefix = want(part, 'removeprefix()');
        return text.startsWith(prefix) ? text.slice(prefix.length) : text;
    },
    removesuffix: (text, [part]) => {
        const suffix = want(part, 'removesuffix()');
        return text.endsWith(suffix) ? text.slice(0, text.length - suffix.length) : text;
    },
    partition: (text, [separator]) =>
        partition(text, want(separator, 'partition()'), 'indexOf') ?? new Tuple([text, '', '']),
    rpartition: (text, [separator]) =>
        partition(text, want(separator, 'rpartition()'), 'lastIndexOf') ?? new Tuple(['', '', text]),
    zfill: (text, [width]) => {
        const sign = /^[+-]/.exec(text)?.[0] ?? '';
        const missing = wantWhole(width, 0) - [...text].length;
        return sign + '0'.repeat(Math.max(0, missing)) + text.slice(sign.length);
    },
    isdigit: plain((text) => /^[\p{Nd}\u00b2\u00b3\u00b9]+$/u.test(text)),
    isdecimal: plain((text) => /^\p{Nd}+$/u.test(text)),
    isalpha: plain((text) => /^\p{L}+$/u.test(text)),
    isalnum: plain((text) => /^[\p{L}\p{N}]+$/u.test(text)),
    isspace: plain((text) => allSpaces.test(text)),
    islower: plain(isLower),
    isupper: plain(isUpper),
    format: (text, args, named) => braceFormat(text, args, named),
};

/** Names that Python's strings have and we do not know. */
const unknown = new Set(
    (
        'casefold center encode expandtabs format_map isascii isidentifier isnumeric isprintable istitle ljust ' +
        'maketrans rjust swapcase translate'
    ).split(' '),
);

/** A method of a string; undefined where Python has none of that name. @throws JinjaError where only we have none */
export function stringMethod(text: string, name: string): Callable | undefined {
    if (unknown.has(name)) throw new JinjaError(`the string method ${name} is not supported`);
    if (!Object.hasOwn(methods, name)) return undefined;
    const method = methods[name]!;
    return new Callable(name, (args, named) => {
        const signature = signatures[name];
        if (signature === undefined) {
            if (name !== 'format' && named.size > 0) throw new JinjaError(`${name}() takes no keyword arguments`);
            return method(text, args, named);
        }
        if (args.length > signature.length)
            throw new JinjaError(`${name}() with ${args.length} arguments is not supported`);
        const given = [...args] as (Value | undefined)[];
        for (const [key, value] of named) {
            const place = signature.indexOf(key);
            if (place < args.length) throw new JinjaError(`${name}() takes no argument '${key}'`);
            given[place] = value;
        }
        return method(text, given as Value[], named);
    });
}

/** `'{} {0} {name}'.format`, without what may stand behind a name. */
function braceFormat(text: string, args: readonly Value[], named: Named): string {
    let next = 0;
    return text.replaceAll(/\{\{|\}\}|\{([^{}]*)\}|[{}]/gu, (found, name?: string) => {
        if (found === '{{') return '{';
        if (found === '}}') return '}';
        if (name === undefined) throw new JinjaError('a single brace in the format string');
        if (!/^\w*$/.test(name)) throw new JinjaError(`the format ${found} is not supported`);
        const value = name === '' ? args[next++] : /^\d+$/.test(name) ? args[Number(name)] : named.get(name);
        if (value === undefined) throw new JinjaError(`nothing is given for ${found}`);
        return str(value);
    });
}
