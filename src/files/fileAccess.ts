import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import writeAtomic from 'write-file-atomic';
import { LanguageNeuronsError } from '../errors.js';

const mends: Readonly<Record<string, string>> = {
    ENOSPC: 'the disk is full; free some space and run again',
    EDQUOT: 'the disk quota is used up; free some space and run again',
    EACCES: 'no permission to write; choose another folder',
    EPERM: 'no permission to write; choose another folder',
    EROFS: 'the file system is read-only; choose another folder',
    ENOTDIR: 'a part of the path is a file, not a folder; choose another folder',
    EEXIST: 'a file is in the place of the folder; choose another folder',
    ENOENT: 'the folder cannot be made there; choose another folder',
};

/** A failed write as one line that names the file and the mend. */
export function unwritable(path: string, cause: unknown): LanguageNeuronsError {
    const { code, message } = cause as NodeJS.ErrnoException;
    return new LanguageNeuronsError('UNWRITABLE', `${path}: cannot be written: ${mends[code ?? ''] ?? message}`, {
        cause,
    });
}

/** A failed read in one line; NOT_FOUND. */
export function unreadable(path: string, cause: unknown, mend = 'check its permissions'): LanguageNeuronsError {
    return new LanguageNeuronsError('NOT_FOUND', `${path}: cannot be read (${(cause as Error).message}); ${mend}`, {
        cause,
    });
}

/**
 * Writes a whole file through a temporary one, so that a reader meets the old content or the new,
 * never a part.
 * @throws LanguageNeuronsError UNWRITABLE
 */
export async function writeFileAtomic(path: string, data: string | Buffer | Iterable<string | Buffer>): Promise<void> {
    try {
        await mkdir(dirname(path), { recursive: true });
        if (typeof data === 'string' || Buffer.isBuffer(data)) await writeAtomic(path, data);
        else await writePieces(path, data);
    } catch (cause) {
        throw unwritable(path, cause);
    }
}

/** What is too large to be in memory at once, or for one string. */
async function writePieces(path: string, pieces: Iterable<string | Buffer>): Promise<void> {
    const unfinished = `${path}.${process.pid}`;
    try {
        await writeFile(unfinished, pieces, { flush: true });
        await rename(unfinished, path);
    } catch (cause) {
        await rm(unfinished, { force: true }).catch(() => undefined);
        throw cause;
    }
}

/**
 * Makes a folder and proves that it can be written to, before long work relies on it. Permission bits
 * alone do not tell: file systems refuse for other reasons too.
 * @throws LanguageNeuronsError UNWRITABLE
 */
export async function ensureWritableFolder(path: string): Promise<void> {
    const probe = join(path, `.writable-${process.pid}`);
    try {
        await mkdir(path, { recursive: true });
        await writeFile(probe, '');
        await rm(probe, { force: true });
    } catch (cause) {
        throw unwritable(path, cause);
    }
}

/**
 * A text file, or undefined where there is none.
 * @throws LanguageNeuronsError NOT_FOUND where it cannot be read
 */
export async function readTextIfAny(path: string): Promise<string | undefined> {
    try {
        return await readFile(path, 'utf8');
    } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw new LanguageNeuronsError('NOT_FOUND', `${path}: cannot be read (${(cause as Error).message})`, { cause });
    }
}
