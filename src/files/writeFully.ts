import type { FileHandle } from 'node:fs/promises';

/**
 * Writes all bytes: the system may take fewer than it is given, without an error, as the disk or a quota runs full.
 * @param position where in the file; default: behind what was written last
 * @throws of the system, with its code
 */
export async function writeFully(file: FileHandle, bytes: Uint8Array, position?: number): Promise<void> {
    for (let done = 0; done < bytes.length;) {
        const at = position === undefined ? null : position + done;
        const { bytesWritten } = await file.write(bytes, done, bytes.length - done, at);
        if (bytesWritten === 0) throw noRoom();
        done += bytesWritten;
    }
}

/** The error for a system that writes nothing and reports nothing. */
export function noRoom(): NodeJS.ErrnoException {
    return Object.assign(new Error('ENOSPC: nothing more is written'), { code: 'ENOSPC' });
}

let taken = false;

/** Makes a write beyond the limit of `ulimit -f` an error, instead of a signal that ends the process. */
export function takeSizeLimitAsError(): void {
    if (taken) return;
    taken = true;
    process.on('SIGXFSZ', () => undefined);
}
