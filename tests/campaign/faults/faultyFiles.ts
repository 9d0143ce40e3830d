import fs from 'node:fs';
import promises, { type FileHandle } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

// Wraps node:fs, node:fs/promises and file handles, so that the n-th operation below a folder fails. Imported before
// what is tested: some libraries take a copy of node:fs when they are loaded.

/** One operation that was watched. */
export interface Operation {
    /** Function and file, for messages. */
    readonly name: string;
    /** Whether it needs space on the disk. */
    readonly writes: boolean;
}

export type FaultCode = 'EIO' | 'ENOSPC';

interface Watch {
    readonly folder: string;
    readonly operations: Operation[];
    /** Place of the operation that fails, from 0; and how. */
    readonly failing: number;
    readonly code: FaultCode;
}

let watch: Watch | undefined;
const pathsOfDescriptors = new Map<number, string>();
const pathsOfHandles = new WeakMap<object, string>();

/** Closing does not fail here: what a failed close means differs between file systems. */
const wrapped = [
    'open',
    'readFile',
    'writeFile',
    'appendFile',
    'stat',
    'lstat',
    'fstat',
    'mkdir',
    'readdir',
    'opendir',
    'rename',
    'rm',
    'rmdir',
    'unlink',
    'access',
    'copyFile',
    'realpath',
    'truncate',
    'ftruncate',
    'utimes',
    'futimes',
    'chmod',
    'fchmod',
    'chown',
    'fchown',
    'link',
    'symlink',
    'fsync',
    'fdatasync',
    'read',
    'write',
    'readv',
    'writev',
] as const;
const handleMethods = [
    'read',
    'write',
    'readFile',
    'writeFile',
    'appendFile',
    'stat',
    'sync',
    'datasync',
    'truncate',
    'readv',
    'writev',
] as const;
const writing = new Set([
    'writeFile',
    'appendFile',
    'mkdir',
    'rename',
    'copyFile',
    'truncate',
    'ftruncate',
    'fsync',
    'fdatasync',
    'sync',
    'datasync',
    'write',
    'writev',
    'link',
    'symlink',
]);

type AnyFunction = (this: unknown, ...args: unknown[]) => unknown;

function pathOf(target: unknown): string | undefined {
    if (typeof target === 'string') return target;
    if (typeof target === 'number') return pathsOfDescriptors.get(target);
    if (target instanceof URL) return fileURLToPath(target);
    if (Buffer.isBuffer(target)) return target.toString();
    return typeof target === 'object' && target !== null ? pathsOfHandles.get(target) : undefined;
}

function opensForWriting(flags: unknown): boolean {
    return typeof flags === 'string'
        ? /[wa+]/.test(flags)
        : typeof flags === 'number' && (flags & (fs.constants.O_WRONLY | fs.constants.O_RDWR)) !== 0;
}

/** Notes an operation; the error with which it is to fail, where it is to. */
function faultOf(name: string, targets: readonly unknown[], flags: unknown): NodeJS.ErrnoException | undefined {
    if (watch === undefined) return undefined;
    const { folder, operations, failing, code } = watch;
    const isBelow = (path: string | undefined): boolean =>
        path !== undefined && (path === folder || path.startsWith(folder + sep));
    const path = targets.map(pathOf).find(isBelow);
    if (path === undefined) return undefined;
    const place = operations.length;
    const writes = writing.has(name) || (name === 'open' && opensForWriting(flags));
    operations.push({ name: `${name} ${path.slice(folder.length + 1)}`, writes });
    if (place !== failing) return undefined;
    const errno = code === 'EIO' ? -5 : -28;
    return Object.assign(new Error(`${code}: put in by the campaign, ${name} '${path}'`), {
        code,
        errno,
        syscall: name,
        path,
    });
}

/** What a full disk still takes: the first half. */
function half(data: unknown): unknown {
    if (typeof data === 'string') return data.slice(0, data.length / 2);
    return ArrayBuffer.isView(data) ? Buffer.from(data.buffer, data.byteOffset, data.byteLength >> 1) : '';
}

