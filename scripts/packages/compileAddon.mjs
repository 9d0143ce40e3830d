import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { findPackage, packageRoot } from '../../src/prebuilt/packages.mjs';
import { findProgram } from '../build/tools.mjs';
import { runProgram, zigEnvironment, zigPath } from './tools.mjs';

/** @import { Backends } from '../../src/prebuilt/types.js' */
/** @import { Platform } from './platforms.mjs' */

/**
 * Compiles the addon for a platform, libllama and the neuron adapter inside.
 *
 * @param {object} options
 * @param {Platform} options.platform
 * @param {Backends} options.backends its prebuilt ggml
 * @param {string} options.llamaDir patched source
 * @param {readonly string[]} options.ggmlFolders where the addon is to look for ggml, from its own folder
 * @param {Record<string, string>} options.variables further ones of CMake's
 * @param {string} options.workDir for what is made on the way; what did not change there is not compiled again
 * @returns {string} the addon's path
 * @throws {import('../../src/prebuilt/BuildError.mjs').BuildError}
 */
export function compileAddon({ platform, backends, llamaDir, ggmlFolders, variables, workDir }) {
    const { prebuilt, llamaVersion } = backends;
    const headers = ['node-api-headers', 'node-addon-api'].map((name) => findPackage(name, packageRoot)?.dir);
    const all = {
        CMAKE_BUILD_TYPE: 'Release',
        CMAKE_TOOLCHAIN_FILE: join(import.meta.dirname, 'toolchains', `${platform.name}.cmake`),
        CMAKE_JS_INC: `${headers[0]}/include;${headers[1]}`,
        LN_INSIDE: 'ON',
        LN_LLAMA_DIR: llamaDir,
        LN_LLAMA_NAME: 'inside',
        LN_LLAMA_VERSION: llamaVersion.replace(/^v/, ''),
        LN_OUTPUT_DIR: workDir,
        LN_GGML: `${prebuilt?.ggml}`,
        LN_GGML_BASE: `${prebuilt?.ggmlBase}`,
        LN_GGML_RPATH: ggmlFolders.join(';'),
        ...variables,
    };
    const tree = join(workDir, 'cmake');
    const options = { what: `Compiling for ${platform.name}`, env: { ...zigEnvironment, LN_ZIG: zigPath() } };
    const generator = findProgram('ninja') && !existsSync(tree) ? ['-G', 'Ninja'] : [];
    runProgram(
        'cmake',
        [
            '-S',
            packageRoot,
            '-B',
            tree,
            ...generator,
            ...Object.entries(all).map(([name, value]) => `-D${name}=${value}`),
        ],
        options,
    );
    runProgram('cmake', ['--build', tree, '--parallel', String(availableParallelism())], options);
    return join(workDir, 'language_neurons.node');
}
