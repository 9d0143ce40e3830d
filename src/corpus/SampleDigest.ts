import { createHash } from 'node:crypto';
import type { Sample } from './Corpus.js';

/** sha256 over samples in order. It covers their lengths too, so that moving a boundary changes it. */
export class SampleDigest {
    readonly #hash = createHash('sha256');
    #sum = 0n;

    add({ prompt, response, special, turns }: Sample): void {
        const own = createHash('sha256');
        for (const hash of [this.#hash, own]) {
            if (special === true) hash.update('special');
            if (turns !== undefined)
                hash.update(`turns${JSON.stringify(turns.map(({ role, content }) => [role, content]))}`);
            for (const text of [prompt, response]) hash.update(`${Buffer.byteLength(text)}:`).update(text);
        }
        this.#sum = BigInt.asUintN(256, this.#sum + BigInt(`0x${own.digest('hex')}`));
    }

    /** The sum of the samples' hashes, hexadecimal: equal for the same samples in any order. */
    set(): string {
        return this.#sum.toString(16).padStart(64, '0');
    }

    /** The hexadecimal digest; nothing can be added afterwards. */
    hex(): string {
        return this.#hash.digest('hex');
    }
}
