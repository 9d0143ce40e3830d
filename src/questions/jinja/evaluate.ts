import { applyFilter } from './filters.js';
import { byBracket, byDot, bySlice } from './members.js';
import type { CallNode, Node } from './nodes.js';
import { binary, signed } from './operators.js';
import { negatedTestPrefix, testPrefix } from './precedence.js';
import type { Scope } from './Scope.js';
import { test } from './tests.js';
import {
    Callable,
    Dict,
    Float,
    isTrue,
    JinjaError,
    listOf,
    type Named,
    Tuple,
    typeName,
    Undefined,
    type Value,
    whole,
} from './values.js';

const constants: Readonly<Record<string, Value>> = {
    true: true,
    True: true,
    false: false,
    False: false,
    none: null,
    None: null,
};

/** The value of an expression, as Jinja2 computes it. @throws JinjaError where Jinja2 raises, or what we do not know */
export function evaluate(node: Node, scope: Scope): Value {
    switch (node.type) {
        case 'IntegerLiteral':
            return whole(node.value);
        case 'FloatLiteral':
            return new Float(node.value);
        case 'StringLiteral':
            return node.value;
        case 'Identifier':
            return Object.hasOwn(constants, node.value) ? constants[node.value]! : scope.get(node.value);
        case 'ArrayLiteral':
            return node.value.map((item) => evaluate(item, scope));
        case 'TupleLiteral':
            return new Tuple(node.value.map((item) => evaluate(item, scope)));
        case 'ObjectLiteral':
            return new Dict(
                [...node.value].map(([key, value]) => [evaluate(key, scope), evaluate(value, scope)] as const),
            );
        case 'UnaryExpression':
            if (node.operator.value === 'not') return !isTrue(evaluate(node.argument, scope));
            return signed(node.operator.value, evaluate(node.argument, scope));
        case 'BinaryExpression': {
            const left = evaluate(node.left, scope);
            if (node.operator.value === 'and') return isTrue(left) ? evaluate(node.right, scope) : left;
            if (node.operator.value === 'or') return isTrue(left) ? left : evaluate(node.right, scope);
            return binary(node.operator.value, left, evaluate(node.right, scope));
        }
        case 'Ternary':
            return evaluate(isTrue(evaluate(node.condition, scope)) ? node.trueExpr : node.falseExpr, scope);
        case 'SelectExpression':
            if (isTrue(evaluate(node.test, scope))) return evaluate(node.lhs, scope);
            return new Undefined('the inline if-expression evaluated to false and no else section was defined: it');
        case 'TestExpression':
            return test(node.test.value, evaluate(node.operand, scope), []) !== node.negate;
        case 'FilterExpression':
            return filtered(evaluate(node.operand, scope), node.filter, scope);
        case 'MemberExpression':
            return member(node.object, node.property, node.computed, scope);
        case 'CallExpression':
            return call(node, scope);
        default:
            throw new JinjaError(`${node.type} is not supported here`);
    }
}

function member(objectNode: Node, property: Node, computed: boolean, scope: Scope): Value {
    const object = evaluate(objectNode, scope);
    if (!computed) {
        if (property.type === 'Identifier') return byDot(object, property.value);
        return byBracket(object, evaluate(property, scope));
    }
    if (property.type !== 'SliceExpression') return byBracket(object, evaluate(property, scope));
    const [start, stop, step] = [property.start, property.stop, property.step].map((bound) =>
        bound === undefined ? null : evaluate(bound, scope),
    );
    return bySlice(object, start!, stop!, step!);
}

/** What a filter, or a test with arguments, makes of a value. */
export function filtered(value: Value, filter: Node, scope: Scope): Value {
    if (filter.type === 'Identifier') return applyFilter(filter.value, value, [], new Map());
    if (filter.type !== 'CallExpression' || filter.callee.type !== 'Identifier')
        throw new JinjaError('such a filter is not supported');
    const name = filter.callee.value;
    const [args, named] = callArguments(filter.args, scope);
    if (!name.startsWith(testPrefix)) return applyFilter(name, value, args, named);
    if (named.size > 0) throw new JinjaError('a test with keyword arguments is not supported');
    return name.startsWith(negatedTestPrefix)
        ? !test(name.slice(negatedTestPrefix.length), value, args)
        : test(name.slice(testPrefix.length), value, args);
}

function call(node: CallNode, scope: Scope): Value {
    const callee = evaluate(node.callee, scope);
    const [args, named] = callArguments(node.args, scope);
    if (callee instanceof Undefined) callee.fail();
    if (!(callee instanceof Callable)) throw new JinjaError(`'${typeName(callee)}' object is not callable`);
    return callee.call(args, named);
}

/** Positional arguments and those by name. */
export function callArguments(nodes: readonly Node[], scope: Scope): readonly [Value[], Named] {
    const args: Value[] = [];
    const named = new Map<string, Value>();
    const name = (key: string, value: Value): void => {
        if (named.has(key)) throw new JinjaError(`got multiple values for keyword argument '${key}'`);
        named.set(key, value);
    };
    for (const node of nodes) {
        if (node.type === 'SpreadExpression') args.push(...listOf(evaluate(node.argument, scope)));
        else if (node.type === 'KeywordArgumentExpression') name(node.key.value, evaluate(node.value, scope));
        else if (node.type === 'KeywordSpreadExpression') {
            const dict = evaluate(node.argument, scope);
            if (!(dict instanceof Dict)) throw new JinjaError('the argument after ** must be a dictionary');
            for (const { items } of dict.items()) name(items[0] as string, items[1]!);
        } else args.push(evaluate(node, scope));
    }
    return [args, named];
}
