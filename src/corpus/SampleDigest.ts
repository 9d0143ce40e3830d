import { createHash } from 'node:crypto';
import type { Sample } from './Corpus.js';

/** sha256 over samples in order; lengths go in too, so that moving a boundary changes it. */
export class SampleDigest {
    readonly #hash = createHash('sha256');

    add({ prompt, response, special }: Sample): void {
        if (special === true) this.#hash.update('special');
        for (const text of [prompt, response]) this.#hash.update(`${Buffer.byteLength(text)}:`).update(text);
    }

    /** Hexadecimal; ends the digest. */
    hex(): string {
        return this.#hash.digest('hex');
    }
}
