import { packageRoot } from '../../src/prebuilt/packages.mjs';
import { build } from './build.mjs';
import { currentBuild, sanitizedIsAsked } from './current.mjs';

/** @import { Made } from './build.mjs' */
/** @import { EnsureOptions } from './ensure.mjs' */

/**
 * For run time: builds what is missing or out of date, at the cost of some milliseconds when nothing is.
 *
 * @param {EnsureOptions} [options]
 * @returns {Promise<Made>}
 */
export async function ensureBuilt({ root = packageRoot, progress } = {}) {
    const sanitize = sanitizedIsAsked();
    return currentBuild({ root, sanitize }) ?? build({ root, sanitize, progress, quiet: true });
}
