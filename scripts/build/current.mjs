import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { listVariants, resolveBackends } from '../../src/prebuilt/backends.mjs';
import { packageRoot } from '../../src/prebuilt/packages.mjs';
import { processorKey } from './processor.mjs';
import { changedInputs, choiceOf, installedInputs, readStamp, sourcesAreNewer } from './stamp.mjs';

/** @import { Backends } from '../../src/prebuilt/types.js' */
/** @import { Made } from './build.mjs' */

const addonFile = 'language_neurons.node';

/**
 * The build, where it is up to date, at the cost of some milliseconds.
 * Sources are looked at in a git checkout only; elsewhere they do not change.
 *
 * @param {{ root?: string, sanitize?: boolean }} [options]
 * @returns {Made | undefined}
 */
export function currentBuild({ root = packageRoot, sanitize = sanitizedIsAsked() } = {}) {
    const outputDir = folderOf(root, sanitize);
    const stamp = readStamp(outputDir);
    if (!stamp) return undefined;
    const backends = resolveBackends({ from: root, ...choiceOf(stamp) });
    const now = installedInputs(root, backends);
    const then = Object.fromEntries(Object.keys(now).map((name) => [name, stamp.inputs[name] ?? '']));
    if (changedInputs(then, now).length > 0) return undefined;
    if (existsSync(join(root, '.git')) && sourcesAreNewer(root, outputDir)) return undefined;
    return describeBuild(outputDir, backends, false);
}

/** LANGUAGE_NEURONS_BUILD=sanitize in the environment takes the sanitized build, for tests. */
export const sanitizedIsAsked = () => process.env.LANGUAGE_NEURONS_BUILD === 'sanitize';

/**
 * Folder of a build's libraries.
 *
 * @param {string} root
 * @param {boolean} sanitize
 */
export const folderOf = (root, sanitize) => join(root, 'build', sanitize ? 'sanitize' : 'Release');

/**
 * @param {string} outputDir
 * @param {Backends} backends
 * @param {boolean} built
 * @returns {Made}
 */
export function describeBuild(outputDir, backends, built) {
    const { prebuilt, plugins } = backends;
    const ownCpu = plugins.includes('cpu') && readStamp(outputDir)?.inputs['processor'] === processorKey();
    return {
        built,
        addonPath: join(outputDir, addonFile),
        ggmlDir: prebuilt?.ggmlDir ?? outputDir,
        release: backends.release,
        variants: [
            ...(prebuilt ? backends.variants : []).map((variant) =>
                ownCpu && variant.name === 'cpu'
                    ? { ...variant, plugins: [join(outputDir, 'libggml-cpu.so')] }
                    : variant,
            ),
            ...listVariants([outputDir], outputDir).filter(({ name }) => !prebuilt || name !== 'cpu'),
        ],
    };
}
