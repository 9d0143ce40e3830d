import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';
import { isPlugin } from '../../src/prebuilt/backends.mjs';
import { findPackage } from '../../src/prebuilt/packages.mjs';
import { processorKey } from './processor.mjs';
import { listPatches } from './source.mjs';

/** @import { Backends, Choice } from '../../src/prebuilt/types.js' */

/** @typedef {Record<string, string>} Inputs everything that decides what the build makes, by name */
/** @typedef {{ inputs: Inputs, outputs: Record<string, number> }} Stamp sizes of the outputs, by file */

/** Node-API's version: the addon runs on every Node that has it, so Node's own version is no input. */
const nodeApi = 8;
const fromSource = 'from source';
const buildPackages = ['cmake-js', 'node-addon-api', 'node-api-headers'];

/**
 * What can change where the sources can't, in an installed package.
 *
 * @param {string} root
 * @param {Backends} backends
 * @returns {Inputs}
 */
export function installedInputs(root, backends) {
    return {
        platform: `${backends.platform} node-api ${nodeApi}`,
        'llama.cpp': backends.llamaVersion,
        'node-llama-cpp': backends.packageVersion,
        // relative: a project moved with its node_modules is still good
        ggml: [backends.prebuilt ? relative(root, backends.prebuilt.ggmlDir) : fromSource, ...backends.plugins].join(
            ' ',
        ),
    };
}

/**
 * @param {{ root: string, backends: Backends, compiler: string | undefined }} build
 * @returns {Inputs}
 */
export function computeInputs({ root, backends, compiler }) {
    const inputs = installedInputs(root, backends);
    inputs['compiler'] = compiler ?? 'none';
    // not among what is installed: where the processor is another at run time, the prebuilt backends are taken
    if (backends.plugins.includes('cpu')) inputs['processor'] = processorKey();
    for (const name of buildPackages) inputs[name] = findPackage(name, root)?.manifest.version ?? 'none';
    for (const file of sourceFiles(root)) inputs[file] = hashFile(join(root, file));
    // ours are in native/ already; the rest are node-llama-cpp's
    for (const file of listPatches(backends, root).filter((patch) => patch.startsWith(backends.dir))) {
        inputs[basename(file)] = hashFile(file);
    }
    return inputs;
}

/**
 * What a build was made with; for none, the prebuilt ggml alone.
 *
 * @param {Stamp | undefined} stamp
 * @returns {Choice}
 */
export function choiceOf(stamp) {
    const words = (stamp?.inputs['ggml'] ?? '').split(' ');
    const end = words.findLastIndex((word) => !isPlugin(word)) + 1;
    return { fromSource: words.slice(0, end).join(' ') === fromSource, plugins: words.slice(end) };
}

/**
 * The names of the inputs that differ.
 *
 * @param {Inputs} before
 * @param {Inputs} after
 */
export function changedInputs(before, after) {
    return [...new Set([...Object.keys(before), ...Object.keys(after)])].filter((name) => before[name] !== after[name]);
}

/**
 * @param {string} outputDir
 * @returns {Stamp | undefined} undefined when there is none, or an output is missing or damaged
 */
export function readStamp(outputDir) {
    try {
        const stamp = JSON.parse(readFileSync(join(outputDir, 'stamp.json'), 'utf8'));
        const whole = Object.entries(stamp.outputs).every(
            ([file, size]) => statSync(join(outputDir, file)).size === size,
        );
        return whole ? stamp : undefined;
    } catch {
        return undefined;
    }
}

/**
 * Written last and at once: there is a stamp only where there is a whole build.
 * Its time is that of the look at the inputs, so that a source saved during the build is newer.
 *
 * @param {string} outputDir
 * @param {{ inputs: Inputs, time: Date }} build
 */
export function writeStamp(outputDir, { inputs, time }) {
    const file = join(outputDir, 'stamp.json');
    const outputs = Object.fromEntries(
        listLibraries(outputDir).map((output) => [output, statSync(join(outputDir, output)).size]),
    );
    writeFileSync(`${file}.part`, `${JSON.stringify({ inputs, outputs }, null, 4)}\n`);
    utimesSync(`${file}.part`, time, time);
    renameSync(`${file}.part`, file);
}

/**
 * Whether a source is newer than the stamp: cheaper than reading them all, and enough to look closer.
 *
 * @param {string} root
 * @param {string} outputDir
 */
export function sourcesAreNewer(root, outputDir) {
    const built = statSync(join(outputDir, 'stamp.json')).mtimeMs;
    return sourceFiles(root)
        .flatMap((file) => [file, dirname(file)])
        .some((file) => file !== '.' && statSync(join(root, file)).mtimeMs > built);
}

/**
 * For sources that turned out equal although newer.
 *
 * @param {string} outputDir
 * @param {Date} time of the look at them
 */
export function touchStamp(outputDir, time) {
    try {
        utimesSync(join(outputDir, 'stamp.json'), time, time);
    } catch {
        // read-only: it is looked at again the next time
    }
}

/** @param {string} outputDir */
export function removeStamp(outputDir) {
    rmSync(join(outputDir, 'stamp.json'), { force: true });
}

/** @param {string} outputDir */
export const listLibraries = (outputDir) =>
    readdirSync(outputDir).filter((file) => /\.(node|so|dylib|dll)$/.test(file));

/**
 * @param {string} root
 * @returns {string[]} paths from the root, with slashes, sorted
 */
function sourceFiles(root) {
    const native = readdirSync(join(root, 'native'), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'));
    return ['CMakeLists.txt', ...native.sort()];
}

/** @param {string} file */
function hashFile(file) {
    return createHash('sha256').update(readFileSync(file)).digest('hex');
}
