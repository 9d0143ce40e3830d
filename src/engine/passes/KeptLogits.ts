import { freemem } from 'node:os';
import { sum } from '../../support/averages.js';
import { machineMemory } from '../../support/machineMemory.js';
import type { NativeBatch } from '../native/addon.js';
import { awaitNative } from '../native/nativeError.js';
import type { NextLogits, Passes } from './Passes.js';

/** Bytes of logits that are kept at most, and their most share of the free memory. */
const [mostBytes, mostShare] = [2 ** 31, 1 / 4];

/** A batch that the reference has decoded. */
interface KeptBatch {
    readonly batch: NativeBatch;
    /** After each token that has a target, [targets, vocabulary]. */
    readonly logits: Float32Array;
}

/**
 * The logits of a reference, so that texts that are scored beside it under one condition after another go through it
 * once. Where memory does not hold them, or a condition packs the texts otherwise, they go through it again.
 */
export class KeptLogits {
    readonly #most: number;
    #reference: Passes | undefined;
    #batches: KeptBatch[] = [];
    #bytes = 0;
    #isTooLarge = false;

    /** @param most bytes. Default: a quarter of the free memory, and no more than 2 GiB */
    constructor(most = Math.min(mostBytes, mostShare * Math.min(freemem(), machineMemory()))) {
        this.#most = most;
    }

    /** Begins a pass beside a reference. One at a time. */
    beside(reference: Passes): NextLogits {
        if (reference !== this.#reference) this.#forget();
        this.#reference = reference;
        const logitsOf = (batch: NativeBatch): Promise<Float32Array> =>
            awaitNative(() => reference.context.native.targetLogits(batch));
        let place = 0;
        let [isRepeated, isKept] = [this.#batches.length > 0, !this.#isTooLarge];
        return async (batch) => {
            if (isRepeated) {
                const kept = this.#batches[place];
                if (kept !== undefined && isSame(kept.batch, batch)) {
                    place++;
                    return kept.logits;
                }
                isRepeated = false;
                isKept = place === 0;
                if (isKept) this.#forget();
                // the reference has not seen the batches that this one goes on with
                else for (const { batch } of this.#batches.slice(0, place)) await logitsOf(batch);
            }
            if (!isKept) return undefined;
            const targets = sum(batch.targets, (target) => (target < 0 ? 0 : 1));
            this.#bytes += targets * reference.info.vocabulary * Float32Array.BYTES_PER_ELEMENT;
            if (this.#bytes > this.#most) {
                this.#forget();
                this.#isTooLarge = true;
                isKept = false;
                return undefined;
            }
            const logits = await logitsOf(batch);
            this.#batches.push({ batch, logits });
            return logits;
        };
    }

    #forget(): void {
        this.#batches = [];
        this.#bytes = 0;
        this.#isTooLarge = false;
    }
}

/** Whether two batches are computed alike by a model without edits. */
function isSame(a: NativeBatch, b: NativeBatch): boolean {
    const names = ['tokens', 'positions', 'sequences', 'targets', 'finished', 'trimmed', 'moved', 'shared'] as const;
    return names.every((name) => a[name].length === b[name].length && a[name].every((one, i) => one === b[name][i]));
}
