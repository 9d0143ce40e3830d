import { constants, type Stats } from 'node:fs';
import { type FileHandle, lstat, open, realpath, stat } from 'node:fs/promises';
import { dirname, isAbsolute, relative, sep } from 'node:path';

// A run folder can come from anybody: what its files are named after must not reach out of it, nor keep a reader
// waiting. All files of run folders are opened here.

/** Why a file is not opened, in words that follow its path. */
export class Misplaced extends Error {}

/** A link itself is not followed, and nothing that is opened is waited for. */
const careful = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/**
 * Returns where a file or folder of a folder really is: its own path, or the target of a link inside the folder. The
 * folder itself may be a link.
 * @throws Misplaced for a link that leads out of the folder or nowhere; of the system, with its code
 */
export async function pathInFolder(path: string): Promise<string> {
    const found = await lstatIfAny(path);
    if (found?.isSymbolicLink() !== true) return path;
    const mend = 'replace it with the file or folder itself, or remove it';
    const real = await realpath(path).catch(() => undefined);
    if (real === undefined) throw new Misplaced(`is a symbolic link that leads nowhere; ${mend}`);
    const below = relative(await realpath(dirname(path)), real);
    if (below === '' || below === '..' || below.startsWith(`..${sep}`) || isAbsolute(below))
        throw new Misplaced(`is a symbolic link out of its folder, to ${real}; ${mend}`);
    return real;
}

/**
 * Opens a file of a folder to be read.
 * @throws Misplaced for what is no file of the folder; of the system, with its code
 */
export async function openInFolder(path: string): Promise<FileHandle> {
    const real = await pathInFolder(path);
    refuseOther(await lstat(real));
    return opened(real, constants.O_RDONLY | careful);
}

/**
 * Opens a file of a folder to be changed where it is, never through a link.
 * @throws Misplaced for what is no file of the folder, and for one that has another name, which may be elsewhere
 */
export async function openToChange(path: string, flags: number): Promise<FileHandle> {
    await checkChangeable(path);
    const file = await opened(path, flags | careful);
    try {
        refuseShared(await file.stat());
        return file;
    } catch (cause) {
        await file.close();
        throw cause;
    }
}

/**
 * Checks, before long work, that `openToChange` will open a file.
 * @throws as `openToChange`
 */
export async function checkChangeable(path: string): Promise<void> {
    const found = await lstatIfAny(path);
    if (found !== undefined) refuseShared(found);
}

/**
 * Opens a file that the user names, through links too. It refuses devices and what would keep it waiting.
 * @throws Misplaced; of the system, with its code
 */
export async function openNamed(path: string): Promise<FileHandle> {
    refuseOther(await stat(path));
    return opened(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
}

/** What is at a path itself, links not followed. */
async function lstatIfAny(path: string): Promise<Stats | undefined> {
    return lstat(path).catch((cause: NodeJS.ErrnoException) => {
        if (cause.code === 'ENOENT') return undefined;
        throw cause;
    });
}

async function opened(path: string, flags: number): Promise<FileHandle> {
    const file = await open(path, flags);
    try {
        refuseOther(await file.stat());
        return file;
    } catch (cause) {
        await file.close();
        throw cause;
    }
}

function refuseShared(found: Stats): void {
    refuseOther(found);
    if (found.nlink > 1) throw new Misplaced('is a hard link of another file; put a copy in its place');
}

function refuseOther(found: Stats): void {
    const kind = kindOf(found);
    if (kind !== undefined) throw new Misplaced(`is ${kind}, not a file; remove it, or give another path`);
}

function kindOf(found: Stats): string | undefined {
    if (found.isFile()) return undefined;
    if (found.isDirectory()) return 'a folder';
    if (found.isFIFO()) return 'a named pipe';
    if (found.isSocket()) return 'a socket';
    return found.isSymbolicLink() ? 'a symbolic link' : 'a device';
}
