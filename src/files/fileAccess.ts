import { constants } from 'node:fs';
import { type FileHandle, open, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hasCode, LanguageNeuronsError } from '../errors.js';
import { Misplaced, pathInFolder } from './inFolder.js';
import { makeFolder } from './makeFolder.js';
import { readInto, readWhole } from './readWhole.js';
import { UnfinishedFile, unfinishedNumber } from './UnfinishedFile.js';

const mends: Readonly<Record<string, string>> = {
    ENOSPC: 'the disk is full; free some space and run again',
    EDQUOT: 'the disk quota is used up; free some space and run again',
    EACCES: 'no permission to write; choose another folder',
    EPERM: 'no permission to write; choose another folder',
    EROFS: 'the file system is read-only; choose another folder',
    ENOTDIR: 'a part of the path is a file, not a folder; choose another folder',
    EEXIST: 'the path is a file, not a folder; choose another folder',
    ENOENT: 'the folder cannot be made there; choose another folder',
    EFBIG: 'a file may not be so large here; raise the limit (ulimit -f), or choose another folder',
    EMFILE: 'too many files are open; raise the limit (ulimit -n)',
    ENFILE: 'too many files are open on this machine; end other processes',
    ENAMETOOLONG: 'the name is too long; choose a shorter one',
    ELOOP: 'its links lead in a circle; choose another folder',
    EISDIR: 'the path is a folder, not a file; remove it, or choose another name',
};

/** The error of a failed write, in one line that names the file and what to do. */
export function unwritable(path: string, cause: unknown): LanguageNeuronsError {
    if (cause instanceof LanguageNeuronsError) return cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    const why = cause instanceof Misplaced ? message : `cannot be written: ${mends[code ?? ''] ?? message}`;
    return new LanguageNeuronsError('UNWRITABLE', `${path}: ${why}`, { cause });
}

/** The system's codes for what is not there, or is not this user's to read. */
const absent = ['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM'];

/** Whether what is there was not read: on a broken disk, or behind a link out of its folder. */
export function isReadFailure(error: unknown): boolean {
    if (!(error instanceof LanguageNeuronsError)) return false;
    if (error.cause instanceof Misplaced) return true;
    const code = (error.cause as NodeJS.ErrnoException | undefined)?.code;
    return code !== undefined && /^E[A-Z]+$/.test(code) && !absent.includes(code);
}

