import { AsyncLocalStorage } from 'node:async_hooks';
import { constants } from 'node:fs';
import { type FileHandle, lstat, readdir, realpath, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { tryLock } from 'fs-native-extensions';
import { z } from 'zod';
import { hasCode, LanguageNeuronsError } from '../errors.js';
import { ensureWritableFolder, readTextIfAny, unwritable } from './fileAccess.js';
import { Misplaced, openToChange } from './inFolder.js';
import { fileLock, lockedByte, sweep } from './sweep.js';
import { writeFully } from './writeFully.js';

/** The process that works in a folder: the content of its locked file, for people. */
const holderShape = z.object({ pid: z.int(), host: z.string(), work: z.string(), since: z.string() });
type Holder = z.output<typeof holderShape>;

/** Most bytes of a file's name: files made next to it have longer names, of at most 255 bytes. */
const mostNameBytes = 200;
/** Most bytes of a holder's description. */
const mostHolderBytes = 64 * 1024;
/** How long to wait for the work of a command that was killed, which may still run for a moment. */
export const graceMilliseconds = 5000;
/** A file system that keeps no locks says one of these; there people see to it that one process works in a folder. */
const lockless = new Set(['ENOLCK', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EINVAL']);

/** A lock: held by one process alone, or shared by several that keep out of each other's files. */
interface Lock {
    readonly path: string;
    /** The folder or file that it guards, for messages. */
    readonly name: string;
    readonly shared: boolean;
    /** How long to wait for a holder. Default: `graceMilliseconds`. */
    readonly patience?: number;
}

/** Locks that the work under way holds, by path, and whether they are shared: its steps may take them again. */
const held = new AsyncLocalStorage<ReadonlyMap<string, boolean>>();

/**
 * Does work that writes into a folder, one process at a time: a lock of the operating system's on `.lock.json`, which
 * ends with its process however that ends. What ended processes were writing is removed.
 * @param work what is done, such as `collect`; a process that comes second names it
 * @param patience milliseconds to wait for a holder
 * @throws LanguageNeuronsError BUSY, naming the holder; UNWRITABLE; what the work throws
 */
export async function withFolder<T>(
    folder: string,
    work: string,
    run: () => Promise<T>,
    patience = graceMilliseconds,
): Promise<T> {
    return withLock({ ...(await folderLock(folder, false)), patience }, work, run);
}

/** The same for one file of a folder: others may work on other files meanwhile, but not on the whole folder. */
export async function withFile<T>(
    path: string,
    work: string,
    run: () => Promise<T>,
    patience = graceMilliseconds,
): Promise<T> {
    const bytes = Buffer.byteLength(basename(path));
    if (bytes > mostNameBytes) {
        const why = `its name has ${bytes} bytes, more than ${mostNameBytes}`;
        throw new LanguageNeuronsError('UNWRITABLE', `${path}: ${why}; choose a shorter one`);
    }
    const folder = { ...(await folderLock(dirname(path), true)), patience };
    const file = { path: fileLockPath(folder, path), name: path, shared: false, patience };
    return withLock(folder, work, () => withLock(file, work, run));
}

/**
 * Does work that makes a file from what is finished in a folder, also while another process works there. One process at
 * a time makes the file, and it is whole either way.
 * @param run gets who works in the folder meanwhile, in words
 * @throws LanguageNeuronsError as `withFolder`; BUSY where others make the same file
 */
export async function besideFolder<T>(
    path: string,
    work: string,
    run: (meanwhile: string | undefined) => Promise<T>,
): Promise<T> {
    const folder = await folderLock(dirname(path), false);
    let begun = false;
    try {
        return await withLock({ ...folder, patience: 0 }, work, () => {
            begun = true;
            return run(undefined);
        });
    } catch (cause) {
        if (begun || !hasCode(cause, 'BUSY')) throw cause;
        const holder = (await readHolder(folder.path)) ?? (await holderOfFiles(folder.path));
        const file = { path: fileLockPath(folder, path), name: path, shared: false };
        return withLock(file, work, () => run(holder?.work ?? 'another process'));
    }
}

function fileLockPath({ path: folderLockPath }: Lock, path: string): string {
    return join(dirname(folderLockPath), `.${basename(path)}.lock.json`);
}

async function folderLock(folder: string, shared: boolean): Promise<Lock> {
    if (/\p{Cc}/u.test(folder)) {
        const why = 'there are control characters in its name';
        throw new LanguageNeuronsError('UNWRITABLE', `${folder}: ${why}; choose another folder`);
    }
    await ensureWritableFolder(folder);
    const real = await realpath(folder).catch((cause: unknown) => {
        throw unwritable(folder, cause);
    });
    return { path: join(real, '.lock.json'), name: folder, shared };
}

async function withLock<T>(lock: Lock, work: string, run: () => Promise<T>): Promise<T> {
    const outer = held.getStore() ?? new Map<string, boolean>();
    const isShared = outer.get(lock.path);
    if (isShared === false || (isShared === true && lock.shared)) return run();
    const file = await take(lock);
    try {
        if (!lock.shared) {
            const since = new Date().toISOString();
            await writeHolder(file, lock.path, { pid: process.pid, host: hostname(), work, since });
            await sweep(lock.path);
        }
        return await held.run(new Map([...outer, [lock.path, lock.shared]]), run);
    } finally {
        // A name without a lock stops nobody.
        if (!lock.shared) await rm(lock.path, { force: true }).catch(() => undefined);
        await file.close().catch(() => undefined); // the lock ends here
        if (lock.shared) await removeUnheld(lock.path);
    }
}

/** Removes the file of a lock that was shared, unless others still hold it. */
async function removeUnheld(lockPath: string): Promise<void> {
    const file = await openToChange(lockPath, constants.O_RDWR).catch(() => undefined);
    try {
        if (file === undefined || !tryLock(file.fd, ...lockedByte) || !(await isStillThere(file, lockPath))) return;
        await rm(lockPath, { force: true });
    } catch {
        // stays: it stops nobody
    } finally {
        await file?.close().catch(() => undefined);
    }
}

async function take({ path: lockPath, name, shared, patience = graceMilliseconds }: Lock): Promise<FileHandle> {
    for (const begin = performance.now(); ; await wait(100)) {
        const file = await openToChange(lockPath, constants.O_RDWR | constants.O_CREAT).catch((cause: Error) => {
            if (cause instanceof Misplaced) throw unwritable(lockPath, cause);
            throw new LanguageNeuronsError(
                'UNWRITABLE',
                `${name}: cannot be locked (${cause.message}); choose another folder`,
                { cause },
            );
        });
        try {
            if (tryLock(file.fd, ...lockedByte, { shared }) && (await isStillThere(file, lockPath))) return file;
        } catch (cause) {
            if (lockless.has((cause as NodeJS.ErrnoException).code ?? '')) return file;
            await file.close();
            throw new LanguageNeuronsError(
                'UNWRITABLE',
                `${name}: cannot be locked (${(cause as Error).message}); choose another folder`,
                { cause },
            );
        }
        await file.close();
        const holder = (await readHolder(lockPath)) ?? (shared ? undefined : await holderOfFiles(lockPath));
        const isOwn = holder?.pid === process.pid && holder.host === hostname();
        if (isOwn || performance.now() - begin >= patience) throw busy(name, holder);
    }
}

/** Whoever held the lock before has removed the file at its end: a lock on a removed file is none. */
async function isStillThere(file: FileHandle, lockPath: string): Promise<boolean> {
    const [own, there] = await Promise.all([
        file.stat({ bigint: true }),
        lstat(lockPath, { bigint: true }).catch(() => undefined),
    ]);
    return own.ino === there?.ino && own.dev === there.dev;
}

/** The holder, if its description is of a living process: that of the last holder may still be there. */
async function readHolder(lockPath: string): Promise<Holder | undefined> {
    const holder = await readTextIfAny(lockPath, mostHolderBytes)
        .then((text) => holderShape.parse(JSON.parse(text ?? '')))
        .catch(() => undefined);
    return holder?.host === hostname() && !isAlive(holder.pid) ? undefined : holder;
}

/** One of the processes that work on files of a folder. @param lockPath the folder's own lock */
async function holderOfFiles(lockPath: string): Promise<Holder | undefined> {
    const folder = dirname(lockPath);
    const names = (await readdir(folder).catch((): string[] => [])).filter((name) => fileLock.test(name)).sort();
    const holders = await Promise.all(names.map((name) => readHolder(join(folder, name))));
    return holders.find((holder) => holder !== undefined);
}

function isAlive(pid: number): boolean {
    try {
        process.kill(pid, 0);
        return true;
    } catch (cause) {
        return (cause as NodeJS.ErrnoException).code === 'EPERM';
    }
}

async function writeHolder(file: FileHandle, path: string, holder: Holder): Promise<void> {
    try {
        await file.truncate();
        await writeFully(file, Buffer.from(`${JSON.stringify(holder)}\n`), 0);
    } catch (cause) {
        const why = (cause as Error).message;
        throw new LanguageNeuronsError(
            'UNWRITABLE',
            `${path}: cannot be written (${why}); free some space or choose another folder`,
            { cause },
        );
    }
}

function busy(name: string, holder: Holder | undefined): LanguageNeuronsError {
    if (holder === undefined)
        return new LanguageNeuronsError(
            'BUSY',
            `${name}: another process has just begun to work on it; wait for it, or choose another folder`,
        );
    const { pid, host, work, since } = holder;
    const who =
        pid === process.pid && host === hostname() ? `this process (${pid}) works` : `process ${pid} on ${host} works`;
    return new LanguageNeuronsError(
        'BUSY',
        `${name}: ${who} on it (${work}, since ${since}); wait for it, or choose another folder`,
    );
}
