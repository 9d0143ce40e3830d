// @ts-check
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BuildError } from './BuildError.mjs';
import { findPackage, packageRoot } from './packages.mjs';

/** @import { Backends, Choice, Prebuilt, ResolveOptions, Variant } from './types.js' */

const reinstallMend = 'reinstall node-llama-cpp with its optional dependencies (npm install --include=optional)';
/** node-llama-cpp's words for operating systems, where they are not Node's. */
const platformWords = new Map([
    ['darwin', 'mac'],
    ['win32', 'win'],
]);
const systemName = platformWords.get(process.platform) ?? process.platform;

/**
 * How libraries are named; what ggml loads as a plugin ends in .so on macOS too.
 *
 * @param {string} platform in node-llama-cpp's words
 */
function fileNames(platform) {
    const named = platform.split('-')[0] ?? '';
    const os = ['linux', 'mac', 'win'].includes(named) ? named : systemName;
    const plugin = os === 'win' ? '.dll' : '.so';
    return { prefix: os === 'win' ? '' : 'lib', plugin, library: os === 'mac' ? '.dylib' : plugin };
}

/**
 * Backends that can be built from source, and whether ggml is to be built with them; Metal always is, on a Mac.
 *
 * @type {Record<string, { withGgml: boolean }>}
 */
const sourcePlugins = {
    // for this very processor, in the place of the prebuilt ones for kinds of processors
    cpu: { withGgml: false },
    cuda: { withGgml: true },
    // knows of no device of its own, and goes with the prebuilt ggml too
    rpc: { withGgml: false },
    vulkan: { withGgml: true },
};

/**
 * @param {string} text names with commas between them
 * @returns {string[]} sorted
 */
export function parsePlugins(text) {
    const names = text
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== '');
    const unknown = names.find((name) => !isPlugin(name));
    if (unknown !== undefined) {
        throw new BuildError(`unknown backend ${unknown}: choose from ${Object.keys(sourcePlugins).join(', ')}`);
    }
    return [...new Set(names)].sort();
}

/** @param {string} name */
export const isPlugin = (name) => Object.hasOwn(sourcePlugins, name);

/**
 * What a build is asked for in words; undefined what was left to the last build.
 *
 * @param {{ fromSource?: boolean | undefined, prebuilt?: boolean | undefined, plugins?: string | undefined }} asked
 * @returns {Partial<Choice>}
 */
export function parseChoice({ fromSource, prebuilt, plugins: text }) {
    if (!fromSource && !prebuilt && text === undefined) return {};
    const plugins = parsePlugins(text ?? '');
    if (fromSource || plugins.some((name) => sourcePlugins[name]?.withGgml)) {
        if (plugins.includes('cpu')) {
            throw new BuildError('--with cpu is for the prebuilt ggml: leave out --from-source and what needs it');
        }
        return { fromSource: true, plugins };
    }
    return { ...(prebuilt && { fromSource: false }), plugins };
}

/** The platform in node-llama-cpp's words: what its packages of binaries are named after. */
export function currentPlatform() {
    return `${systemName}-${process.arch === 'arm' ? 'armv7l' : process.arch}`;
}

/**
 * Finds llama.cpp's source and the prebuilt ggml backends, for the build and at run time alike.
 *
 * @param {ResolveOptions} [options]
 * @returns {Backends}
 */
export function resolveBackends({
    from = packageRoot,
    platform = currentPlatform(),
    fromSource = false,
    plugins = [],
    binariesFrom,
} = {}) {
    const { packages: published, ...source } = resolveSource(from);
    const plain = `@node-llama-cpp/${platform}`;
    const packages = published.filter((name) => name === plain || name.startsWith(`${plain}-`)).sort();
    // asked for, or a platform that node-llama-cpp has no binaries for
    if (fromSource || packages.length === 0) return { ...source, platform, prebuilt: null, variants: [], plugins };

    const folders = packages.flatMap((name) => {
        const found = findPackage(name, binariesFrom ?? source.dir);
        const bins = found && join(found.dir, 'bins');
        return bins && existsSync(bins) ? readdirSync(bins).map((bin) => ({ name, dir: join(bins, bin) })) : [];
    });
    for (const folder of folders) checkRelease(folder, source);

    const prebuilt = folders.map(({ dir }) => linkedLibraries(dir, platform)).find((found) => found !== null);
    if (!prebuilt) {
        throw new BuildError(
            `No prebuilt ggml for ${platform}: looked for ${packages.join(', ')} from ${binariesFrom ?? source.dir}; ` +
                `${reinstallMend}, or build with --from-source`,
        );
    }
    return {
        ...source,
        platform,
        prebuilt,
        plugins,
        variants: listVariants(
            folders.map(({ dir }) => dir),
            prebuilt.ggmlDir,
            platform,
        ),
    };
}

