import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { findPackage, packageRoot } from '../../src/prebuilt/packages.mjs';
import { readLibrary, runProgram, zigEnvironment, zigPath } from './tools.mjs';

/** @import { Prebuilt } from '../../src/prebuilt/types.js' */

/**
 * Import libraries for Windows, which links with these and not with the DLLs: of ggml by the DLLs' own exports, of Node
 * by node-api-headers' definitions.
 *
 * @param {Prebuilt} prebuilt
 * @param {string} folder for them
 * @returns {Record<string, string>} CMake's variables
 */
export function importLibraries({ ggml, ggmlBase }, folder) {
    const make = (/** @type {string} */ name, /** @type {string} */ definition) => {
        const [definitions, library] = [join(folder, `${name}.def`), join(folder, `${name}.lib`)];
        writeFileSync(definitions, definition);
        runProgram(zigPath(), ['dlltool', '-m', 'i386:x86-64', '-d', definitions, '-l', library], {
            what: `Making the import library of ${name}`,
            env: zigEnvironment,
        });
        return library;
    };
    const ofDll = (/** @type {string} */ name, /** @type {string} */ dll) =>
        make(name, [`LIBRARY "${basename(dll)}"`, 'EXPORTS', ...readLibrary(dll).exports].join('\n'));
    const headers = findPackage('node-api-headers', packageRoot)?.dir;
    const symbols = ['js_native_api.def', 'node_api.def'].flatMap((file) =>
        readFileSync(join(`${headers}`, 'def', file), 'utf8')
            .split(/\r?\n/)
            .slice(2),
    );
    return {
        LN_GGML_IMPORT: ofDll('ggml', ggml),
        LN_GGML_BASE_IMPORT: ofDll('ggml-base', ggmlBase),
        CMAKE_JS_LIB: make('node', ['LIBRARY "node.exe"', 'EXPORTS', ...symbols].join('\n')),
    };
}
