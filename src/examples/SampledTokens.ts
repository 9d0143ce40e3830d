import { sampleKept } from './NeuronExamples.js';
import type { PlacedToken } from './StrongestTokens.js';

/**
 * Tokens drawn from all that come, each as likely as any other: those of the smallest priorities, which are hashes of
 * their places. So the draw does not depend on order, and parts can be joined.
 */
export class SampledTokens<Token extends PlacedToken> {
    readonly #tokens: { readonly token: Token; readonly priority: number }[] = [];

    /** Whether a token is drawn as far as is known: asked for each, before anything is made of it. */
    wants(priority: number): boolean {
        return this.#tokens.length < sampleKept || priority <= this.#tokens[sampleKept - 1]!.priority;
    }

    add(token: Token, priority: number): void {
        const tokens = this.#tokens;
        let [low, high] = [0, tokens.length];
        while (low < high) {
            const middle = (low + high) >> 1;
            if (tokens[middle]!.priority < priority) low = middle + 1;
            else high = middle;
        }
        // A text that comes again has the same hashes; its token counts once.
        const there = tokens[low];
        if (there?.priority === priority) {
            const same = there.token;
            const isBefore = token.value > same.value || (token.value === same.value && token.text < same.text);
            if (isBefore) tokens[low] = { token, priority };
            return;
        }
        tokens.splice(low, 0, { token, priority });
        if (tokens.length > sampleKept) tokens.pop();
    }

    /** By priority. */
    all(): Token[] {
        return this.#tokens.map(({ token }) => token);
    }
}

/** Priority of a token in a draw: a hash of its place and the seed, 53 bits, in [0, 1). */
export function priorityOf(key: number, position: number, seed: number): number {
    const low = key % 2 ** 32;
    let a = mixed(low ^ Math.imul(position + 1, 0x9e3779b1));
    let b = mixed(Math.floor(key / 2 ** 32) ^ Math.imul(seed + 1, 0x85ebca6b));
    a = mixed(a ^ b);
    b = mixed(b + Math.imul(a, 0xc2b2ae35));
    return ((a >>> 0) * 2 ** 21 + (b >>> 11)) / 2 ** 53;
}

/** Every bit of a word decides about every bit of the result (the finalizer of MurmurHash3). */
function mixed(word: number): number {
    let h = word | 0;
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    return h ^ (h >>> 16);
}
