/** Milliseconds that a rate looks back. */
const window = 15_000;

/** Least milliseconds between two moments that are remembered, and before a rate is told. */
const least = 500;

/** Tokens a second, of the last seconds alone. */
export class TokenRate {
    readonly #moments: { readonly at: number; readonly total: number }[];
    #total = 0;

    /** @param now milliseconds on any clock that does not jump */
    constructor(private readonly now: () => number = () => performance.now()) {
        this.#moments = [{ at: now(), total: 0 }];
    }

    /** Adds tokens that went through the model. */
    add(tokens: number): void {
        this.#total += tokens;
        const at = this.now();
        if (at - this.#moments.at(-1)!.at < least) return;
        this.#moments.push({ at, total: this.#total });
        while (this.#moments.length > 2 && this.#moments[1]!.at < at - window) this.#moments.shift();
    }

    /** Tokens a second; undefined where there were none, or too short a time to tell. */
    perSecond(): number | undefined {
        const first = this.#moments[0]!;
        const milliseconds = this.now() - first.at;
        if (this.#total === first.total || milliseconds < least) return undefined;
        return ((this.#total - first.total) * 1000) / milliseconds;
    }
}
