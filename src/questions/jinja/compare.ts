import { Dict, iterate, JinjaError, numberOf, Range, Tuple, typeName, Undefined, type Value, View } from './values.js';

/** Python's `==`. */
export function equal(a: Value, b: Value): boolean {
    const [x, y] = [numberOf(a), numberOf(b)];
    if (x !== undefined || y !== undefined) return x === y;
    if (a instanceof Undefined) return b instanceof Undefined;
    if (Array.isArray(a)) return Array.isArray(b) && equalItems(a, b);
    if (a instanceof Tuple) return b instanceof Tuple && equalItems(a.items, b.items);
    if (a instanceof Range) return b instanceof Range && equalItems(a.items, b.items);
    if (a instanceof Dict) {
        if (!(b instanceof Dict) || a.size !== b.size) return false;
        return a.keys().every((key) => b.has(key) && equal(a.get(key)!, b.get(key)!));
    }
    if (a instanceof View && b instanceof View) throw new JinjaError('views of dictionaries cannot be compared here');
    return a === b;
}

function equalItems(a: readonly Value[], b: readonly Value[]): boolean {
    return a.length === b.length && a.every((item, i) => equal(item, b[i]!));
}

/** Below 0 where Python's `a < b`, 0 where neither is less. @throws JinjaError where they have no order */
export function order(a: Value, b: Value): number {
    const [x, y] = [numberOf(a), numberOf(b)];
    if (x !== undefined && y !== undefined) return x < y ? -1 : x > y ? 1 : 0;
    if (typeof a === 'string' && typeof b === 'string') return orderTexts(a, b);
    const lists = Array.isArray(a) && Array.isArray(b);
    if (lists || (a instanceof Tuple && b instanceof Tuple)) {
        const [left, right] = [iterate(a)!, iterate(b)!];
        for (const [i, item] of left.entries()) {
            if (i >= right.length) break;
            if (!equal(item, right[i]!)) return order(item, right[i]!);
        }
        return left.length - right.length;
    }
    if (a instanceof Undefined) a.fail();
    if (b instanceof Undefined) b.fail();
    throw new JinjaError(`'<' not supported between instances of '${typeName(a)}' and '${typeName(b)}'`);
}

/** By code points; JavaScript's own order is by UTF-16 units. */
function orderTexts(a: string, b: string): number {
    if (a === b) return 0;
    const [left, right] = [[...a], [...b]];
    for (const [i, character] of left.entries()) {
        if (i >= right.length) return 1;
        const difference = character.codePointAt(0)! - right[i]!.codePointAt(0)!;
        if (difference !== 0) return difference;
    }
    return left.length - right.length;
}

/** Python's `in`. */
export function contains(container: Value, value: Value): boolean {
    if (typeof container === 'string') {
        if (typeof value === 'string') return container.includes(value);
        throw new JinjaError(`'in <string>' requires string as left operand, not ${typeName(value)}`);
    }
    if (container instanceof Dict) return container.has(value);
    const items = iterate(container);
    if (items === undefined) throw new JinjaError(`argument of type '${typeName(container)}' is not iterable`);
    return items.some((item) => equal(item, value));
}
