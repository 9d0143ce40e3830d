import { stat } from 'node:fs/promises';
import { withFolder } from '../../files/folderLock.js';
import { clean, cleanedWords } from '../../run/clean.js';
import type { CommandContext } from '../arguments/CommandDeclaration.js';

/** Work in a folder, after `--fresh` has removed what is there of some kinds and said what. */
export async function freshly<T>(
    { fresh, folder, kinds }: { readonly fresh: boolean; readonly folder: string; readonly kinds?: readonly string[] },
    { say }: CommandContext,
    work: () => Promise<T>,
): Promise<T> {
    if (!fresh || (await stat(folder).catch(() => undefined)) === undefined) return work();
    return withFolder(folder, 'clean', async () => {
        say(`--fresh removed from ${folder}: ${cleanedWords(await clean(folder, kinds))}`);
        return work();
    });
}
