import { execFileSync } from 'node:child_process';
import { BuildError } from '../../src/prebuilt/BuildError.mjs';

const isWindows = process.platform === 'win32';

/**
 * Runs npm, with nothing of it built.
 *
 * @param {string[]} args
 * @param {{ cwd: string }} options
 * @returns {string} its stdout
 */
export function npm(args, { cwd }) {
    return execFileSync(isWindows ? 'npm.cmd' : 'npm', args, {
        cwd,
        encoding: 'utf8',
        shell: isWindows,
        stdio: ['ignore', 'pipe', 'pipe'],
        // its words are read, also under npm run --silent
        env: { ...process.env, LANGUAGE_NEURONS_SKIP_BUILD: '1', npm_config_loglevel: 'error' },
        maxBuffer: 64e6,
    });
}

/**
 * What the registry says of a package's version.
 *
 * @param {string} name
 * @param {string} version
 * @param {string} cwd folder whose npm settings hold
 * @returns {Record<string, any> | undefined} its version and optionalDependencies; undefined: there is none
 */
function lookUp(name, version, cwd) {
    try {
        const fields = ['version', 'optionalDependencies'];
        const text = npm(['view', `${name}@${version}`, ...fields, '--json'], { cwd }).trim();
        return text === '' ? undefined : JSON.parse(text);
    } catch (error) {
        const stderr = `${/** @type {{ stderr?: string }} */ (error).stderr ?? error}`;
        if (/\bE404\b/.test(stderr)) return undefined;
        const line = stderr.split('\n').find((text) => /npm error/.test(text)) ?? stderr;
        throw new BuildError(`npm cannot ask the registry for ${name}@${version} (${line.trim()})`);
    }
}

/**
 * Whether a version of node-llama-cpp has every platform's package: a lock of one that has not holds no hashes of those
 * that are missing, and `npm ci` refuses it.
 *
 * @param {string} version
 * @param {string} cwd folder whose npm settings hold
 * @returns {string[]} names of its packages, sorted
 * @throws {BuildError} naming what is missing
 */
export function checkPublished(version, cwd) {
    const found = lookUp('node-llama-cpp', version, cwd);
    if (found?.['version'] !== version) {
        throw new BuildError(
            `node-llama-cpp ${version} is not in the registry: npm view node-llama-cpp versions lists those there`,
        );
    }
    const packages = Object.entries(/** @type {Record<string, string>} */ (found['optionalDependencies'] ?? {}));
    const missing = packages.filter(([name, exact]) => lookUp(name, exact, cwd) === undefined);
    if (missing.length > 0) {
        throw new BuildError(
            `node-llama-cpp ${version} lacks packages in this registry: ` +
                `${missing.map(([name]) => name).join(', ')}; take an older version`,
        );
    }
    return packages.map(([name]) => name).sort();
}

/**
 * What a lock file does not hold whole: packages without integrity, and those that others ask for and it has not.
 *
 * @param {{ packages: Record<string, any> }} lock package-lock.json
 * @returns {string[]}
 */
export function gapsOf({ packages }) {
    const gaps = Object.entries(packages)
        .filter(([path, { integrity, link, inBundle }]) => path !== '' && !integrity && !link && !inBundle)
        .map(([path]) => `${path} without integrity`);
    for (const [path, { optionalDependencies = {} }] of Object.entries(packages)) {
        for (const name of Object.keys(optionalDependencies)) {
            if (!foldersAbove(path).some((folder) => packages[`${folder}node_modules/${name}`]))
                gaps.push(`no ${name}`);
        }
    }
    return gaps;
}

/**
 * Where Node looks for the packages that one needs: in its own folder, then in those that it lies in.
 *
 * @param {string} path such as `node_modules/a/node_modules/b`; empty: the project's
 */
function foldersAbove(path) {
    const parts = path.split(/(?=node_modules\/)/).map((part) => part.replace(/\/?$/, '/'));
    return path === '' ? [''] : [...parts.map((_, i) => parts.slice(0, parts.length - i).join('')), ''];
}
