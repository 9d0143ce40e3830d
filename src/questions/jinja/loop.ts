import { equal } from './compare.js';
import { Callable, JinjaError, Namespace, Undefined, type Value } from './values.js';

/** `loop` of each turn over some items. */
export function loopOf(items: readonly Value[]): (i: number) => Namespace {
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
