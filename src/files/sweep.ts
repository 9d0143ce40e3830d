import { constants } from 'node:fs';
import { lstat, readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { tryLock } from 'fs-native-extensions';
import { openToChange } from './inFolder.js';
import { isUnfinished } from './UnfinishedFile.js';

/** The byte that is locked, far beyond the holder's description: Windows lets nobody read locked bytes. */
export const lockedByte = [2 ** 40, 1] as const;
/** The files of a folder that are locked themselves. */
async function lockedFiles(folder: string): Promise<string[]> {
    const names = (await readdir(folder).catch((): string[] => [])).filter((name) => fileLock.test(name));
    const locked: string[] = [];
    for (const name of names) {
        const file = await openToChange(join(folder, name), constants.O_RDWR).catch(() => undefined);
        try {
            if (file !== undefined && !tryLock(file.fd, ...lockedByte)) locked.push(fileLock.exec(name)![1]!);
        } catch {
            // keeps no locks: nobody holds it
        } finally {
            await file?.close().catch(() => undefined);
        }
    }
    return locked;
}

/** The folders of a run folder: of the work, then of reports. */
const subfolders = ['', 'parts', 'figures', 'tables'];
/** The name of a lock of one file; without a file's name it is the folder's. */
export const fileLock = /^\.(.+)\.lock\.json$/;

/**
 * Removes what killed processes were writing, since nobody else writes there now. For a folder's lock that is all, with
 * the locks of its files; for a file's lock, what was to become that file.
 */
export async function sweep(lockPath: string): Promise<void> {
    const folder = dirname(lockPath);
    const file = fileLock.exec(basename(lockPath))?.[1];
    const isLeft = (name: string): boolean =>
        file === undefined
            ? isUnfinished(name) || fileLock.test(name)
            : isUnfinished(name) && name.startsWith(`${file}.`);
    // Files are made beside the folder's holder too: see `besideFolder`.
    const beside = file === undefined ? await lockedFiles(folder) : [];
    const isKept = (name: string): boolean =>
        beside.some((made) => name === `.${made}.lock.json` || (isUnfinished(name) && name.startsWith(`${made}.`)));
    for (const part of file === undefined ? subfolders.slice(0, beside.length > 0 ? 2 : undefined) : ['']) {
        const path = join(folder, part);
        const isOwn = part === '' || (await lstat(path).catch(() => undefined))?.isDirectory() === true;
        const names = isOwn ? await readdir(path).catch((): string[] => []) : []; // a link may lead elsewhere
        for (const name of names.filter((name) => isLeft(name) && !isKept(name))) {
            await rm(join(folder, part, name), { force: true }).catch(() => undefined);
        }
    }
}
