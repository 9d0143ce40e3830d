import { contains, equal, order } from './compare.js';
import { percentFormat } from './percentFormat.js';
import { str } from './text.js';
import { Float, JinjaError, numberOf, Tuple, typeName, Undefined, type Value, whole } from './values.js';

/** Any operator but `and` and `or`. @throws JinjaError where Python raises */
export function binary(operator: string, a: Value, b: Value): Value {
    switch (operator) {
        case '==':
            return equal(a, b);
        case '!=':
            return !equal(a, b);
        case '~':
            return str(a) + str(b);
        case 'in':
            return contains(b, a);
        case 'not in':
            return !contains(b, a);
    }
    if (a instanceof Undefined) a.fail();
    if (b instanceof Undefined) b.fail();
    switch (operator) {
        case '<':
            return order(a, b) < 0;
        case '>':
            return order(a, b) > 0;
        case '<=':
            return order(a, b) <= 0;
        case '>=':
            return order(a, b) >= 0;
    }
    return arithmetic(operator, a, b);
}

function arithmetic(operator: string, a: Value, b: Value): Value {
    if (operator === '%' && typeof a === 'string') return percentFormat(a, b);
    const [x, y] = [numberOf(a), numberOf(b)];
    if (x !== undefined && y !== undefined) return calculate(operator, x, y, a instanceof Float || b instanceof Float);
    if (operator === '+') {
        if (typeof a === 'string' && typeof b === 'string') return a + b;
        if (Array.isArray(a) && Array.isArray(b)) return [...a, ...b];
        if (a instanceof Tuple && b instanceof Tuple) return new Tuple([...a.items, ...b.items]);
    }
    if (operator === '*') {
        const [sequence, times] = x === undefined ? [a, b] : [b, a];
        if (typeof times === 'number' || typeof times === 'boolean') {
            const count = Math.max(0, Number(times));
            if (typeof sequence === 'string') return sequence.repeat(count);
            if (Array.isArray(sequence)) return repeated(sequence, count);
            if (sequence instanceof Tuple) return new Tuple(repeated(sequence.items, count));
        }
    }
    throw new JinjaError(`unsupported operand type(s) for ${operator}: '${typeName(a)}' and '${typeName(b)}'`);
}

function repeated(items: readonly Value[], count: number): Value[] {
    return Array.from({ length: count }, () => items).flat() as Value[];
}

function calculate(operator: string, x: number, y: number, isFloat: boolean): Value {
    const result = (value: number): Value => (isFloat ? new Float(value) : whole(value));
    if (['/', '//', '%'].includes(operator) && y === 0) throw new JinjaError('division by zero');
    switch (operator) {
        case '+':
            return result(x + y);
        case '-':
            return result(x - y);
        case '*':
            return result(x * y);
        case '/':
            return new Float(x / y);
        case '//':
            return result((x - modulo(x, y)) / y);
        case '%':
            return result(modulo(x, y));
        case '**':
            if (x === 0 && y < 0) throw new JinjaError('0.0 cannot be raised to a negative power');
            return finite(isFloat || y < 0 ? new Float(x ** y) : whole(x ** y));
    }
    throw new JinjaError(`unknown operator ${operator}`);
}

/** With the divisor's sign, as in Python. */
function modulo(x: number, y: number): number {
    const rest = x % y;
    return rest !== 0 && rest < 0 !== y < 0 ? rest + y : rest;
}

function finite(value: Value): Value {
    if (Number.isFinite(numberOf(value)!)) return value;
    throw new JinjaError('the power is no finite number');
}

/** `+` and `-` before a value. */
export function signed(operator: string, value: Value): Value {
    if (value instanceof Undefined) value.fail();
    const number = numberOf(value);
    if (number === undefined) throw new JinjaError(`bad operand type for unary ${operator}: '${typeName(value)}'`);
    const result = operator === '-' ? -number : number;
    return value instanceof Float ? new Float(result) : whole(result);
}
