import { rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { checkInFolder, isMissing } from './fileAccess.js';
import { makeFolder } from './makeFolder.js';

/** Times that a folder may go between its making and the file in it. */
const mostTries = 20;

/**
 * Writes a file into a subfolder that several processes share, such as `parts` of a run folder. Each of them removes it
 * when it leaves it empty, perhaps while this one computed; then it is made anew.
 * @throws LanguageNeuronsError as `write`; UNWRITABLE for a link that leads out of the folder
 */
export async function writeShared(path: string, write: (path: string) => Promise<void>): Promise<void> {
    for (let tries = 1; ; tries++) {
        try {
            return await write(path);
        } catch (cause) {
            if (tries === mostTries || !isMissing(cause)) throw cause;
        }
        await checkInFolder(dirname(path));
        await makeFolder(dirname(path)).catch(() => undefined); // the next write says why
    }
}

/** Removes such a subfolder where no file is in it. */
export async function leaveShared(subfolder: string): Promise<void> {
    await rmdir(subfolder).catch(() => undefined);
}
