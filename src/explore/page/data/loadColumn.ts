import { blockPath, blocksOf, type ColumnArray, type ColumnSpec, columnTypes } from '../../siteFormat.js';
import { fetchFile } from './fetchFile.js';
import { inLanes } from './inLanes.js';

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
    await inLanes(blocksOf(spec), async (block) => {
        const path = blockPath(spec, block);
        const data = new Uint8Array(await (await fetchFile(path, base)).arrayBuffer());
        const expected =
            (Math.min(rows, (block + 1) * blockRows) - block * blockRows) * width * column.BYTES_PER_ELEMENT;
        if (data.length !== expected)
            throw new Error(`${path} has ${data.length} bytes, not ${expected}; export it again`);
        bytes.set(data, block * blockRows * width * column.BYTES_PER_ELEMENT);
        onBlock();
    });
    return column;
}
