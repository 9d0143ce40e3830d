import { callArguments, evaluate, filtered } from './evaluate.js';
import { globals } from './globals.js';
import { macro } from './macro.js';
import type { CallStatementNode, Node } from './nodes.js';
import { parse } from './parse.js';
import { Scope } from './Scope.js';
import { str } from './text.js';
import {
    Callable,
    fromJson,
    isTrue,
    JinjaError,
    listOf,
    Namespace,
    typeName,
    Undefined,
    type Value,
} from './values.js';
import { equal } from './compare.js';

type LoopNode = Extract<Node, { type: 'For' }>;

class Break extends Error {}
class Continue extends Error {}

/** A chat template, written as transformers writes it: Jinja2 with `trim_blocks` and `lstrip_blocks`. */
export class ChatTemplate {
    readonly #program: Node;

    /** @throws Error that says what of the source is not understood */
    constructor(source: string) {
        this.#program = parse(source);
    }

    /**
     * @param context JSON
     * @param now what `strftime_now` writes: milliseconds since 1970, as if local time were UTC
     * @throws JinjaError where Jinja2 raises, and where we do not know what it would write
     */
    render(context: Readonly<Record<string, unknown>>, now: number): string {
        const scope = new Scope(globals(now));
        for (const [name, value] of Object.entries(context)) scope.set(name, fromJson(value));
        const writer = new Writer();
        if (this.#program.type === 'Program') writer.write(this.#program.body, scope);
        return writer.text;
    }
}

/** Writes statements one after another; what a loop wrote before it was broken off stays. */
class Writer {
    text = '';

    write(nodes: readonly Node[], scope: Scope): void {
        for (const node of nodes) this.#one(node, scope);
    }

    #one(node: Node, scope: Scope): void {
        switch (node.type) {
            case 'Comment':
                return;
            case 'If':
                return this.write(isTrue(evaluate(node.test, scope)) ? node.body : node.alternate, scope);
            case 'For':
                return this.#loop(node, scope);
            case 'Set': {
                if (node.value !== null) return assign(node.assignee, evaluate(node.value, scope), scope);
                return assignBlock(node.assignee, block(node.body, scope), scope);
            }
            case 'Macro':
                return scope.set(node.name.value, macro(node.name.value, node.args, node.body, scope, block));
            case 'CallStatement':
                this.text += str(callBlock(node, scope));
                return;
            case 'FilterStatement':
                this.text += str(filtered(block(node.body, scope), node.filter, scope));
                return;
            case 'Break':
                throw new Break();
            case 'Continue':
                throw new Continue();
            default:
                this.text += str(evaluate(withoutSafe(node), scope));
        }
    }

    #loop({ loopvar, iterable, body, defaultBlock }: LoopNode, scope: Scope): void {
        const [source, condition] =
            iterable.type === 'SelectExpression' ? [iterable.lhs, iterable.test] : [iterable, undefined];
        const items = listOf(evaluate(source, scope)).filter((item) => {
            if (condition === undefined) return true;
            const inner = new Scope(scope);
            assign(loopvar, item, inner);
            return isTrue(evaluate(condition, inner));
        });
        if (items.length === 0) return this.write(defaultBlock, new Scope(scope));
        const loop = loopOf(items);
        for (const [i, item] of items.entries()) {
            const inner = new Scope(scope);
            inner.set('loop', loop(i));
            assign(loopvar, item, inner);
            try {
                this.write(body, inner);
            } catch (cause) {
                if (cause instanceof Break) break;
                if (!(cause instanceof Continue)) throw cause;
            }
        }
    }
}

/** What a block writes, whose names are its own. */
function block(nodes: readonly Node[], outer: Scope): string {
    const writer = new Writer();
    writer.write(nodes, new Scope(outer));
    return writer.text;
}

/** `{% set name | filter %}…{% endset %}` filters the text first. */
function assignBlock(target: Node, value: Value, scope: Scope): void {
    if (target.type !== 'FilterExpression') return assign(target, value, scope);
    const filters: Node[] = [];
    let name: Node = target;
    for (; name.type === 'FilterExpression'; name = name.operand) filters.unshift(name.filter);
    assign(
        name,
        filters.reduce((text, filter) => filtered(text, filter, scope), value),
        scope,
    );
}

function assign(target: Node, value: Value, scope: Scope): void {
    if (target.type === 'Identifier') return scope.set(target.value, value);
    if (target.type === 'TupleLiteral') {
        const items = listOf(value);
        if (items.length !== target.value.length)
            throw new JinjaError(`${items.length} values cannot be taken apart into ${target.value.length}`);
        for (const [i, part] of target.value.entries()) assign(part, items[i]!, scope);
        return;
    }
    if (target.type !== 'MemberExpression' || target.computed || target.property.type !== 'Identifier')
        throw new JinjaError(`${target.type} cannot be assigned to`);
    const object = evaluate(target.object, scope);
    if (!(object instanceof Namespace) || object.name !== 'Namespace')
        throw new JinjaError('cannot assign attribute on non-namespace object');
    object.attributes.set(target.property.value, value);
}

/** `{% call %}`: a macro that is given what stands between as `caller`. */
function callBlock(node: CallStatementNode, scope: Scope): Value {
    const callee = evaluate(node.call.callee, scope);
    if (!(callee instanceof Callable)) throw new JinjaError(`'${typeName(callee)}' object is not callable`);
    const [args, named] = callArguments(node.call.args, scope);
    const caller = macro('caller', node.callerArgs ?? [], node.body, scope, block);
    return callee.call(args, new Map([...named, ['caller', caller] as const]));
}

/** `safe` marks a text for HTML; written at once, it is the text itself. */
function withoutSafe(node: Node): Node {
    const safe = node.type === 'FilterExpression' && node.filter.type === 'Identifier' && node.filter.value === 'safe';
    return safe ? withoutSafe(node.operand) : node;
}

/** `loop` of each turn over some items. */
function loopOf(items: readonly Value[]): (i: number) => Namespace {
    let before: readonly Value[] | undefined;
    const changed = new Callable('changed', (values) => {
        const same = before?.length === values.length && before.every((value, i) => equal(value, values[i]!));
        before = values;
        return !same;
    });
    return (i) =>
        new Namespace(
            new Map<string, Value>([
                ['index', i + 1],
                ['index0', i],
                ['revindex', items.length - i],
                ['revindex0', items.length - i - 1],
                ['first', i === 0],
                ['last', i === items.length - 1],
                ['length', items.length],
                ['depth', 1],
                ['depth0', 0],
                ['previtem', i > 0 ? items[i - 1]! : new Undefined('the item before the first')],
                ['nextitem', i + 1 < items.length ? items[i + 1]! : new Undefined('the item after the last')],
                ['changed', changed],
                [
                    'cycle',
                    new Callable('cycle', (values) => {
                        if (values.length === 0) throw new JinjaError('no items for cycling given');
                        return values[i % values.length]!;
                    }),
                ],
            ]),
            'LoopContext',
        );
}
