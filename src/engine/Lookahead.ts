/** Items that are looked at before they are taken. */
export class Lookahead<T> {
    readonly #source: AsyncIterator<T>;
    readonly #seen: T[] = [];

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

    /** Takes items as long as they meet a condition; the first that does not is left. */
    async *takeWhile(condition: (item: T) => boolean): AsyncGenerator<T> {
        for (;;) {
            const [item] = await this.peek(1);
            if (item === undefined || !condition(item)) return;
            this.#seen.shift();
            yield item;
        }
    }
}
