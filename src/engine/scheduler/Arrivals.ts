/** Where requests come from: one is looked at before it is taken. */
export interface RequestSource<T> {
    /**
     * The next one; undefined: there is none.
     * @param busy there is other work to go on with: a source that knows that its next one comes later does not wait
     */
    peek(busy: boolean): Promise<T | undefined>;
    /** Takes the one looked at. */
    take(): void;
}

/** Requests that come while others are under way, in the order in which they come. */
export class Arrivals<T> implements RequestSource<T> {
    readonly #waiting: T[] = [];
    #closed = false;
    #wake: (() => void) | undefined;

    /** Requests that nobody has taken. */
    get length(): number {
        return this.#waiting.length;
    }

    push(item: T): void {
        this.#waiting.push(item);
        this.#wake?.();
    }

    /** No more will come. */
    close(): void {
        this.#closed = true;
        this.#wake?.();
    }

    /** These wait from now on, in the place of all others. */
    replace(items: readonly T[]): void {
        this.#waiting.splice(0, Infinity, ...items);
    }

    async peek(busy: boolean): Promise<T | undefined> {
        while (this.#waiting.length === 0 && !busy && !this.#closed)
            await new Promise<void>((wake) => (this.#wake = wake));
        return this.#waiting[0];
    }

    take(): void {
        this.#waiting.shift();
    }
}

/** Requests of a list, or of a stream that is waited for. */
export function sourceOf<T extends object>(items: Iterable<T> | AsyncIterable<T> | RequestSource<T>): RequestSource<T> {
    if ('peek' in items) return items;
    const iterator = stream(items);
    let seen: Promise<IteratorResult<T, unknown>> | undefined;
    return {
        peek: async () => {
            const { value, done } = await (seen ??= iterator.next());
            return done === true ? undefined : (value as T);
        },
        take: () => (seen = undefined),
    };
}

async function* stream<T>(items: AsyncIterable<T> | Iterable<T>): AsyncGenerator<T> {
    yield* items;
}
