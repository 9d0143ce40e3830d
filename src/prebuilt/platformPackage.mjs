// @ts-check
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { resolveBackends } from './backends.mjs';
import { BuildError } from './BuildError.mjs';
import { findPackage, packageRoot } from './packages.mjs';

/** @import { AddonFacts, Built } from './types.js' */

/** File of a platform's package that says what its addon was made for. */
export const factsName = 'addon.json';
export const factsVersion = 1;

/** @type {Readonly<Record<string, string>>} */
const systemName = { darwin: 'macos', win32: 'windows' };

/** The package that holds the addon for this platform, be it installed, published or neither. */
export const platformPackage = `@language-neurons/${systemName[process.platform] ?? process.platform}-${process.arch}`;

/**
 * The prebuilt addon of this platform, where its package is installed and fits.
 *
 * @param {{ root?: string, dir?: string | undefined, glibc?: string }} [options]
 * root: folder of language-neurons; dir: folder of the platform's package, default: where Node finds it;
 * glibc: the machine's version, empty where it has none
 * @returns {{ addon: Built } | { reason: string } | undefined} why it does not fit, with the mend; undefined:
 * there is none
 * @throws {BuildError} where it is damaged
 */
export function findPrebuilt({ root = packageRoot, dir, glibc = machineGlibc() } = {}) {
    const folder = dir ?? findPackage(platformPackage, root)?.dir;
    if (folder === undefined) return undefined;
    const facts = readFacts(folder);
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const addonPath = join(folder, facts.file);
    const reason = misfit(facts, version, glibc);
    if (reason !== undefined) return { reason };
    checkBytes(addonPath, facts);

    // with another folder, the node-llama-cpp beside it
    const backends = resolveBackends({ from: dir ?? root });
    if (backends.packageVersion !== facts.nodeLlamaCpp) {
        return {
            reason:
                `${folder} is for node-llama-cpp ${facts.nodeLlamaCpp} and ${backends.packageVersion} is installed ` +
                `in ${backends.dir}; npm install node-llama-cpp@${facts.nodeLlamaCpp}`,
        };
    }
    const ggmlDir = backends.prebuilt?.ggmlDir;
    const places = facts.ggmlFolders.map((path) => join(folder, path));
    const found = places.filter((path) => existsSync(path));
    // Windows goes by PATH
    const reachable = process.platform === 'win32' || found.some((path) => realpathSync(path) === ggmlDir);
    if (ggmlDir === undefined || !reachable) {
        const mend =
            found.length === 0
                ? 'and it is in none; npm install --include=optional'
                : `and not in ${ggmlDir}; install both packages in the same node_modules`;
        return { reason: `${addonPath} looks for ggml in ${places.join(', ')} ${mend}` };
    }
    return { addon: { addonPath, ggmlDir, release: backends.release, variants: backends.variants } };
}

/**
 * @param {string} folder
 * @returns {AddonFacts}
 */
function readFacts(folder) {
    const file = join(folder, factsName);
    /** @type {AddonFacts} */
    let facts;
    try {
        facts = JSON.parse(readFileSync(file, 'utf8'));
    } catch (cause) {
        throw new BuildError(`${file}: missing or damaged; ${reinstall()}`, { cause });
    }
    if (facts.formatVersion !== factsVersion) {
        throw new BuildError(
            `${file}: version ${facts.formatVersion} of the format, ${factsVersion} is known; ${reinstall()}`,
        );
    }
    return facts;
}

/**
 * @param {AddonFacts} facts
 * @param {string} version of language-neurons
 * @param {string} glibc
 */
function misfit({ languageNeurons, glibc: needed }, version, glibc) {
    if (languageNeurons !== version) {
        return (
            `${platformPackage} is ${languageNeurons} and language-neurons is ${version}; ` +
            `npm install ${platformPackage}@${version}`
        );
    }
    if (needed === null) return undefined;
    if (!glibc) return `${platformPackage} needs glibc ${needed}, and this system has another C library`;
    if (glibc.localeCompare(needed, 'en', { numeric: true }) >= 0) return undefined;
    return `${platformPackage} needs glibc ${needed} or newer and this system has ${glibc}; take a newer system`;
}

/**
 * @param {string} path
 * @param {AddonFacts} facts
 */
function checkBytes(path, { bytes, sha256 }) {
    let content;
    try {
        content = readFileSync(path);
    } catch (cause) {
        throw new BuildError(`${path}: missing or unreadable; ${reinstall()}`, { cause });
    }
    if (content.length === bytes && createHash('sha256').update(content).digest('hex') === sha256) return;
    throw new BuildError(`${path}: damaged, it is not the file that its ${factsName} tells of; ${reinstall()}`);
}

const reinstall = () => `reinstall it: remove node_modules/${platformPackage} and run npm install`;

/** Empty where the C library is another. */
function machineGlibc() {
    if (process.platform !== 'linux') return '';
    Object.assign(process.report, { excludeNetwork: true }); // which can take long
    const report = /** @type {{ header: Record<string, string | undefined> }} */ (process.report.getReport());
    return report.header['glibcVersionRuntime'] ?? '';
}
