import { AsyncLocalStorage } from 'node:async_hooks';
import { constants } from 'node:fs';
import { type FileHandle, open, readdir, readFile, realpath, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { tryLock } from 'fs-native-extensions';
import { z } from 'zod';
import { LanguageNeuronsError } from './errors.js';
import { ensureWritableFolder, unwritable } from './files.js';

/** Who works in a folder: the content of its locked file, for people. */
const holderShape = z.object({ pid: z.int(), host: z.string(), work: z.string(), since: z.string() });
type Holder = z.output<typeof holderShape>;

/** The byte that is locked, far beyond the holder's name: Windows lets nobody read what is locked. */
const lockedByte = [2 ** 40, 1] as const;
/** A command that was killed may leave its work running for a moment: it is waited for so long. */
const graceMilliseconds = 5000;
/** A file system that keeps no locks says one of these; there people see to it that one process works in a folder. */
const lockless = new Set(['ENOLCK', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EINVAL']);

/** Folders that the work under way holds: its steps may lock them again. */
const held = new AsyncLocalStorage<ReadonlySet<string>>();

/**
 * Does work that writes into a folder, one process at a time: a lock of the operating system's on `.lock.json`, which
 * ends with its process however that ends. What an ended process was writing is removed.
 * @param work for people, such as `collect`; told to whoever comes second
 * @throws LanguageNeuronsError BUSY, naming the holder; UNWRITABLE; what the work throws
 */
export async function withFolder<T>(folder: string, work: string, run: () => Promise<T>): Promise<T> {
    await ensureWritableFolder(folder);
    return withLock(join(await realOf(folder), '.lock.json'), folder, work, run);
}

/** The same for one file of a folder that others may write into. */
export async function withFile<T>(path: string, work: string, run: () => Promise<T>): Promise<T> {
    const folder = dirname(path);
    await ensureWritableFolder(folder);
    return withLock(join(await realOf(folder), `.${basename(path)}.lock.json`), path, work, run);
}

function realOf(folder: string): Promise<string> {
    return realpath(folder).catch((cause: unknown) => { throw unwritable(folder, cause); });
}

async function withLock<T>(lockPath: string, name: string, work: string, run: () => Promise<T>): Promise<T> {
    const outer = held.getStore() ?? new Set<string>();
    if (outer.has(lockPath)) return run();
    const file = await take(lockPath, name);
    try {
        await writeHolder(file, lockPath, { pid: process.pid, host: hostname(), work, since: new Date().toISOString() });
        await sweep(lockPath);
        return await held.run(new Set([...outer, lockPath]), run);
    } finally {
        await rm(lockPath, { force: true }).catch(() => undefined); // a name without a lock stops nobody
        await file.close().catch(() => undefined); // the lock ends here
    }
}

async function take(lockPath: string, name: string): Promise<FileHandle> {
    for (const begin = performance.now(); ; await wait(100)) {
        const file = await open(lockPath, constants.O_RDWR | constants.O_CREAT).catch((cause: Error) => {
            throw new LanguageNeuronsError('UNWRITABLE', `${name}: cannot be locked (${cause.message}); choose another folder`, { cause });
        });
        try {
            if (tryLock(file.fd, ...lockedByte) && await isStillThere(file, lockPath)) return file;
        } catch (cause) {
            if (lockless.has((cause as NodeJS.ErrnoException).code ?? '')) return file;
            await file.close();
            throw new LanguageNeuronsError('UNWRITABLE', `${name}: cannot be locked (${(cause as Error).message}); choose another folder`, { cause });
        }
        await file.close();
        const holder = await readHolder(lockPath);
        const isOwn = holder?.pid === process.pid && holder.host === hostname();
        if (isOwn || performance.now() - begin > graceMilliseconds) throw busy(name, holder);
    }
}

/** Whoever held the lock before has removed the file at its end: a lock on a removed file is none. */
async function isStillThere(file: FileHandle, lockPath: string): Promise<boolean> {
    const [own, there] = await Promise.all([file.stat({ bigint: true }), stat(lockPath, { bigint: true }).catch(() => undefined)]);
    return own.ino === there?.ino && own.dev === there.dev;
}

/** The holder's name, where it is written and of a living process: the last one's may still stand there. */
async function readHolder(lockPath: string): Promise<Holder | undefined> {
    const holder = await readFile(lockPath, 'utf8').then((text) => holderShape.parse(JSON.parse(text))).catch(() => undefined);
    return holder?.host === hostname() && !isAlive(holder.pid) ? undefined : holder;
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
        await file.write(`${JSON.stringify(holder)}\n`, 0);
    } catch (cause) {
        const why = (cause as Error).message;
        throw new LanguageNeuronsError('UNWRITABLE', `${path}: cannot be written (${why}); free some space or choose another folder`, { cause });
    }
}

function busy(name: string, holder: Holder | undefined): LanguageNeuronsError {
    if (holder === undefined) return new LanguageNeuronsError('BUSY', `${name}: another process has just begun to work on it; wait for it, or choose another folder`);
    const { pid, host, work, since } = holder;
    const who = pid === process.pid && host === hostname() ? `this process (${pid}) works` : `process ${pid} on ${host} works`;
    return new LanguageNeuronsError('BUSY', `${name}: ${who} on it (${work}, since ${since}); wait for it, or choose another folder`);
}

/** Where a run folder has files. */
const subfolders = ['', 'parts', 'figures', 'tables'];
/** write-file-atomic's names of files on their way, and that of a folder's trial. */
const unfinished = /\.(?:safetensors|json|jsonl|csv|html|svg)\.\d+$|^\.writable-\d+$/;

/** Removes what killed processes were writing: nobody else writes there now. */
async function sweep(lockPath: string): Promise<void> {
    const folder = dirname(lockPath);
    const file = /^\.(.+)\.lock\.json$/.exec(basename(lockPath))?.[1];
    for (const part of file === undefined ? subfolders : ['']) {
        const names = await readdir(join(folder, part)).catch((): string[] => []);
        const left = names.filter((name) => unfinished.test(name) && (file === undefined || name.startsWith(`${file}.`)));
        for (const name of left) await rm(join(folder, part, name), { force: true }).catch(() => undefined);
    }
}
