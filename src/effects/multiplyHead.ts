import type { NativeTokenEffects } from '../engine/native/addon.js';
import { awaitNative } from '../engine/native/nativeError.js';
import { throwIfStopped } from '../support/stop.js';
import type { PlacedTensor } from './directPath.js';
import { matrixOf } from './neuronVectors.js';

/** Rows of the head that are in memory at a time, in F32. */
const blockRows = 2048;
/** Vectors that are multiplied with a block at a time, and most numbers of them. */
const groupVectors = 4096;
const groupNumbers = 2 ** 25;

/** Vectors that are multiplied with the head at a time, at least 1. @param width numbers of each */
export function vectorsAtATime(width: number): number {
    return Math.max(1, Math.min(groupVectors, Math.floor(groupNumbers / width)));
}

/**
 * Multiplies all rows of an output head.
 * @throws LanguageNeuronsError UNSUPPORTED, NOT_FOUND, DAMAGED, ABORTED
 */
export async function multiplyHead(
    product: NativeTokenEffects,
    head: PlacedTensor,
    options: {
        /** [vocabulary] */
        readonly biases?: Float32Array | undefined;
        readonly signal?: AbortSignal | undefined;
        readonly onRows?: (rows: number) => void;
    },
): Promise<void> {
    const { biases, signal, onRows } = options;
    const [, tokens] = head.shape as [number, number];
    for (let row = 0; row < tokens; row += blockRows) {
        throwIfStopped(signal);
        const rows = Math.min(blockRows, tokens - row);
        await awaitNative(() => product.add(matrixOf(head, row, rows), biases?.subarray(row, row + rows)));
        onRows?.(rows);
    }
}
