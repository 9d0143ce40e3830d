import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { basename } from 'node:path';
import { applyPatch, clone, listPatches } from '../build/source.mjs';

/**
 * Applies the patches one by one to llama.cpp's source, each a commit, until one does not apply. What of that one
 * applies is then in the tree, and what does not beside its file in FILE.rej.
 *
 * @param {{ dir: string, bundle: string }} source
 * @param {string} root of the project, with our patches
 * @param {string} tree folder to make anew
 * @returns {{ applied: string[], failed: import('./patches.mjs').FailedPatch | undefined }} names of patches
 */
export function tryPatches(source, root, tree) {
    rmSync(tree, { recursive: true, force: true });
    mkdirSync(tree, { recursive: true });
    clone(source.bundle, tree, ['.']);
    /** @type {string[]} */
    const applied = [];
    for (const patch of listPatches(source, root)) {
        const name = basename(patch);
        // in English, whatever the user's language
        const checked = git(tree, ['apply', '--check', patch]);
        if (checked.status !== 0) {
            git(tree, ['apply', '--reject', '--whitespace=nowarn', patch]);
            return { applied, failed: { patch: name, ...firstHunk(checked.stderr) } };
        }
        applyPatch(patch, tree);
        git(tree, ['add', '--all']);
        git(tree, ['-c', 'user.name=upgrade', '-c', 'user.email=upgrade@localhost', 'commit', '--quiet', '-m', name]);
        applied.push(name);
    }
    return { applied, failed: undefined };
}

/**
 * @param {string} stderr of git apply
 * @returns {{ file: string, line: number | undefined }} line: where the hunk starts; undefined: the file is not there
 */
function firstHunk(stderr) {
    const [, file, line] = /^error: patch failed: (.+):(\d+)$/m.exec(stderr) ?? [];
    if (file !== undefined) return { file, line: Number(line) };
    return { file: /^error: (.+?): /m.exec(stderr)?.[1] ?? 'the patch itself', line: undefined };
}

/**
 * @param {string} tree
 * @param {string[]} args
 */
function git(tree, args) {
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_')));
    return spawnSync('git', ['-C', tree, ...args], { encoding: 'utf8', env: { ...env, LC_ALL: 'C' } });
}
