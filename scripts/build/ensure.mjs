import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { resolveBackends } from '../../src/prebuilt/backends.mjs';
import { build, describeBuild, folderOf } from './build.mjs';
import { packageRoot } from '../../src/prebuilt/packages.mjs';
import { changedInputs, choiceOf, installedInputs, readStamp, sourcesAreNewer } from './stamp.mjs';

/** @import { Made } from './build.mjs' */
/** @import { EnsureOptions } from './ensure.mjs' */

/**
 * For run time: builds what is missing or out of date, at the cost of some milliseconds when nothing is.
 * Sources are looked at in a git checkout only; elsewhere they do not change.
 * LANGUAGE_NEURONS_BUILD=sanitize in the environment takes the sanitized build, for tests.
 *
 * @param {EnsureOptions} [options]
 * @returns {Promise<Made>}
 */
export async function ensureBuilt({ root = packageRoot, progress } = {}) {
    const sanitize = process.env.LANGUAGE_NEURONS_BUILD === 'sanitize';
    const outputDir = folderOf(root, sanitize);
    const stamp = readStamp(outputDir);
    if (stamp) {
        const backends = resolveBackends({ from: root, ...choiceOf(stamp) });
        const now = installedInputs(root, backends);
        const then = Object.fromEntries(Object.keys(now).map((name) => [name, stamp.inputs[name] ?? '']));
        const edited = existsSync(join(root, '.git')) && sourcesAreNewer(root, outputDir);
        if (changedInputs(then, now).length === 0 && !edited) return describeBuild(outputDir, backends, false);
    }
    return build({ root, sanitize, progress, quiet: true });
}
