import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { readLibrary, zigPath } from './tools.mjs';

/** @import { Prebuilt } from '../../src/prebuilt/types.js' */
/** @import { Platform } from './platforms.mjs' */
/** @import { Library } from './tools.mjs' */

/** @type {Readonly<Record<string, { format: Library['format'], machine: string }>>} */
const kinds = {
    'linux-x64': { format: 'ELF', machine: 'X86_64' },
    'linux-arm64': { format: 'ELF', machine: 'AARCH64' },
    'macos-arm64': { format: 'MACHO', machine: 'ARM64' },
    'macos-x64': { format: 'MACHO', machine: 'X86_64' },
    'windows-x64': { format: 'PE', machine: 'AMD64' },
};
/** Libraries that every system has; of glibc, those that it had before it became one library. */
const systemLibraries = {
    ELF: /^(lib(c|m|pthread|dl|rt)\.so\.\d|ld-linux-.*\.so\.\d)$/,
    MACHO: /^\/usr\/lib\/libSystem\.B\.dylib$/,
    PE: /^(KERNEL32|ADVAPI32|ntdll|api-ms-win-crt-[a-z]+-l1-1-0)\.dll$/i,
};

/**
 * Whether an addon would load, as far as that can be told without running it: its format, what it needs, where it looks
 * for ggml, and an owner for every symbol: ggml, the system or Node.
 *
 * @param {{ platform: Platform, addon: string, prebuilt: Prebuilt, ggmlFolders: readonly string[] }} options
 * @returns {{ problems: string[], imports: Record<'ggml' | 'node' | 'system', number> }} problems, a line each; how
 * many symbols each owner has
 */
export function checkAddon({ platform, addon, prebuilt, ggmlFolders }) {
    const library = readLibrary(addon);
    const { format, machine } = /** @type {{ format: Library['format'], machine: string }} */ (kinds[platform.name]);
    const ggml = new Set([prebuilt.ggml, prebuilt.ggmlBase].flatMap((file) => readLibrary(file).exports));
    const node = nodeSymbols();
    const system = format === 'MACHO' ? macSymbols() : undefined;
    const isGgml = (/** @type {string} */ need) =>
        [prebuilt.ggml, prebuilt.ggmlBase].some((file) => basename(need) === basename(file));
    const isNode = (/** @type {string} */ need) => need.toLowerCase() === 'node.exe';

    /** @type {string[]} */
    const problems = [];
    if (library.format !== format || library.machine !== machine) {
        problems.push(`it is ${library.format} for ${library.machine}, not ${format} for ${machine}`);
    }
    for (const need of library.needs) {
        if (!isGgml(need) && !isNode(need) && !systemLibraries[format].test(need)) problems.push(`it needs ${need}`);
    }
    const folders = library.folders.map((folder) => folder.replace(/^(\$ORIGIN|@loader_path)\//, ''));
    for (const folder of ggmlFolders) {
        if (!folders.some((path) => path.split(':').some((part) => part.replace(/^\$ORIGIN\//, '') === folder)))
            problems.push(`it does not look for ggml in ${folder}`);
    }
    // Macs with Intel's processors load unsigned libraries
    if (library.signed === false && platform.cpu === 'arm64')
        problems.push('it is not signed, and Apple silicon loads nothing unsigned');
    const entry = library.exports.filter((name) =>
        /^(napi_register_module|node_api_module_get_api_version)_v1$/.test(name),
    );
    if (!entry.includes('napi_register_module_v1')) problems.push('it has no entry point for Node');
    const others = library.exports.filter((name) => /llama|ggml/.test(name));
    if (others.length > 0) problems.push(`it exports ${others.length} symbols of llama.cpp, such as ${others[0]}`);

    const imports = { ggml: 0, node: 0, system: 0 };
    for (const { name, library: owner, optional } of library.imports) {
        if (node.has(name)) imports.node++;
        else if (ggml.has(name) && (owner === null || isGgml(owner))) imports.ggml++;
        // on a Mac, what has no library named is looked for in all, as Node's functions are
        else if (
            owner === null ? system?.has(name) : systemLibraries[format].test(owner) && system?.has(name) !== false
        )
            imports.system++;
        else if (!optional) problems.push(`nothing has ${name}${owner === null ? '' : `, looked for in ${owner}`}`);
    }
    return { problems, imports };
}

function nodeSymbols() {
    const { js_native_api_symbols, node_api_symbols } = createRequire(import.meta.url)('node-api-headers').symbols.v8;
    return new Set([...js_native_api_symbols, ...node_api_symbols]);
}

/** Symbols of macOS' libSystem, by the list that zig links with. */
function macSymbols() {
    const folder = join(zigPath(), '..', 'lib', 'libc', 'darwin');
    const lists = readdirSync(folder).filter((file) => file.endsWith('.tbd'));
    const text = lists.map((file) => readFileSync(join(folder, file), 'utf8')).join('\n');
    const names = [...text.matchAll(/(?<=[\s,[']|")_([A-Za-z0-9_$.]+)/g)].map(([, name]) => `${name}`);
    return new Set([...names, 'dyld_stub_binder']); // the linker's own, without the underscore
}
