/** A stream of items that can be looked at before they are taken. */
export class Lookahead<T> {
    readonly #source: AsyncIterator<T>;
    #seen: T[] = [];

    constructor(source: AsyncIterable<T>) {
        this.#source = source[Symbol.asyncIterator]();
    }

    /** The next `count` items, or fewer at the end. */
    async peek(count: number): Promise<readonly T[]> {
        while (this.#seen.length < count) {
            const { value, done } = await this.#source.next();
            if (done === true) break;
            this.#seen.push(value);
        }
        return this.#seen.slice(0, count);
    }

    /**
     * Takes items until one does not meet the condition; that one stays.
     * @param belongs other items are skipped and stay next in line. Default: all belong
     */
    async *takeWhile(condition: (item: T) => boolean, belongs: (item: T) => boolean = () => true): AsyncGenerator<T> {
        const passed: T[] = [];
        try {
            for (;;) {
                const [item] = await this.peek(1);
                if (item === undefined) return;
                const isOne = belongs(item);
                if (isOne && !condition(item)) return;
                this.#seen.shift();
                if (isOne) yield item;
                else passed.push(item);
            }
        } finally {
            this.#seen = [...passed, ...this.#seen];
        }
    }
}
