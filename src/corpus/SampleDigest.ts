import { createHash } from 'node:crypto';
import type { Sample } from './Corpus.js';

/** sha256 over samples in order. It covers their lengths too, so that moving a boundary changes it. */
export class SampleDigest {
    readonly #hash = createHash('sha256');
    #sum = 0n;

    /** What `set` would be of the samples of several digests together, each as often as it is in them. */
    static unitedSet(sets: readonly string[]): string {
        return setOf(sets.reduce((sum, set) => sum + BigInt(`0x${set}`), 0n));
    }

    add({ prompt, response, special, turns }: Sample): void {
        const own = createHash('sha256');
        for (const hash of [this.#hash, own]) {
            if (special === true) hash.update('special');
            if (turns !== undefined)
                hash.update(`turns${JSON.stringify(turns.map(({ role, content }) => [role, content]))}`);
            for (const text of [prompt, response]) hash.update(`${Buffer.byteLength(text)}:`).update(text);
        }
        this.#sum += BigInt(`0x${own.digest('hex')}`);
    }

    /** The sum of the samples' hashes, hexadecimal: equal for the same samples in any order. */
    set(): string {
        return setOf(this.#sum);
    }

    /** The hexadecimal digest; nothing can be added afterwards. */
    hex(): string {
        return this.#hash.digest('hex');
    }
}

function setOf(sum: bigint): string {
    return BigInt.asUintN(256, sum).toString(16).padStart(64, '0');
}
