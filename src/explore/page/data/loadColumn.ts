import { blockPath, blocksOf, type ColumnArray, type ColumnSpec, columnTypes } from '../../siteFormat.js';

/** Blocks that are fetched side by side. */
const lanes = 6;

/**
 * Reads a column, block by block.
 * @param base address of the page's folder
 * @param onBlock called after each block
 * @throws Error naming the block that cannot be read
 */
export async function loadColumn(
    base: string,
    spec: ColumnSpec,
    onBlock: () => void = () => undefined,
): Promise<ColumnArray> {
    const { type, rows, width, blockRows } = spec;
    const column = new columnTypes[type](rows * width);
    const bytes = new Uint8Array(column.buffer);
    let next = 0;
    const lane = async (): Promise<void> => {
        while (next < blocksOf(spec)) {
            const block = next++;
            const path = blockPath(spec, block);
            const response = await fetch(new URL(path, base));
            if (!response.ok) throw new Error(`${path} cannot be read: ${response.status} ${response.statusText}`);
            const data = new Uint8Array(await response.arrayBuffer());
            const expected =
                (Math.min(rows, (block + 1) * blockRows) - block * blockRows) * width * column.BYTES_PER_ELEMENT;
            if (data.length !== expected)
                throw new Error(`${path} has ${data.length} bytes, not ${expected}; export it again`);
            bytes.set(data, block * blockRows * width * column.BYTES_PER_ELEMENT);
            onBlock();
        }
    };
    await Promise.all(Array.from({ length: lanes }, lane));
    return column;
}
