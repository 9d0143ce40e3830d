import { existsSync, readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { LanguageNeuronsError } from '../../errors.js';

/**
 * Windows has no path of libraries inside the library: what the addon links with is found by PATH. It looks in the
 * working directory before, so that nothing there may have a name of ggml's.
 * @param ggmlDir where ggml's libraries are
 * @throws LanguageNeuronsError BUILD
 */
export function findByPath(ggmlDir: string): void {
    const planted = plantedLibrary(ggmlDir, process.cwd());
    if (planted !== undefined) {
        throw new LanguageNeuronsError(
            'BUILD',
            `${planted}: Windows would load this instead of ggml's own library; ` +
                'remove it, or run in another folder',
        );
    }
    process.env.PATH = `${ggmlDir};${process.env.PATH ?? ''}`;
}

/** The first of a folder's libraries that another folder has one of the same name as. */
export function plantedLibrary(ggmlDir: string, folder: string): string | undefined {
    if (realpathSync(ggmlDir) === realpathSync(folder)) return undefined;
    return readdirSync(ggmlDir)
        .filter((name) => name.toLowerCase().endsWith('.dll'))
        .map((name) => join(folder, name))
        .find((path) => existsSync(path));
}