/** @param {string} from */
function resolveSource(from) {
    const found = findPackage('node-llama-cpp', from);
    if (!found) throw new BuildError(`node-llama-cpp is not installed: not found from ${from}; run npm install`);
    const { dir, manifest } = found;

    const bundle = join(dir, 'llama', 'gitRelease.bundle');
    if (!existsSync(bundle)) {
        throw new BuildError(
            `llama.cpp's source is missing: no ${bundle}; reinstall node-llama-cpp ${manifest.version}`,
        );
    }
    const llamaVersion = JSON.parse(readFileSync(join(dir, 'llama', 'llama.cpp.info.json'), 'utf8')).tag;
    const { release } = JSON.parse(readFileSync(join(dir, 'llama', 'binariesGithubRelease.json'), 'utf8'));
    if (llamaVersion !== release) {
        throw new BuildError(
            `llama.cpp's source is ${llamaVersion} and its binaries are ${release}, in ${dir}; ` +
                `reinstall node-llama-cpp ${manifest.version}`,
        );
    }
    const packages = Object.keys(manifest.optionalDependencies ?? {});
    return { dir, packageVersion: manifest.version, bundle, release, llamaVersion, packages };
}

/**
 * Binaries built from another llama.cpp than the source have another ABI, and would crash or count wrongly.
 *
 * @param {{ name: string, dir: string }} folder
 * @param {{ release: string, packageVersion: string }} source
 */
function checkRelease({ name, dir }, source) {
    const file = join(dir, '_nlcBuildMetadata.json');
    // the -ext packages hold further builds of a plugin, and no metadata
    if (!existsSync(file)) return;
    const built = JSON.parse(readFileSync(file, 'utf8')).buildOptions?.llamaCpp?.release;
    if (built !== source.release) {
        throw new BuildError(
            `llama.cpp's source is ${source.release} and the binaries of ${name} are ${built}; ` +
                `install ${name}@${source.packageVersion}, the version of node-llama-cpp`,
        );
    }
}

/**
 * The libraries to link with; their names carry variant and version (libggml.vulkan.v0.4.0.so).
 *
 * @param {string} ggmlDir
 * @param {string} platform
 * @returns {Prebuilt | null} null when the folder has none
 */
function linkedLibraries(ggmlDir, platform) {
    const { prefix, library } = fileNames(platform);
    const named = (/** @type {string} */ stem) =>
        readdirSync(ggmlDir).find((file) => file.startsWith(`${prefix}${stem}.`) && file.endsWith(library));
    const [ggml, base, llama] = [named('ggml'), named('ggml-base'), named('llama')];
    if (!ggml || !base || !llama) return null;
    return {
        ggmlDir,
        ggml: join(ggmlDir, ggml),
        ggmlBase: join(ggmlDir, base),
        // ours takes the same name, so that node-llama-cpp's own addon binds to it when it is loaded first
        llamaName: llama.slice(prefix.length, -library.length),
    };
}

/**
 * @param {string[]} dirs
 * @param {string} ggmlDir
 * @param {string} [platform]
 * @returns {Variant[]}
 */
export function listVariants(dirs, ggmlDir, platform = currentPlatform()) {
    const { prefix, plugin } = fileNames(platform);
    const plugins = (/** @type {string} */ name, /** @type {string[]} */ folders) =>
        folders.map((dir) => join(dir, `${prefix}ggml-${name}${plugin}`)).filter((file) => existsSync(file));
    /** @type {Variant[]} */
    const variants = [{ name: 'cpu', dir: ggmlDir, plugins: [] }];
    for (const name of /** @type {const} */ (['metal', 'cuda', 'vulkan', 'rpc'])) {
        // fallback/ holds the plugin for an older driver: tried when the first does not load
        const found = plugins(name, [...dirs, ...dirs.map((dir) => join(dir, 'fallback'))]);
        const first = found[0];
        if (first) variants.push({ name, dir: join(first, '..'), plugins: found });
    }
    return variants;
}
