import { ApiError } from './ApiError.js';

/** Keeps what is asked for at once, under way or waiting, below a number. */
export class Admission {
    readonly #most: number;
    readonly #what: string;
    #open = 0;

    /** @param what it counts, in the plural */
    constructor(most: number, what = 'answers') {
        this.#most = most;
        this.#what = what;
    }

    /**
     * Lets so many in.
     * @returns what lets them out
     * @throws ApiError 429 where there are too many, 400 where so many are never let in
     */
    enter(count: number): () => void {
        if (count > this.#most) {
            throw new ApiError(
                400,
                `${count} ${this.#what} at once are more than the ${this.#most} that may wait; request fewer`,
            );
        }
        if (this.#open + count > this.#most) {
            throw new ApiError(
                429,
                `${this.#open} ${this.#what} are already being computed or waiting; try again in a moment`,
                { code: 'rate_limit_exceeded' },
            );
        }
        this.#open += count;
        let inside = true;
        return () => {
            if (inside) this.#open -= count;
            inside = false;
        };
    }
}
