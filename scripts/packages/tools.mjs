import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { BuildError } from '../../src/prebuilt/BuildError.mjs';
import { packageRoot } from '../../src/prebuilt/packages.mjs';

const requirementsPath = join(import.meta.dirname, 'requirements.txt');

/** Folder of what is downloaded for packages; git ignores it. */
export const cacheDir = join(packageRoot, '.cache', 'packages');

/**
 * Runs a program to its end.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ what: string, env?: Record<string, string>, cwd?: string }} options what: it was to do, for the error
 * @returns {string} what it wrote to stdout
 * @throws {BuildError} with the end of what it wrote as the cause
 */
export function runProgram(program, args, { what, env = {}, cwd }) {
    const { error, status, stdout, stderr } = spawnSync(program, args, {
        encoding: 'utf8',
        maxBuffer: 1 << 28,
        env: { ...process.env, ...env },
        cwd,
    });
    if (error) throw new BuildError(`${program} cannot be run (${error.message}): install it`);
    if (status === 0) return stdout;
    throw new BuildError(`${what} failed`, { cause: `${stdout}${stderr}`.split('\n').slice(-40).join('\n') });
}

/**
 * The Python packages of requirements.txt, installed where they are not yet.
 *
 * @returns {string} their folder
 */
function pythonFolder() {
    const key = createHash('sha256').update(readFileSync(requirementsPath)).digest('hex').slice(0, 12);
    const folder = join(cacheDir, `python-${key}`);
    if (existsSync(folder)) return folder;
    const part = `${folder}.${process.pid}`;
    try {
        runProgram(
            'python3',
            ['-m', 'pip', 'install', '--quiet', '--target', part, '--requirement', requirementsPath],
            {
                what: 'Installing scripts/packages/requirements.txt (pip needs Python 3 and a registry)',
            },
        );
        renameSync(part, folder);
    } finally {
        rmSync(part, { recursive: true, force: true });
    }
    return folder;
}

/** @returns {string} path of zig */
export const zigPath = () => join(pythonFolder(), 'ziglang', process.platform === 'win32' ? 'zig.exe' : 'zig');

/** @type {Readonly<Record<string, string>>} where zig keeps what it made */
export const zigEnvironment = { ZIG_GLOBAL_CACHE_DIR: join(cacheDir, 'zig') };

/**
 * What a library of any platform says of itself.
 *
 * @typedef {object} Library
 * @property {'ELF' | 'MACHO' | 'PE'} format
 * @property {string} machine such as `X86_64`, `AARCH64`, `ARM64`, `AMD64`
 * @property {string[]} needs libraries
 * @property {string[]} folders where they are looked for
 * @property {{ name: string, library: string | null, optional?: boolean }[]} imports others' symbols, with the library
 * that is to have them, where that is said; an optional one may have no owner
 * @property {string[]} exports
 * @property {string | null} glibc the newest version that a symbol asks for
 * @property {string | null} system the oldest macOS
 * @property {boolean | null} signed macOS: whether there is a signature
 */

/**
 * @param {string} file
 * @returns {Library}
 * @throws {BuildError} where it is no library
 */
export function readLibrary(file) {
    const script = join(import.meta.dirname, 'read_library.py');
    const what = `Reading ${file}`;
    return JSON.parse(runProgram('python3', [script, file], { what, env: { PYTHONPATH: pythonFolder() } }));
}
