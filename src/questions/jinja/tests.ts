import { contains, equal, order } from './compare.js';
import { isLower, isUpper } from './strings.js';
import { str } from './text.js';
import {
    Callable,
    Dict,
    Float,
    iterate,
    JinjaError,
    Lazy,
    numberOf,
    Range,
    Tuple,
    Undefined,
    type Value,
} from './values.js';

type Test = (value: Value, argument: Value) => boolean;

function remainder(value: Value, by: Value): number {
    if (value instanceof Undefined) value.fail();
    const [number, divisor] = [numberOf(value), numberOf(by)];
    if (number === undefined || divisor === undefined || divisor === 0)
        throw new JinjaError('a number is needed to be divided');
    return ((number % divisor) + divisor) % divisor;
}

const isWhole = (value: Value): boolean => typeof value === 'number';
const tests: Readonly<Record<string, Test>> = {
    defined: (value) => !(value instanceof Undefined),
    undefined: (value) => value instanceof Undefined,
    none: (value) => value === null,
    boolean: (value) => typeof value === 'boolean',
    true: (value) => value === true,
    false: (value) => value === false,
    integer: isWhole,
    float: (value) => value instanceof Float,
    number: (value) => numberOf(value) !== undefined,
    string: (value) => typeof value === 'string',
    mapping: (value) => value instanceof Dict,
    iterable: (value) => value instanceof Lazy || iterate(value) !== undefined,
    sequence: (value) =>
        typeof value === 'string' ||
        Array.isArray(value) ||
        [Tuple, Range, Dict, Undefined].some((type) => value instanceof type),
    callable: (value) => value instanceof Callable,
    lower: (value) => isLower(str(value)),
    upper: (value) => isUpper(str(value)),
    odd: (value) => remainder(value, 2) === 1,
    even: (value) => remainder(value, 2) === 0,
};

const comparisons: Readonly<Record<string, Test>> = {
    divisibleby: (value, by) => remainder(value, by) === 0,
    eq: equal,
    ne: (a, b) => !equal(a, b),
    lt: (a, b) => order(a, b) < 0,
    le: (a, b) => order(a, b) <= 0,
    gt: (a, b) => order(a, b) > 0,
    ge: (a, b) => order(a, b) >= 0,
    in: (value, container) => contains(container, value),
    sameas: (a, b) => {
        if (a === null || b === null || typeof a === 'boolean' || typeof b === 'boolean') return a === b;
        throw new JinjaError('the test sameas is supported for true, false and none only');
    },
};

const otherNames: Readonly<Record<string, string>> = {
    equalto: 'eq',
    '==': 'eq',
    '!=': 'ne',
    lessthan: 'lt',
    '<': 'lt',
    '<=': 'le',
    greaterthan: 'gt',
    '>': 'gt',
    '>=': 'ge',
};

/** `value is name(args)`. @throws JinjaError for a test that is not known here */
export function test(name: string, value: Value, args: readonly Value[]): boolean {
    const known = otherNames[name] ?? name;
    if (Object.hasOwn(tests, known)) {
        if (args.length > 0) throw new JinjaError(`the test ${name} takes no arguments`);
        return tests[known]!(value, null);
    }
    if (!Object.hasOwn(comparisons, known)) throw new JinjaError(`the test ${name} is not supported`);
    if (args.length !== 1) throw new JinjaError(`the test ${name} takes one argument`);
    return comparisons[known]!(value, args[0]!);
}
