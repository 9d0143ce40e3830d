import type { BlockType } from './blockTypes.js';
import { scaleFormats } from './scaleFormats.js';

/** Why a row cannot be multiplied: the scales of its type cannot represent the product. */
export type ScaleFault = 'overflow' | 'coarse';

/**
 * Multiplies a row of weights in place, block by block, by multiplying the blocks' scales.
 * @param row whole blocks
 * @returns the largest rounding of a scale, as a share of the row's largest scale; or why the row cannot be multiplied,
 * and then a part of the row is multiplied
 */
export function scaleRow(row: Uint8Array, type: BlockType, factor: number): number | ScaleFault {
    const { get, set, coarse = false } = scaleFormats[type.format];
    const view = new DataView(row.buffer, row.byteOffset, row.byteLength);
    let [largest, rounding] = [0, 0];
    for (let block = 0; block < row.byteLength; block += type.bytes) {
        // Zeros stay zeros, also where the scale's smallest value, whose bits are 0, has no half.
        if (row.subarray(block, block + type.bytes).every((byte) => byte === 0)) continue;
        for (const scale of type.scales) {
            const product = get(view, block + scale) * factor;
            set(view, block + scale, product);
            const written = get(view, block + scale);
            if (!Number.isFinite(written) && Number.isFinite(product)) return 'overflow';
            if (coarse && written !== product) return 'coarse';
            largest = Math.max(largest, Math.abs(product));
            rounding = Math.max(rounding, Math.abs(written - product));
        }
    }
    return rounding === 0 ? 0 : rounding / largest;
}
