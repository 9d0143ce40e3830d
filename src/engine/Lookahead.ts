/** Items that are looked at before they are taken. */
export class Lookahead<T> {
    readonly #source: AsyncIterator<T>;
    #seen: T[] = [];

    constructor(source: AsyncIterable<T>) {
        this.#source = source[Symbol.asyncIterator]();
    }

    /** The next items, `count` of them where there are so many. */
    async peek(count: number): Promise<readonly T[]> {
        while (this.#seen.length < count) {
            const { value, done } = await this.#source.next();
            if (done === true) break;
            this.#seen.push(value);
        }
        return this.#seen.slice(0, count);
    }

    /**
     * Takes items as long as they meet a condition; the first that does not is left.
     * @param belongs items that do not are passed over, and are the next afterwards. Default: all do
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
