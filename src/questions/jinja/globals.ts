import { Scope } from './Scope.js';
import { strftime } from './strftime.js';
import { str } from './text.js';
import {
    Callable,
    Dict,
    JinjaError,
    listOf,
    type Named,
    Namespace,
    Range,
    typeName,
    type Value,
    whole,
} from './values.js';

/** What Jinja2's sandbox allows. */
const longestRange = 100_000;

function range(args: readonly Value[], named: Named): Value {
    if (named.size > 0 || args.length < 1 || args.length > 3) throw new JinjaError('range expected 1 to 3 arguments');
    const numbers = args.map((value) => {
        if (typeof value === 'number' || typeof value === 'boolean') return Number(value);
        throw new JinjaError(`'${typeName(value)}' object cannot be interpreted as an integer`);
    });
    const [start, stop, step = 1] = numbers.length === 1 ? [0, numbers[0]!] : (numbers as [number, number, number?]);
    if (step === 0) throw new JinjaError('range() arg 3 must not be zero');
    const length = Math.max(0, Math.ceil((stop - start) / step));
    if (length > longestRange) throw new JinjaError(`Range too big. The maximum size is ${longestRange}.`);
    const items = Array.from({ length }, (_, i) => whole(start + i * step));
    return new Range(
        items,
        numbers[2] === undefined || step === 1 ? `range(${start}, ${stop})` : `range(${start}, ${stop}, ${step})`,
    );
}

/** `dict(pairs, name=value)`, which `namespace` takes too. */
function dict(args: readonly Value[], named: Named): Dict {
    if (args.length > 1) throw new JinjaError(`dict expected at most 1 argument, got ${args.length}`);
    const made = new Dict();
    const [given] = args;
    const pairs = given === undefined ? [] : given instanceof Dict ? given.items() : listOf(given);
    for (const pair of pairs) {
        const [key, value, ...rest] = listOf(pair);
        if (key === undefined || value === undefined || rest.length > 0) throw new JinjaError('dict needs pairs');
        made.set(key, value);
    }
    for (const [key, value] of named) made.set(key, value);
    return made;
}

function namespace(args: readonly Value[], named: Named): Namespace {
    const attributes = new Map<string, Value>();
    for (const { items } of dict(args, named).items()) {
        const [key, value] = items as [Value, Value];
        if (typeof key !== 'string') throw new JinjaError('namespace keys must be strings');
        attributes.set(key, value);
    }
    return new Namespace(attributes);
}

const one = (name: string, args: readonly Value[], named: Named): Value => {
    if (args.length === 1 && named.size === 0) return args[0]!;
    throw new JinjaError(`${name} takes one argument`);
};

/**
 * The names that transformers gives every chat template.
 * @param now what `strftime_now` writes: milliseconds since 1970, as if local time were UTC
 */
export function globals(now: number): Scope {
    const scope = new Scope();
    const functions: Readonly<Record<string, (args: readonly Value[], named: Named) => Value>> = {
        range,
        dict,
        namespace,
        raise_exception: (args, named) => {
            throw new JinjaError(str(one('raise_exception', args, named)));
        },
        strftime_now: (args, named) => {
            const format = one('strftime_now', args, named);
            if (typeof format !== 'string') throw new JinjaError('strftime_now needs a text');
            return strftime(now, format);
        },
    };
    for (const [name, call] of Object.entries(functions)) scope.set(name, new Callable(name, call));
    for (const name of ['lipsum', 'cycler', 'joiner', 'self'])
        scope.set(
            name,
            new Callable(name, () => {
                throw new JinjaError(`${name} is not supported`);
            }),
        );
    return scope;
}
