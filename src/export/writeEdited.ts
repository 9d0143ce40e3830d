import type { FileHandle } from 'node:fs/promises';
import { LanguageNeuronsError } from '../errors.js';
import { fillFrom, unreadable, unwritable } from '../files/fileAccess.js';
import { openNamed } from '../files/inFolder.js';
import type { UnfinishedFile } from '../files/UnfinishedFile.js';
import type { GgufFile } from '../gguf/GgufFile.js';
import { scaleRow } from '../gguf/scaleRow.js';
import { throwIfStopped } from '../support/stop.js';
import type { RowEdit } from './planEdits.js';

/** Bytes in memory at a time, unless a row is longer. */
const chunkBytes = 4 * 1024 * 1024;

export interface WriteOptions {
    readonly source: GgufFile;
    /** The file begins with these bytes, in place of the source's. */
    readonly head: Buffer;
    /** By offset; none overlap. */
    readonly rows: readonly RowEdit[];
    /** The file written; the caller finishes it. */
    readonly to: UnfinishedFile;
    readonly signal?: AbortSignal | undefined;
    readonly onBytes: (bytes: number) => void;
}

/**
 * Copies a model's file with some rows written anew.
 * @returns the largest rounding of a scale; see `scaleRow`
 * @throws LanguageNeuronsError UNSUPPORTED where a row cannot be scaled; NOT_FOUND, UNWRITABLE, ABORTED
 */
export async function writeEdited({ source, head, rows, to, signal, onBytes }: WriteOptions): Promise<number> {
    const from = await openNamed(source.path).catch((cause: unknown) => {
        throw unreadable(source.path, cause);
    });
    try {
        const write = async (bytes: Uint8Array): Promise<void> => {
            await to.write(bytes).catch((cause: unknown) => {
                throw unwritable(to.target, cause);
            });
        };
        await write(head);
        const longest = rows.reduce((most, { bytes }) => Math.max(most, bytes), 0);
        const buffer = Buffer.allocUnsafe(chunkBytes + longest);
        let [rounding, next] = [0, 0];
        for (let at = source.dataStart; at < source.size;) {
            throwIfStopped(signal);
            const [chunk, ofChunk] = await readChunk(from, source, { buffer, at, rows, next });
            for (const row of ofChunk) {
                const bytes = chunk.subarray(row.offset - at, row.offset - at + row.bytes);
                rounding = Math.max(rounding, editRow(bytes, row, source.path));
            }
            await write(chunk);
            next += ofChunk.length;
            at += chunk.length;
            onBytes(chunk.length);
        }
        return rounding;
    } finally {
        await from.close();
    }
}

interface ReadOptions {
    readonly buffer: Buffer;
    readonly at: number;
    readonly rows: readonly RowEdit[];
    /** The first of the rows that is not written yet. */
    readonly next: number;
}

/** Reads bytes from a place on into the buffer; they end with a whole row. */
async function readChunk(
    file: FileHandle,
    { path, size }: GgufFile,
    { buffer, at, rows, next }: ReadOptions,
): Promise<[chunk: Buffer, rows: readonly RowEdit[]]> {
    let [end, last] = [Math.min(at + chunkBytes, size), next];
    for (; last < rows.length && rows[last]!.offset < end; last++) {
        end = Math.max(end, rows[last]!.offset + rows[last]!.bytes);
    }
    const chunk = buffer.subarray(0, end - at);
    await fillFrom(file, path, chunk, at);
    return [chunk, rows.slice(next, last)];
}

/** @returns as `scaleRow` */
function editRow(bytes: Buffer, { type, scale, tensor }: RowEdit, path: string): number {
    if (scale === 0) {
        bytes.fill(0);
        return 0;
    }
    const rounding = scaleRow(bytes, type, scale);
    if (typeof rounding === 'number') return rounding;
    const why =
        rounding === 'overflow'
            ? 'its scales would be too large; choose a smaller number'
            : 'its scales hold powers of two only, within bounds; choose 0.5 or 2';
    throw new LanguageNeuronsError('UNSUPPORTED', `${path}: ${tensor}, of type ${type.name}, × ${scale}: ${why}`);
}
