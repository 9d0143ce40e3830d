// @ts-check
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of our own package.json. */
export const packageRoot = realpathSync(fileURLToPath(new URL('../..', import.meta.url)));

/**
 * Finds an installed package the way Node does, hoisted or nested.
 * Most packages do not export their package.json, so the entry point is resolved and the folders above it searched.
 *
 * @param {string} name
 * @param {string} from folder of the package that depends on it
 * @returns {{ dir: string, manifest: Record<string, any> } | undefined} undefined when it is not installed
 */
export function findPackage(name, from) {
    let dir;
    try {
        dir = dirname(realpathSync(createRequire(join(from, 'package.json')).resolve(name)));
    } catch {
        return undefined;
    }
    for (; dir !== dirname(dir); dir = dirname(dir)) {
        const file = join(dir, 'package.json');
        if (!existsSync(file)) continue;
        const manifest = JSON.parse(readFileSync(file, 'utf8'));
        if (manifest.name === name) return { dir, manifest };
    }
    return undefined;
}
