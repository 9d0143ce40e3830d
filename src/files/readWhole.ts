import type { FileHandle } from 'node:fs/promises';
import { LanguageNeuronsError } from '../errors.js';
import { openInFolder } from './inFolder.js';
import { readBytes } from './readBytes.js';
import { checkSize, mostTextBytes } from './sizes.js';

/**
 * Reads a whole file of a run folder into memory.
 * @param most most bytes of the file
 * @throws Misplaced for a larger one, and as `openInFolder`; of the system, with its code
 */
export async function readWhole(path: string, most = mostTextBytes): Promise<Buffer> {
    const file = await openInFolder(path);
    try {
        const { size } = await file.stat();
        checkSize(size, most);
        const bytes = Buffer.allocUnsafe(size);
        return bytes.subarray(0, await readInto(file, bytes, 0));
    } finally {
        await file.close();
    }
}

/** Most bytes of a text that the user names, such as a template. */
const mostNamedBytes = 16 * 1024 * 1024;

/**
 * Reads a text that the user names, from a file or pipe.
 * @throws LanguageNeuronsError as `readBytes`; DAMAGED where it does not end soon
 */
export async function readNamedText(path: string): Promise<string> {
    const parts: Buffer[] = [];
    let length = 0;
    for await (const part of readBytes(path)) {
        length += part.length;
        if (length > mostNamedBytes) {
            const what = `is larger than the ${mostNamedBytes >> 20} MiB that such a file may have`;
            throw new LanguageNeuronsError('DAMAGED', `${path}: ${what}; give the right one`);
        }
        parts.push(part);
    }
    return Buffer.concat(parts).toString('utf8');
}

/** Fills a buffer from a position in a file on. @returns bytes read; fewer only where the file ends */
export async function readInto(file: FileHandle, buffer: Buffer, position: number): Promise<number> {
    let done = 0;
    while (done < buffer.length) {
        const { bytesRead } = await file.read(buffer, done, buffer.length - done, position + done);
        if (bytesRead === 0) break;
        done += bytesRead;
    }
    return done;
}
