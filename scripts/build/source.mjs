import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
    existsSync,
    mkdirSync,
    readdirSync,
    readFileSync,
    renameSync,
    rmSync,
    statSync,
    utimesSync,
    writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { BuildError } from '../../src/prebuilt/BuildError.mjs';

/** What the build reads of llama.cpp's tree. */
const needed = ['src', 'include', 'ggml', 'cmake', 'LICENSE'];
const markerName = '.unpacked';

/**
 * Our patches, after those that node-llama-cpp built its own binaries with: our libllama stands in for its.
 *
 * @param {{ dir: string }} backends
 * @param {string} root
 * @returns {string[]} paths, in the order of application
 */
export function listPatches({ dir }, root) {
    const inFolder = (/** @type {string} */ folder, /** @type {string} */ ending) =>
        existsSync(folder)
            ? readdirSync(folder)
                  .filter((file) => file.endsWith(ending))
                  .sort()
                  .map((file) => join(folder, file))
            : [];
    return [
        ...inFolder(join(dir, 'llama', 'patches'), '.diff'),
        ...inFolder(join(root, 'native', 'patches'), '.patch'),
    ];
}

/**
 * Unpacks llama.cpp's source and patches it, unless that is done already.
 * A file that did not change keeps its time, so that a changed patch compiles only what it touches.
 *
 * @param {{ dir: string, bundle: string, release: string, packageVersion: string }} backends
 * @param {string} root
 * @param {string} buildDir
 * @returns {string} the folder of the patched source
 */
export function unpackSource(backends, root, buildDir) {
    const patches = listPatches(backends, root);
    const hash = createHash('sha256').update(
        `${backends.release} ${backends.packageVersion} ${statSync(backends.bundle).size}`,
    );
    for (const patch of patches) hash.update(`\0${basename(patch)}\0`).update(readFileSync(patch));
    const key = hash.digest('hex');

    const target = join(buildDir, 'llama.cpp');
    const marker = join(target, markerName);
    if (existsSync(marker) && readFileSync(marker, 'utf8') === key) return target;

    const temporary = join(buildDir, 'llama.cpp.unpacking');
    rmSync(temporary, { recursive: true, force: true });
    mkdirSync(temporary, { recursive: true });
    try {
        clone(backends.bundle, temporary, needed);
        for (const patch of patches) applyPatch(patch, temporary);
        rmSync(join(temporary, '.git'), { recursive: true, force: true });
        writeFileSync(join(temporary, markerName), key);
        if (existsSync(target)) keepTimes(target, temporary);
        rmSync(target, { recursive: true, force: true });
        renameSync(temporary, target);
    } finally {
        rmSync(temporary, { recursive: true, force: true });
    }
    return target;
}

/**
 * @param {string} bundle
 * @param {string} dir
 * @param {readonly string[]} folders those of llama.cpp's tree to unpack
 */
export function clone(bundle, dir, folders) {
    git(
        ['clone', '--quiet', '--no-checkout', bundle, dir],
        `${bundle} is no usable git bundle; reinstall node-llama-cpp`,
    );
    const failed = `llama.cpp's source does not unpack into ${dir}; is the disk full?`;
    git(['-C', dir, '-c', 'core.autocrlf=false', 'checkout', '--quiet', 'HEAD', '--', ...folders], failed);
}

/**
 * Applies a patch, all of it or none.
 *
 * @param {string} patch
 * @param {string} dir tree to patch
 */
export function applyPatch(patch, dir) {
    const mend =
        `the patch ${basename(patch)} does not apply to llama.cpp; ` +
        'bring it in line with the installed node-llama-cpp';
    // with its own (or a fresh) repository, else git apply takes the enclosing one's paths and skips everything in
    // silence
    if (!existsSync(join(dir, '.git'))) git(['init', '--quiet', dir], `git init fails in ${dir}`);
    git(['-C', dir, 'apply', '--check', patch], mend);
    git(['-C', dir, 'apply', '--whitespace=nowarn', patch], mend);
}

/**
 * @param {string[]} args
 * @param {string} failure what to say when git fails
 */
function git(args, failure) {
    // hooks and settings of the user's, or of a git command that started us, have no say here
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_')));
    const { error, status, stderr } = spawnSync('git', args, { encoding: 'utf8', env });
    if (error)
        throw new BuildError(
            'git is missing: install it (apt-get install git, brew install git, winget install Git.Git)',
        );
    if (status !== 0) throw new BuildError(`${failure} (git: ${stderr.trim().replaceAll(/\s*\n\s*/g, '; ')})`);
}

/**
 * @param {string} before
 * @param {string} after
 */
function keepTimes(before, after) {
    for (const entry of readdirSync(after, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile()) continue;
        const file = join(entry.parentPath, entry.name);
        const old = before + file.slice(after.length);
        if (!existsSync(old) || !readFileSync(old).equals(readFileSync(file))) continue;
        const { atime, mtime } = statSync(old);
        utimesSync(file, atime, mtime);
    }
}
