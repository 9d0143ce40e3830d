import { AsyncLocalStorage } from 'node:async_hooks';
import { readdir, readFile, realpath, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { lock } from 'proper-lockfile';
import { z } from 'zod';
import { LanguageNeuronsError } from './errors.js';
import { ensureWritableFolder, unwritable } from './files.js';

/** Who works in a folder; `.lock.json` beside the lock. */
const holderShape = z.object({ pid: z.int(), host: z.string(), work: z.string(), since: z.string() });
type Holder = z.output<typeof holderShape>;

/** The holder touches its lock this often. */
const touchMilliseconds = 5000;
/** Whoever waits for a touch in vain for so long takes the lock over: from another machine's process, whose end is
 * seen by nothing else, and from one of this machine, which may be busy, or another of the same number. */
const patience = { elsewhere: 4 * touchMilliseconds, here: 12 * touchMilliseconds };
/** A lock without a holder's name is one that has just been taken, or whose holder ended in that moment. */
const namelessMilliseconds = 2000;
/** A command that was killed may leave its work running for a moment: it is waited for so long. */
const graceMilliseconds = 5000;
/** proper-lockfile compares clocks, which jump; who is gone is told here, by process and by touches. */
const never = Number.MAX_SAFE_INTEGER;

/** Locks of this process that could not be removed when their work had ended. */
const orphaned = new Set<string>();

/** Folders that the work under way holds: its steps may lock them again. */
const held = new AsyncLocalStorage<ReadonlySet<string>>();

/**
 * Does work that writes into a folder, one process at a time. A lock whose holder is gone is taken over,
 * and what it was writing when it ended is removed.
 * @param work for people, such as `collect`; told to whoever comes second
 * @param run gets a signal that aborts too where the lock is lost to another machine
 * @throws LanguageNeuronsError BUSY, naming the holder; UNWRITABLE; what the work throws
 */
export async function withFolder<T>(
    folder: string, work: string, run: (signal: AbortSignal | undefined) => Promise<T>, signal?: AbortSignal,
): Promise<T> {
    await ensureWritableFolder(folder);
    return withLock(join(await realOf(folder), '.lock'), folder, work, run, signal);
}

/** The same for one file of a folder that others may write into. */
export async function withFile<T>(
    path: string, work: string, run: (signal: AbortSignal | undefined) => Promise<T>, signal?: AbortSignal,
): Promise<T> {
    const folder = dirname(path);
    await ensureWritableFolder(folder);
    return withLock(join(await realOf(folder), `.${basename(path)}.lock`), path, work, run, signal);
}

function realOf(folder: string): Promise<string> {
    return realpath(folder).catch((cause: unknown) => { throw unwritable(folder, cause); });
}

async function withLock<T>(
    lockPath: string, name: string, work: string, run: (signal: AbortSignal | undefined) => Promise<T>, signal: AbortSignal | undefined,
): Promise<T> {
    const outer = held.getStore() ?? new Set<string>();
    if (outer.has(lockPath)) return run(signal);
    const lost = new AbortController();
    const release = await take(lockPath, name, () => lost.abort());
    const holderPath = `${lockPath}.json`;
    try {
        await ownWrite(holderPath, { pid: process.pid, host: hostname(), work, since: new Date().toISOString() });
        await sweep(lockPath);
        const both = signal === undefined ? lost.signal : AbortSignal.any([signal, lost.signal]);
        return await held.run(new Set([...outer, lockPath]), () => run(both));
    } catch (cause) {
        if (!lost.signal.aborted) throw cause;
        throw new LanguageNeuronsError('BUSY', `${name}: another process has taken it over; finished parts are kept, run again when it is done`, { cause });
    } finally {
        if (!lost.signal.aborted) {
            await rm(holderPath, { force: true }).catch(() => undefined); // as good as gone with the lock
            await release().catch(() => orphaned.add(lockPath));
        }
    }
}

async function take(lockfilePath: string, name: string, onLost: () => void): Promise<() => Promise<void>> {
    const begin = performance.now();
    for (;;) {
        try {
            return await lock(lockfilePath, { lockfilePath, realpath: false, stale: never, update: touchMilliseconds, onCompromised: onLost });
        } catch (cause) {
            const { code, message } = cause as NodeJS.ErrnoException;
            if (code !== 'ELOCKED') throw new LanguageNeuronsError('UNWRITABLE', `${name}: cannot be locked (${message}); choose another folder`, { cause });
        }
        const before = await touched(lockfilePath);
        const holderPath = `${lockfilePath}.json`;
        const holder = await readHolder(holderPath) ?? await wait(200).then(() => readHolder(holderPath)); // it may just be written
        if (!(await isGone(holder, lockfilePath, before))) {
            if (performance.now() - begin > graceMilliseconds || holder?.pid === process.pid) throw busy(name, holder);
            await wait(100);
            continue;
        }
        // Another may have been faster: only the lock that was looked at is removed, its holder's name first, so
        // that whoever sees the next lock does not take it for this holder's.
        if (before === undefined || before !== await touched(lockfilePath)) continue;
        await rm(holderPath, { force: true });
        await rmdir(lockfilePath).catch(() => undefined);
    }
}

/** Whether a lock's holder has ended: told at once for a process of this machine, else by touches that stay away. */
async function isGone(holder: Holder | undefined, lockfilePath: string, before: bigint | undefined): Promise<boolean> {
    if (before === undefined || orphaned.delete(lockfilePath)) return true; // released meanwhile, or meant to be
    if (holder?.host === hostname()) {
        if (!isAlive(holder.pid)) return true;
        if (holder.pid === process.pid) return false;
    }
    // Fresh by this machine's clock: in use. Otherwise the clock may be wrong, or the process another of the same number.
    const age = Date.now() - Number(before / 1_000_000n);
    if (holder !== undefined && Math.abs(age) < 2 * touchMilliseconds) return false; // times are rounded up to a second
    if (holder === undefined) {
        await wait(namelessMilliseconds);
        return before === await touched(lockfilePath) && await readHolder(`${lockfilePath}.json`) === undefined;
    }
    const here = holder.host === hostname();
    for (const begin = performance.now(); performance.now() - begin < (here ? patience.here : patience.elsewhere); await wait(100)) {
        if (before !== await touched(lockfilePath)) return false;
        if (here && !isAlive(holder.pid)) return true; // it was ending: killed, but not yet waited for by its parent
    }
    return before === await touched(lockfilePath);
}

function isAlive(pid: number): boolean {
    try {
        process.kill(pid, 0);
        return true;
    } catch (cause) {
        return (cause as NodeJS.ErrnoException).code === 'EPERM';
    }
}

async function touched(path: string): Promise<bigint | undefined> {
    return stat(path, { bigint: true }).then(({ mtimeNs }) => mtimeNs, () => undefined);
}

async function readHolder(path: string): Promise<Holder | undefined> {
    return readFile(path, 'utf8').then((text) => holderShape.parse(JSON.parse(text))).catch(() => undefined);
}

async function ownWrite(path: string, holder: Holder): Promise<void> {
    await writeFile(path, `${JSON.stringify(holder)}\n`).catch((cause: Error) => {
        throw new LanguageNeuronsError('UNWRITABLE', `${path}: cannot be written (${cause.message}); free some space or choose another folder`, { cause });
    });
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
    const file = /^\.(.+)\.lock$/.exec(basename(lockPath))?.[1];
    for (const part of file === undefined ? subfolders : ['']) {
        const names = await readdir(join(folder, part)).catch((): string[] => []);
        const left = names.filter((name) => unfinished.test(name) && (file === undefined || name.startsWith(`${file}.`)));
        for (const name of left) await rm(join(folder, part, name), { force: true }).catch(() => undefined);
    }
}