/** Whether an error's cause is that there is no such file or folder. */
export function isMissing(error: unknown): boolean {
    return ((error as Error).cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';
}

/** Whether an error says that something is not there: then one can go on without it. */
export function isAbsence(error: unknown): boolean {
    return hasCode(error, 'NOT_FOUND') && !isReadFailure(error);
}

/** Advice where the path itself is wrong. */
const readMends: Readonly<Record<string, string>> = {
    ENOTDIR: 'a part of the path is a file, not a folder; give the folder',
    EISDIR: 'it is a folder, not a file; give the file',
};

/** The error of a failed read, in one line; NOT_FOUND. */
export function unreadable(path: string, cause: unknown, mend = 'check its permissions'): LanguageNeuronsError {
    if (cause instanceof LanguageNeuronsError) return cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    const isLimit = code === 'EMFILE' || code === 'ENFILE';
    const better = isLimit ? mends[code]!.replace(/^.*; /, '') : readMends[code ?? ''];
    const why = `cannot be read (${message}); ${better ?? mend}`;
    return new LanguageNeuronsError('NOT_FOUND', `${path}: ${cause instanceof Misplaced ? message : why}`, { cause });
}

/**
 * Names of what is in a folder; none where there is no such folder.
 * @throws LanguageNeuronsError NOT_FOUND where it cannot be read
 */
export async function namesIfAny(folder: string): Promise<string[]> {
    return readdir(folder).catch((cause: NodeJS.ErrnoException) => {
        if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR') return [];
        throw unreadable(folder, cause);
    });
}

/**
 * Fills a buffer from a place in a file on.
 * @param path of the file
 * @throws LanguageNeuronsError NOT_FOUND where it cannot be read, or ends before
 */
export async function fillFrom(file: FileHandle, path: string, buffer: Buffer, position: number): Promise<void> {
    const done = await readInto(file, buffer, position).catch((cause: unknown) => {
        throw unreadable(path, cause);
    });
    if (done < buffer.length)
        throw new LanguageNeuronsError('NOT_FOUND', `${path}: was cut short while it was read; run again`);
}

/** Shorter pieces are written together. */
const writtenBytes = 256 * 1024;

/**
 * Writes a whole file through a temporary one, so that a reader meets the old content or the new, never a part. The
 * folder is made if need be; a link in the place of the file must not lead out of it.
 * @param data at once, or in pieces where all of it is too large for the memory or for one string
 * @throws LanguageNeuronsError UNWRITABLE
 */
export async function writeFileAtomic(
    path: string,
    data: string | Buffer | Iterable<string | Buffer> | AsyncIterable<string | Buffer>,
): Promise<void> {
    try {
        await makeFolder(dirname(path));
        const file = await UnfinishedFile.create(path);
        try {
            for await (const bytes of together(typeof data === 'string' || Buffer.isBuffer(data) ? [data] : data))
                await file.write(bytes);
            await file.finish();
            await file.place();
        } catch (cause) {
            await file.discard();
            throw cause;
        }
    } catch (cause) {
        throw unwritable(path, cause);
    }
}

async function* together(pieces: Iterable<string | Buffer> | AsyncIterable<string | Buffer>): AsyncGenerator<Buffer> {
    let pending: Buffer[] = [];
    let length = 0;
    for await (const piece of pieces) {
        const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece;
        pending.push(bytes);
        length += bytes.length;
        if (length < writtenBytes) continue;
        yield* pending.length === 1 ? pending : [Buffer.concat(pending)];
        [pending, length] = [[], 0];
    }
    if (length > 0) yield Buffer.concat(pending);
}

/**
 * Makes a folder and proves that it can be written to, before long work relies on it. Permission bits alone do not show
 * that: file systems refuse for other reasons too.
 * @throws LanguageNeuronsError UNWRITABLE
 */
export async function ensureWritableFolder(path: string): Promise<void> {
    const probe = join(path, `.writable-${unfinishedNumber()}`);
    try {
        await makeFolder(path);
        await (await open(probe, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL)).close();
        await rm(probe, { force: true });
    } catch (cause) {
        throw unwritable(path, cause);
    }
}

/**
 * Checks that files can be written, before long work that ends with writing them.
 * @throws LanguageNeuronsError UNWRITABLE where a folder is in one of them
 */
export async function checkFilePlaces(...paths: readonly string[]): Promise<void> {
    for (const path of paths) {
        const found = await stat(path).catch(() => undefined);
        if (found?.isDirectory() === true) throw unwritable(path, Object.assign(new Error(), { code: 'EISDIR' }));
    }
}

/**
 * As `ensureWritableFolder`, for a subfolder that must not be a link out of its folder.
 * @returns its path
 * @throws LanguageNeuronsError UNWRITABLE
 */
export async function ensureSubfolder(folder: string, name: string): Promise<string> {
    const path = join(folder, name);
    await checkInFolder(path);
    await ensureWritableFolder(path);
    return path;
}

/** @throws LanguageNeuronsError UNWRITABLE where a link leads out of the folder */
export async function checkInFolder(path: string): Promise<void> {
    await pathInFolder(path).catch((cause: unknown) => {
        throw unwritable(path, cause);
    });
}

/**
 * A text file of a run folder, or undefined where there is none.
 * @param most bytes; default: what one text can hold
 * @throws LanguageNeuronsError NOT_FOUND where it cannot be read, or is no file of that folder
 */
export async function readTextIfAny(path: string, most?: number): Promise<string | undefined> {
    try {
        return (await readWhole(path, most)).toString('utf8');
    } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw unreadable(path, cause);
    }
}
