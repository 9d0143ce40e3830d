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
    /** Whether it needs space on the disk, or tells that there was none. */
    readonly writes: boolean;
    /** Whether it may do a part of what it is asked for. */
    readonly canBeShort: boolean;
}

/** SHORT is no error: the system takes a part of what is to be written, and says how much. */
export type FaultCode = 'EIO' | 'ENOSPC' | 'EDQUOT' | 'EFBIG' | 'SHORT';
const errnos: Readonly<Record<Exclude<FaultCode, 'SHORT'>, number>> = {
    EIO: -5,
    ENOSPC: -28,
    EDQUOT: -122,
    EFBIG: -27,
};

/** Which faults an operation can have. */
export function faultsOf({ writes, canBeShort }: Operation): FaultCode[] {
    return [
        'EIO',
        ...(writes ? (['ENOSPC', 'EDQUOT', 'EFBIG'] as const) : []),
        ...(canBeShort ? ['SHORT' as const] : []),
    ];
}

interface Watch {
    readonly folder: string;
    readonly operations: Operation[];
    /** Place of the operation that fails, from 0, or all of them; and how. */
    readonly failing: number | 'all';
    readonly code: FaultCode;
}

let watch: Watch | undefined;
const pathsOfDescriptors = new Map<number, string>();
const pathsOfHandles = new WeakMap<object, string>();
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
    'close',
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
    const canBeShort = name === 'write';
    operations.push({ name: `${name} ${path.slice(folder.length + 1)}`, writes, canBeShort });
    if ((failing !== 'all' && place !== failing) || (code === 'SHORT' && !canBeShort)) return undefined;
    return Object.assign(new Error(`${code}: put in by the campaign, ${name} '${path}'`), {
        code,
        errno: code === 'SHORT' ? 0 : errnos[code],
        syscall: name,
        path,
    });
}

/** What a full disk still takes: the first half. */
function half(data: unknown): unknown {
    if (typeof data === 'string') return data.slice(0, data.length / 2);
    return ArrayBuffer.isView(data) ? Buffer.from(data.buffer, data.byteOffset, data.byteLength >> 1) : '';
}

/** What a system takes that takes a part: of bytes, the first half of those asked for; of one byte, that one. */
function shortened([target, offset, length, position]: readonly unknown[]): [Buffer, number, number, unknown] {
    const bytes = target as Buffer;
    const [from, all] = [(offset as number | undefined) ?? 0, length as number | undefined];
    return [bytes, from, Math.ceil((all ?? bytes.length - from) / 2), position ?? null];
}

/** What a full disk has taken before it says so. */
function isFull(fault: NodeJS.ErrnoException): boolean {
    return ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(fault.code ?? '');
}

/** Files that a call is about. */
function targetsOf(name: string, args: readonly unknown[]): readonly unknown[] {
    return args.slice(0, ['rename', 'copyFile', 'link', 'symlink'].includes(name) ? 2 : 1);
}

/**
 * Of a file that is written, closing can fail: a server tells then that there was no room, or a quota. It is closed all
 * the same. (Each handle has a `close` of its own.)
 */
function watchClose(handle: FileHandle): void {
    const close = handle.close.bind(handle);
    handle.close = async () => {
        const fault = faultOf('close', [handle], undefined);
        await close();
        if (fault !== undefined) throw fault;
    };
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
                if (fault?.code === 'SHORT')
                    return original.apply(this, [args[0], ...shortened(args.slice(1, -1)), callback]);
                if (fault !== undefined && typeof callback === 'function') {
                    if (isFull(fault) && name === 'write')
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
                    const writesPart = isFull(fault) && (name === 'writeFile' || name === 'appendFile');
                    if (writesPart) await original.apply(this, [args[0], half(args[1])]);
                    throw fault;
                }
                const result = await original.apply(this, args);
                const path = pathOf(args[0]);
                if (name === 'open' && path !== undefined) {
                    pathsOfHandles.set(result as FileHandle, path);
                    if (opensForWriting(args[1])) watchClose(result as FileHandle);
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
                if (fault.code === 'SHORT') return original.apply(this, shortened(args));
                if (isFull(fault) && writing.has(name) && args.length > 0) await original.apply(this, [half(args[0])]);
                throw fault;
            },
    );
}
syncBuiltinESMExports();

/**
 * Does work while the operations below a folder are watched, one of which may fail.
 * @param failing place of the failing operation, or all; none for -1
 */
export async function watching<T>(
    folder: string,
    work: () => Promise<T>,
    failing: number | 'all' = -1,
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
