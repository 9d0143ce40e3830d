import { isTrue, JinjaError, typeName, type Value } from './values.js';

/** Arguments by the names that Jinja2 gives them. */
export type Given = (name: string) => Value | undefined;
export type Filter = (value: Value, given: Given) => Value;

/** None is an argument, too. */
export function or(value: Value | undefined, otherwise: Value): Value {
    return value === undefined ? otherwise : value;
}

export function flag(value: Value | undefined, otherwise = false): boolean {
    return value === undefined ? otherwise : isTrue(value);
}

export function count(value: Value | undefined, otherwise: number): number {
    if (value === undefined) return otherwise;
    if (typeof value === 'number') return value;
    throw new JinjaError(`a whole number is needed, not a ${typeName(value)}`);
}
