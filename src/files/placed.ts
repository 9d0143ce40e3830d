import { rename, rm } from 'node:fs/promises';
import { unwritable } from './fileAccess.js';
import { unfinishedNumber } from './UnfinishedFile.js';

/**
 * Has a file written under another name in its folder, and gives it its own name when it is whole.
 * @param write writes the file, and throws where it is not as it should be
 * @throws LanguageNeuronsError UNWRITABLE where it cannot have its name; as `write`
 */
export async function placed<T>(path: string, write: (temporary: string) => Promise<T>): Promise<T> {
    const temporary = `${path}.${unfinishedNumber()}`;
    try {
        const result = await write(temporary);
        await rename(temporary, path).catch((cause: unknown) => {
            throw unwritable(path, cause);
        });
        return result;
    } catch (cause) {
        await rm(temporary, { force: true }).catch(() => undefined);
        throw cause;
    }
}
