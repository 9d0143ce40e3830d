import { blockBytes, blockPath, blocksOf, type ColumnArray, type ColumnSpec, columnTypes } from './siteFormat.js';
import type { ColumnType } from './siteFormat.js';

/** A column and its blocks. */
export interface Column {
    readonly spec: ColumnSpec;
    /** Little-endian bytes of each block, by its path; made when they are asked for. */
    readonly blocks: ReadonlyMap<string, () => Buffer>;
}

/** @param data `[rows, width]`, row-major */
export function columnOf(name: string, data: ColumnArray, width = 1): Column {
    const type = (Object.keys(columnTypes) as ColumnType[]).find((one) => data instanceof columnTypes[one])!;
    const blockRows = Math.max(1, Math.floor(blockBytes / (width * data.BYTES_PER_ELEMENT)));
    const spec: ColumnSpec = { name, type, rows: data.length / width, width, blockRows };
    const blocks = new Map<string, () => Buffer>();
    for (let block = 0; block < blocksOf(spec); block++) {
        const part = data.subarray(block * blockRows * width, (block + 1) * blockRows * width);
        blocks.set(blockPath(spec, block), () => littleEndian(part));
    }
    return { spec, blocks };
}

/** The narrowest unsigned type that holds all counts; doubles beyond 2^32. */
export function narrowed(counts: Float64Array): ColumnArray {
    let most = 0;
    for (const count of counts) if (count > most) most = count;
    if (most < 2 ** 16) return Uint16Array.from(counts);
    return most < 2 ** 32 ? Uint32Array.from(counts) : counts;
}

const isBigEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 0;

function littleEndian(part: ColumnArray): Buffer {
    const bytes = Buffer.from(part.buffer, part.byteOffset, part.byteLength);
    if (!isBigEndian || part.BYTES_PER_ELEMENT === 1) return bytes;
    const swapped = Buffer.from(bytes);
    return { 2: () => swapped.swap16(), 4: () => swapped.swap32(), 8: () => swapped.swap64() }[
        part.BYTES_PER_ELEMENT as 2 | 4 | 8
    ]();
}
