import { realpath, stat } from 'node:fs/promises';
import { z } from 'zod';
import { keepCached, readCached } from '../../files/cacheFolder.js';
import { LanguageNeuronsError } from '../../errors.js';
import { unreadable } from '../../files/fileAccess.js';
import { openNamed } from '../../files/inFolder.js';
import { keyOf } from '../../support/keyOf.js';

export interface FileHashOptions {
    readonly signal?: AbortSignal | undefined;
    /** Called with the bytes read since the last call; with the whole size where the hash was known. */
    readonly onBytes?: ((bytes: number) => void) | undefined;
}

/** Large enough to be read fast, small enough to be hashed in a millisecond. */
const chunkBytes = 4 * 1024 * 1024;
/** A file changed this lately may change again within the clock's tick of its file system. */
const settledMilliseconds = 2000;

const known = z.object({ path: z.string(), stamp: z.string(), xxh128: z.string().regex(/^[0-9a-f]{32}$/) });

/**
 * XXH128 over all bytes of a file, hexadecimal: as fast as files are read on any processor, and 128 bits are
 * enough that no two models of a lifetime are alike by chance. Kept in the cache folder by path, size, times, device
 * and inode, so that asking again costs milliseconds.
 * @throws LanguageNeuronsError NOT_FOUND where it cannot be read, ABORTED
 */
export async function fileHash(path: string, { signal, onBytes }: FileHashOptions = {}): Promise<string> {
    try {
        const real = await realpath(path);
        const before = await stampOf(real);
        const found = await readCached('fingerprints', keyOf(real), known);
        if (found?.path === real && found.stamp === before.stamp) {
            onBytes?.(before.size);
            return found.xxh128;
        }
        const xxh128 = await hashBytes(real, signal, onBytes);
        const after = await stampOf(real);
        if (after.stamp !== before.stamp) {
            throw new LanguageNeuronsError(
                'NOT_FOUND',
                `${path}: changed while it was read; wait until it is written, then run again`,
            );
        }
        if (after.settled) await keepCached('fingerprints', keyOf(real), { path: real, stamp: after.stamp, xxh128 });
        return xxh128;
    } catch (cause) {
        if (cause instanceof LanguageNeuronsError) throw cause;
        throw unreadable(path, cause);
    }
}

/** What tells a file from another, or from itself after a change. */
async function stampOf(
    path: string,
): Promise<{ readonly stamp: string; readonly size: number; readonly settled: boolean }> {
    const { size, mtimeNs, ctimeNs, ino, dev, mtimeMs, ctimeMs } = await stat(path, { bigint: true });
    return {
        stamp: [size, mtimeNs, ctimeNs, ino, dev].join(' '),
        size: Number(size),
        settled: Date.now() - Number(mtimeMs > ctimeMs ? mtimeMs : ctimeMs) > settledMilliseconds,
    };
}

async function hashBytes(
    path: string,
    signal: AbortSignal | undefined,
    onBytes: ((bytes: number) => void) | undefined,
): Promise<string> {
    const file = await openNamed(path);
    try {
        const { createXXHash128 } = await import('hash-wasm');
        const hasher = (await createXXHash128()).init();
        // One is read while the other is hashed.
        let [filling, full] = [Buffer.allocUnsafe(chunkBytes), Buffer.allocUnsafe(chunkBytes)];
        let reading = file.read(filling, 0, chunkBytes, null);
        for (;;) {
            const { bytesRead } = await reading;
            if (signal?.aborted === true)
                throw new LanguageNeuronsError('ABORTED', `stopped while reading ${path}; run the same command again`);
            if (bytesRead === 0) return hasher.digest();
            [filling, full] = [full, filling];
            reading = file.read(filling, 0, chunkBytes, null);
            reading.catch(() => undefined); // met again by the await above
            hasher.update(full.subarray(0, bytesRead));
            onBytes?.(bytesRead);
        }
    } finally {
        await file.close();
    }
}
