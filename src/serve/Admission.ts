import { ApiError } from './ApiError.js';

/** Keeps the answers that are asked for at once, under way or waiting, below a number. */
export class Admission {
    readonly #most: number;
    #open = 0;

    constructor(most: number) {
        this.#most = most;
    }

    /**
     * Lets answers in.
     * @returns what lets them out
     * @throws ApiError 429 where there are too many, 400 where so many are never let in
     */
    enter(answers: number): () => void {
        if (answers > this.#most) {
            throw new ApiError(
                400,
                `${answers} answers at once are more than the ${this.#most} that may wait; ask less`,
            );
        }
        if (this.#open + answers > this.#most) {
            throw new ApiError(429, `${this.#open} answers are under way or wait already; ask again in a moment`, {
                code: 'rate_limit_exceeded',
            });
        }
        this.#open += answers;
        let inside = true;
        return () => {
            if (inside) this.#open -= answers;
            inside = false;
        };
    }
}
