import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes a folder with all those above it. Node's own `mkdir` with `recursive` never ends where a file system such as
 * /proc says that a folder in a folder that is there does not exist.
 * @throws of the system, with its code
 */
export async function makeFolder(path: string): Promise<void> {
    if (await isFolder(path)) return;
    try {
        await mkdir(path);
    } catch (cause) {
        const { code } = cause as NodeJS.ErrnoException;
        if (code === 'EEXIST' && (await isFolder(path))) return; // another process made it meanwhile
        const above = dirname(path);
        if (code !== 'ENOENT' || above === path || (await isFolder(above))) throw cause;
        await makeFolder(above);
        await makeFolder(path);
    }
}

async function isFolder(path: string): Promise<boolean> {
    const found = await stat(path).catch(() => undefined);
    return found?.isDirectory() === true;
}