/** Files that a call is about. */
function targetsOf(name: string, args: readonly unknown[]): readonly unknown[] {
    return args.slice(0, ['rename', 'copyFile', 'link', 'symlink'].includes(name) ? 2 : 1);
}

const originals = { writeSync: fs.writeSync.bind(fs), promises: { ...promises } };

function replace(object: object, name: string, make: (original: AnyFunction) => AnyFunction): void {
    const original = (object as Record<string, unknown>)[name];
    if (typeof original !== 'function') return;
    const replacement = make(original as AnyFunction);
    // promisify finds names of results there
    Object.defineProperties(replacement, Object.getOwnPropertyDescriptors(original));
    (object as Record<string, unknown>)[name] = replacement;
}

for (const name of wrapped) {
    replace(
        fs,
        name,
        (original) =>
            function (...args) {
                const callback = args.at(-1);
                const fault = faultOf(name, targetsOf(name, args), args[1]);
                if (fault !== undefined && typeof callback === 'function') {
                    if (fault.code === 'ENOSPC' && name === 'write')
                        originals.writeSync(args[0] as number, half(args[1]) as Buffer);
                    process.nextTick(callback as (error: Error) => void, fault);
                    return undefined;
                }
                if (name === 'open' && typeof callback === 'function') {
                    args[args.length - 1] = (error: Error | null, descriptor: number) => {
                        const path = pathOf(args[0]);
                        if (error === null && path !== undefined) pathsOfDescriptors.set(descriptor, path);
                        (callback as (error: Error | null, descriptor: number) => void)(error, descriptor);
                    };
                }
                return original.apply(this, args);
            },
    );
    replace(
        fs,
        `${name}Sync`,
        (original) =>
            function (...args) {
                const fault = faultOf(name, targetsOf(name, args), args[1]);
                if (fault !== undefined) throw fault;
                return original.apply(this, args);
            },
    );
    replace(
        promises,
        name,
        (original) =>
            async function (...args) {
                const fault = faultOf(name, targetsOf(name, args), args[1]);
                if (fault !== undefined) {
                    const writesPart = fault.code === 'ENOSPC' && (name === 'writeFile' || name === 'appendFile');
                    if (writesPart) await original.apply(this, [args[0], half(args[1])]);
                    throw fault;
                }
                const result = await original.apply(this, args);
                const path = pathOf(args[0]);
                if (name === 'open' && path !== undefined) {
                    pathsOfHandles.set(result as FileHandle, path);
                    pathsOfDescriptors.set((result as FileHandle).fd, path);
                }
                return result;
            },
    );
}
const probe = join(tmpdir(), `language-neurons-handle-${process.pid}`);
const handle = await originals.promises.open(probe, 'w');
const prototype = Object.getPrototypeOf(handle) as object;
await handle.close();
await originals.promises.rm(probe);
for (const name of handleMethods) {
    replace(
        prototype,
        name,
        (original) =>
            async function (...args) {
                const fault = faultOf(name, [this], undefined);
                if (fault === undefined) return original.apply(this, args);
                if (fault.code === 'ENOSPC' && writing.has(name) && args.length > 0)
                    await original.apply(this, [half(args[0])]);
                throw fault;
            },
    );
}
syncBuiltinESMExports();

/**
 * Does work while the operations below a folder are watched, one of which may fail.
 * @param failing place of the failing operation; none for -1
 */
export async function watching<T>(
    folder: string,
    work: () => Promise<T>,
    failing = -1,
    code: FaultCode = 'EIO',
): Promise<{ readonly operations: readonly Operation[]; readonly result?: T; readonly error?: unknown }> {
    const operations: Operation[] = [];
    watch = { folder, operations, failing, code };
    try {
        return { operations, result: await work() };
    } catch (error) {
        return { operations, error };
    } finally {
        watch = undefined;
    }
}
