import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { resolveBackends } from '../../src/prebuilt/backends.mjs';
import { packageRoot } from '../../src/prebuilt/packages.mjs';
import { factsName, factsVersion } from '../../src/prebuilt/platformPackage.mjs';
import { unpackSource } from '../build/source.mjs';
import { fetchBinaries } from './binaries.mjs';
import { compileAddon } from './compileAddon.mjs';
import { importLibraries } from './importLibraries.mjs';
import { commonFields, packFolder } from './mainPackage.mjs';
import { noticesName, thirdPartyNotices } from './notices.mjs';
import { readLibrary } from './tools.mjs';

/** @import { AddonFacts } from '../../src/prebuilt/types.js' */
/** @import { Platform } from './platforms.mjs' */

const addonFile = 'language_neurons.node';

/**
 * Builds `@language-neurons/<platform>`: the addon, what it was made for, and the licences of what it holds.
 *
 * @param {Platform} platform
 * @param {string} outDir gets the tarball, and what is made on the way
 * @returns {string} the tarball's path
 * @throws {import('../../src/prebuilt/BuildError.mjs').BuildError}
 */
export function packPlatform(platform, outDir) {
    const backends = resolveBackends({ platform: platform.nodeLlamaCpp, binariesFrom: fetchBinaries(platform) });
    const { prebuilt } = backends;
    if (prebuilt === null) throw new Error(`${platform.name} has no prebuilt ggml`);
    const llamaDir = unpackSource(backends, packageRoot, outDir);
    const workDir = join(outDir, platform.name);
    mkdirSync(workDir, { recursive: true });
    const onWindows = platform.os === 'win32';
    const ggmlFolders = onWindows ? [] : ggmlPlaces(platform, basename(prebuilt.ggmlDir));
    const variables = onWindows ? importLibraries(prebuilt, workDir) : {};
    const addon = compileAddon({ platform, backends, llamaDir, ggmlFolders, variables, workDir });

    const folder = join(workDir, 'package');
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    copyFileSync(addon, join(folder, addonFile));
    const { fields, version } = commonFields();
    /** @type {AddonFacts} */
    const facts = {
        formatVersion: factsVersion,
        languageNeurons: version,
        nodeLlamaCpp: backends.packageVersion,
        llamaCpp: backends.llamaVersion,
        glibc: newestGlibc([addon, ...ggmlFiles(prebuilt.ggmlDir)]),
        file: addonFile,
        bytes: statSync(addon).size,
        sha256: createHash('sha256').update(readFileSync(addon)).digest('hex'),
        ggmlFolders,
    };
    const name = `@language-neurons/${platform.name}`;
    const manifest = {
        name,
        version,
        description: `language-neurons' native part for ${platform.title}`,
        ...fields,
        os: [platform.os],
        cpu: [platform.cpu],
        ...(platform.os === 'linux' && { libc: ['glibc'] }),
        main: factsName,
        files: [addonFile, factsName, noticesName],
        // a file inside an archive cannot be loaded
        preferUnplugged: true,
        dependencies: { [platform.binaries]: backends.packageVersion },
    };
    const write = (/** @type {string} */ file, /** @type {string} */ text) => writeFileSync(join(folder, file), text);
    write('package.json', `${JSON.stringify(manifest, null, 4)}\n`);
    write(factsName, `${JSON.stringify(facts, null, 4)}\n`);
    write(noticesName, thirdPartyNotices({ llamaDir, release: backends.llamaVersion }, platform));
    write('README.md', readme(name, platform));
    copyFileSync(join(packageRoot, 'LICENSE'), join(folder, 'LICENSE'));
    return packFolder(folder, outDir);
}

/**
 * Where the package of ggml lies, from ours, in the order in which Node looks for it: inside; beside, which is where
 * npm and pnpm put it; or one node_modules further up.
 *
 * @param {Platform} platform
 * @param {string} bin
 */
const ggmlPlaces = ({ binaries }, bin) =>
    ['node_modules', '../..', '../../../..'].map((place) => `${place}/${binaries}/bins/${bin}`);

/** @param {string} dir */
const ggmlFiles = (dir) =>
    readdirSync(dir)
        .filter((file) => /^libggml.*\.so$/.test(file))
        .map((file) => join(dir, file));

/**
 * @param {string[]} files
 * @returns {string | null} the newest glibc that one of them asks for
 */
function newestGlibc(files) {
    const versions = files.flatMap((file) => readLibrary(file).glibc ?? []);
    return versions.sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1) ?? null;
}

/**
 * @param {string} name
 * @param {Platform} platform
 */
const readme = (name, { title }) =>
    `# ${name}\n\nThe native part of language-neurons for ${title}: npm installs it with language-neurons, which ` +
    `needs no compiler then.\n\n` +
    `\`${factsName}\` says which versions it goes with, \`${noticesName}\` what of others is in it.\n`;
