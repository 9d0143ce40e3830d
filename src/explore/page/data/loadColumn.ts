import { blockPath, blocksOf, type ColumnArray, type ColumnSpec, columnTypes } from '../../siteFormat.js';

/** Files that are fetched side by side. */
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

/** Does work for each of some numbers, from 0 on, several at a time. */
export async function inLanes(count: number, work: (one: number) => Promise<void>): Promise<void> {
    let next = 0;
    const lane = async (): Promise<void> => {
        while (next < count) await work(next++);
    };
    await Promise.all(Array.from({ length: lanes }, lane));
}

/**
 * Asks for a file of the site.
 * @param base address of the page's folder
 * @throws Error naming the file that cannot be read
 */
export async function fetchFile(path: string, base: string | URL): Promise<Response> {
    const response = await fetch(new URL(path, base));
    if (!response.ok) throw new Error(`${path} cannot be read: ${response.status} ${response.statusText}`);
    return response;
}
