import { spawnSync } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { BuildError } from '../../src/prebuilt/BuildError.mjs';

const cmakeMinimum = { major: 3, minor: 19 };

/** How to install what is missing. */
const installAdvice = {
    cmake: {
        linux: 'apt-get install cmake, or dnf install cmake',
        darwin: 'brew install cmake',
        win32: 'winget install Kitware.CMake',
    },
    compiler: {
        linux: 'apt-get install g++, or dnf install gcc-c++',
        darwin: 'xcode-select --install',
        win32: 'winget install Microsoft.VisualStudio.2022.BuildTools, with its C++ workload',
    },
    make: { linux: 'apt-get install make, or dnf install make', darwin: 'xcode-select --install', win32: '' },
};

/**
 * Stops with one line for the first tool that is missing.
 *
 * @param {string | undefined} compiler
 */
export function checkTools(compiler) {
    const cmake = findProgram('cmake');
    if (!cmake) throw new BuildError(`cmake is missing: install it (${mend('cmake')})`);
    const [, major, minor] = /(\d+)\.(\d+)/.exec(firstLine(cmake, ['--version'])) ?? [];
    if (
        Number(major) < cmakeMinimum.major ||
        (Number(major) === cmakeMinimum.major && Number(minor) < cmakeMinimum.minor)
    ) {
        throw new BuildError(
            `cmake ${major}.${minor} at ${cmake} is too old: ` +
                `${cmakeMinimum.major}.${cmakeMinimum.minor} or newer is needed (pip install cmake has a new one)`,
        );
    }
    if (!compiler) throw new BuildError(`A C++17 compiler is missing: install one (${mend('compiler')})`);
    if (process.platform !== 'win32' && !findProgram('ninja') && !findProgram('make')) {
        throw new BuildError(`make is missing: install it (${mend('make')})`);
    }
}

/**
 * The C++ compiler that CMake will take, by its path and the line that tells its version.
 *
 * @returns {string | undefined}
 */
export function findCompiler() {
    if (process.platform === 'win32') return findVisualStudio();
    // CXX may carry flags, as in 'ccache g++'
    const asked = process.env.CXX?.trim().split(/\s+/) ?? [];
    for (const [name, ...args] of [asked, ['c++'], ['g++'], ['clang++']]) {
        const path = name && findProgram(name);
        if (path) return [path, ...args, firstLine(path, [...args, '--version'])].join(' ');
    }
    return undefined;
}

/** @returns {string | undefined} */
function findVisualStudio() {
    const installer = join(
        process.env['ProgramFiles(x86)'] ?? 'C:\\Program Files (x86)',
        'Microsoft Visual Studio',
        'Installer',
    );
    const version = firstLine(join(installer, 'vswhere.exe'), [
        '-latest',
        '-products',
        '*',
        '-requires',
        'Microsoft.VisualStudio.Component.VC.Tools.*',
        '-property',
        'installationVersion',
    ]);
    return version ? `Visual Studio ${version}` : undefined;
}

/**
 * @param {string} name of a program on PATH, or its path
 * @returns {string | undefined}
 */
export function findProgram(name) {
    const names = process.platform === 'win32' ? [`${name}.exe`, name] : [name];
    const folders = /[/\\]/.test(name) ? [''] : (process.env.PATH ?? '').split(delimiter).filter((dir) => dir !== '');
    return folders
        .flatMap((dir) => names.map((file) => join(dir, file)))
        .find((file) => {
            try {
                accessSync(file, constants.X_OK);
                return statSync(file).isFile();
            } catch {
                return false;
            }
        });
}

/**
 * @param {string} program
 * @param {string[]} args
 */
function firstLine(program, args) {
    const { stdout } = spawnSync(program, args, { encoding: 'utf8' });
    return stdout?.split('\n')[0]?.trim() ?? '';
}

/** @param {keyof typeof installAdvice} tool */
function mend(tool) {
    const { platform } = process;
    return installAdvice[tool][platform === 'darwin' || platform === 'win32' ? platform : 'linux'];
}
