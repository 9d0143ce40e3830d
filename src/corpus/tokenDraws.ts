import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';

/** Tokens with their frequencies, from which others are drawn. */
export class TokenDraws {
    readonly #frequencies = new Map<number, number>();
    #sorted: { readonly tokens: Int32Array; readonly upTo: Float64Array } | undefined;

    /** Counts tokens of a text. */
    add(tokens: Int32Array): void {
        this.#sorted = undefined;
        for (const token of tokens) this.#frequencies.set(token, (this.#frequencies.get(token) ?? 0) + 1);
    }

    /**
     * Draws tokens independently, each as likely as it is frequent.
     * @throws RangeError where tokens are asked for and none were added
     */
    draw(count: number, generator: RandomGenerator): Int32Array {
        const { tokens, upTo } = (this.#sorted ??= this.#sort());
        if (count > 0 && tokens.length === 0) throw new RangeError('there are no tokens to draw from');
        return Int32Array.from({ length: count }, () => {
            const place = uniformInt(generator, 0, upTo.at(-1)! - 1);
            let [low, high] = [0, upTo.length - 1]; // the first whose sum is above the place
            while (low < high) {
                const middle = (low + high) >> 1;
                if (upTo[middle]! > place) high = middle;
                else low = middle + 1;
            }
            return tokens[low]!;
        });
    }

    /** Tokens ascending, so that draws do not depend on the order of texts, and the sums of their frequencies. */
    #sort(): { readonly tokens: Int32Array; readonly upTo: Float64Array } {
        const tokens = Int32Array.from(this.#frequencies.keys()).sort();
        let sum = 0;
        return { tokens, upTo: Float64Array.from(tokens, (token) => (sum += this.#frequencies.get(token)!)) };
    }
}
