import { evaluate } from './evaluate.js';
import type { Node } from './nodes.js';
import { Scope } from './Scope.js';
import { Callable, Dict, JinjaError, Tuple, Undefined, type Value } from './values.js';

const special = ['caller', 'varargs', 'kwargs'] as const;

/**
 * A macro, which sees the names around its definition, and not those around a call.
 * @param write what the body writes in a scope inside of the given one
 */
export function macro(
    name: string,
    parameters: readonly Node[],
    body: readonly Node[],
    around: Scope,
    write: (body: readonly Node[], outer: Scope) => string,
): Callable {
    const names = parameters.map((node) => {
        if (node.type === 'Identifier') return { name: node.value, otherwise: undefined };
        if (node.type === 'KeywordArgumentExpression') return { name: node.key.value, otherwise: node.value };
        throw new JinjaError(`the macro ${name} has a parameter that is not supported`);
    });
    const asked = new Set(special.filter((word) => asksFor(body, word) && !names.some((one) => one.name === word)));
    return new Callable(name, (args, named) => {
        const scope = new Scope(around);
        const left = new Map(named);
        const take = (key: string): Value | undefined => {
            const value = left.get(key);
            left.delete(key);
            return value;
        };
        const missing: { name: string; otherwise: Node }[] = [];
        for (const [i, parameter] of names.entries()) {
            const value = i < args.length ? args[i] : take(parameter.name);
            const given =
                value === undefined ? new Undefined(`parameter '${parameter.name}' was not provided, it`) : value;
            scope.set(parameter.name, given);
            if (value === undefined && parameter.otherwise !== undefined)
                missing.push({ name: parameter.name, otherwise: parameter.otherwise });
        }
        if (asked.has('caller')) scope.set('caller', take('caller') ?? new Undefined('No caller defined: it'));
        if (asked.has('varargs')) scope.set('varargs', new Tuple(args.slice(names.length)));
        else if (args.length > names.length)
            throw new JinjaError(`macro '${name}' takes not more than ${names.length} argument(s)`);
        if (asked.has('kwargs')) scope.set('kwargs', new Dict(left));
        else if (left.size > 0)
            throw new JinjaError(`macro '${name}' takes no keyword argument '${[...left.keys()].join(', ')}'`);
        for (const { name: key, otherwise } of missing) scope.set(key, evaluate(otherwise, scope));
        return write(body, scope);
    });
}

/** Whether a name stands anywhere in a body. */
function asksFor(node: unknown, name: string): boolean {
    if (node instanceof Map) return [...node].some(([key, value]) => asksFor(key, name) || asksFor(value, name));
    if (Array.isArray(node)) return node.some((part) => asksFor(part, name));
    if (typeof node !== 'object' || node === null) return false;
    const { type, value } = node as { readonly type?: unknown; readonly value?: unknown };
    if (type === 'Identifier' && value === name) return true;
    return Object.values(node).some((part) => asksFor(part, name));
}
