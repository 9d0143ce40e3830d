import type { TokenAnswer } from '../engine/scheduler/AnswerRequest.js';
import type { TokenLogProbability } from '../engine/scheduler/logProbabilities.js';

/** All of an answer so far. */
export interface Grown {
    readonly tokens: readonly number[];
    readonly logProbabilities: readonly TokenLogProbability[];
}

/** Of one answer: how it has grown, or that it has ended. */
export interface News {
    readonly place: number;
    readonly grown: Grown | undefined;
    readonly answer: TokenAnswer | undefined;
}

/**
 * The latest of each of some answers. What nobody has taken gives way to what follows, so that answers that nobody
 * reads take no more memory than they have tokens.
 */
export class Latest implements AsyncIterable<News> {
    readonly #grown = new Map<number, Grown>();
    readonly #ended: { readonly place: number; readonly answer: TokenAnswer }[] = [];
    #closed = false;
    #wake: (() => void) | undefined;

    grew(place: number, grown: Grown): void {
        this.#grown.set(place, grown);
        this.#wake?.();
    }

    ended(place: number, answer: TokenAnswer): void {
        this.#grown.delete(place);
        this.#ended.push({ place, answer });
        this.#wake?.();
    }

    /** There will be no more. */
    close(): void {
        this.#closed = true;
        this.#wake?.();
    }

    async *[Symbol.asyncIterator](): AsyncGenerator<News> {
        for (;;) {
            const grown = [...this.#grown];
            this.#grown.clear();
            for (const [place, one] of grown) {
                if (!this.#ended.some((other) => other.place === place)) yield { place, grown: one, answer: undefined };
            }
            for (const { place, answer } of this.#ended.splice(0)) yield { place, grown: undefined, answer };
            if (this.#grown.size > 0 || this.#ended.length > 0) continue;
            if (this.#closed) return;
            await new Promise<void>((wake) => (this.#wake = wake));
        }
    }
}
