import { Turns } from '../support/Turns.js';

/** Characters that are sent together. */
export const grain = 16 * 1024;

/** A list whose items are made as they are written. */
export class JsonList {
    readonly items: Iterable<unknown>;

    private constructor(items: Iterable<unknown>) {
        this.items = items;
    }

    /** @param write makes of an item what stands in the document */
    static of<T>(items: Iterable<T>, write: (item: T, place: number) => unknown = (item) => item): JsonList {
        return new JsonList({
            *[Symbol.iterator]() {
                let place = 0;
                for (const item of items) yield write(item, place++);
            },
        });
    }
}

/** A text in parts that are made as they are written. */
export class JsonText {
    readonly parts: Iterable<string>;

    constructor(parts: Iterable<string>) {
        this.parts = parts;
    }
}

/** A JSON document in pieces, which together are one; between them the event loop has its turns. */
export async function* jsonPieces(document: unknown): AsyncGenerator<string> {
    const turns = new Turns();
    let piece = '';
    for (const part of partsOf(document)) {
        piece += part;
        if (piece.length >= grain) {
            yield piece;
            piece = '';
        }
        if (turns.due) await turns.give();
    }
    if (piece !== '') yield piece;
}

function* partsOf(value: unknown): Generator<string> {
    if (value instanceof JsonList) {
        yield '[';
        let first = true;
        for (const item of value.items) {
            if (!first) yield ',';
            first = false;
            yield* partsOf(item);
        }
        yield ']';
    } else if (value instanceof JsonText) {
        yield '"';
        for (const part of value.parts) yield JSON.stringify(part).slice(1, -1);
        yield '"';
    } else if (isLazy(value)) {
        yield '{';
        for (const [i, [name, field]] of Object.entries(value).entries()) {
            yield `${i > 0 ? ',' : ''}${JSON.stringify(name)}:`;
            yield* partsOf(field);
        }
        yield '}';
    } else yield JSON.stringify(value ?? null);
}

/** Whether a part of an object is made as it is written. */
function isLazy(value: unknown): value is object {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
    return Object.values(value).some(
        (field) => field instanceof JsonList || field instanceof JsonText || isLazy(field),
    );
}
