/** Tokens that are drafted at first, and at most, at once. */
const [firstLength, mostLength] = [16, 48];
/** So many tokens in a row of answer and draft are where they meet again. */
const meeting = 3;
/** A place of meeting is looked for from so far before the one where they parted. */
const before = 16;

/**
 * Tokens that an answer may turn out to be, such as those of the model with all its neurons: the model computes many
 * of them at once, and accepts those that it would have drawn itself. After a token that it rejects, the answer goes
 * on without drafted tokens, until the two texts meet again.
 */
export class Draft {
    readonly #tokens: Int32Array;
    /** Next token to draft. */
    #at = 0;
    #parted = false;
    #length = firstLength;
    /** Tokens drafted so far, and those of them that were accepted. */
    drafted = 0;
    accepted = 0;

    constructor(tokens: Int32Array) {
        this.#tokens = tokens;
    }

    /** Tokens worth drafting: twice as many as were lately accepted, none where the texts have parted. */
    get length(): number {
        return this.#parted ? 0 : Math.min(this.#length, Math.max(0, this.#tokens.length - this.#at));
    }

    /** The next tokens, at most so many; where the texts have parted, as if in one token only. */
    next(most: number): Int32Array {
        return this.#tokens.subarray(this.#at, this.#at + Math.max(0, most));
    }

    /**
     * Takes what became of the drafted tokens.
     * @param answer all of its tokens so far
     * @param drafted tokens of the draft that were computed
     * @param accepted those of them that are the answer's; one token of the model's own follows these
     */
    follow(answer: readonly number[], drafted: number, accepted: number): void {
        this.drafted += drafted;
        this.accepted += accepted;
        if (drafted > 0) this.#length = Math.min(mostLength, Math.max(2, 2 * accepted));
        if (!this.#parted) {
            this.#at += accepted;
            this.#parted = answer.at(-1) !== this.#tokens[this.#at];
            this.#at++;
        } else if (accepted > 0) {
            this.#at += accepted + 1;
            this.#parted = false;
        }
        if (this.#parted) this.#meetAgain(answer);
    }

    #meetAgain(answer: readonly number[]): void {
        if (answer.length < meeting) return;
        for (let end = Math.max(meeting, this.#at - before); end <= this.#tokens.length; end++) {
            let alike = 0;
            while (alike < meeting && this.#tokens[end - 1 - alike] === answer.at(-1 - alike)) alike++;
            if (alike < meeting) continue;
            this.#at = end;
            this.#parted = false;
            return;
        }
    }
}
