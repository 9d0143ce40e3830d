import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { resolveBackends } from '../../src/prebuilt/backends.mjs';
import { packageRoot } from '../../src/prebuilt/packages.mjs';
import { unpackSource } from '../build/source.mjs';
import { noticesName, thirdPartyNotices } from './notices.mjs';
import { platforms } from './platforms.mjs';
import { runProgram } from './tools.mjs';

/**
 * Packs language-neurons itself, with the platforms' packages as its optional dependencies. They are named here and not
 * in package.json: package-lock.json could not hold them with their integrity before they are published, and a clone
 * would take whatever has that name in its registry.
 *
 * @param {string} outDir gets the tarball, and what is made on the way
 * @returns {string} the tarball's path
 * @throws {import('../../src/prebuilt/BuildError.mjs').BuildError}
 */
export function packMain(outDir) {
    const folder = join(outDir, 'language-neurons');
    rmSync(folder, { recursive: true, force: true });
    copyBuilt(join(folder, 'dist'));
    removeTypings(join(folder, 'dist'), ['index.d.ts', 'files.d.ts']);
    const { devDependencies: _, scripts, ...manifest } = readManifest();
    const copied = manifest.files.filter((/** @type {string} */ file) => !/^!?dist\b/.test(file));
    for (const file of ['README.md', 'LICENSE', ...copied, ...shownFiles()])
        cpSync(join(packageRoot, file), join(folder, file), { recursive: true });
    const packed = {
        ...manifest,
        ...commonFields().fields,
        files: [...manifest.files, ...shownFiles(), noticesName],
        scripts: { install: scripts.install, build: 'node scripts/build/build.mjs' },
        optionalDependencies: Object.fromEntries(
            platforms.map(({ name }) => [`@language-neurons/${name}`, manifest.version]),
        ),
    };
    writeFileSync(join(folder, 'package.json'), `${JSON.stringify(packed, null, 4)}\n`);
    const backends = resolveBackends();
    const llamaDir = unpackSource(backends, packageRoot, outDir);
    writeFileSync(join(folder, noticesName), thirdPartyNotices({ llamaDir, release: backends.llamaVersion }));
    return packFolder(folder, outDir);
}

/**
 * Copies what `npm run package` and test:packages begin with making in dist, but for what has gone from src, and maps
 * to sources that are not packed. Typings keep their comments, code does not: they are a seventh of what is packed
 * beside the model.
 *
 * @param {string} outDir
 */
function copyBuilt(outDir) {
    const dist = join(packageRoot, 'dist');
    const page = join('explore', 'page');
    for (const file of readdirSync(dist, { recursive: true }).map(String)) {
        const [, name, ending] = /^(.*?)(\.d\.m?ts|\.m?js)$/.exec(file) ?? [];
        const source = ['.ts', '.mjs'].find((type) => existsSync(join(packageRoot, 'src', `${name}${type}`)));
        if (file.startsWith(page) || source === undefined) continue;
        mkdirSync(dirname(join(outDir, file)), { recursive: true });
        const text = readFileSync(join(dist, file), 'utf8');
        writeFileSync(join(outDir, file), ending?.endsWith('js') ? withoutComments(text) : text);
    }
    cpSync(join(dist, page), join(outDir, page), { recursive: true });
}

const printer = ts.createPrinter({ removeComments: true, newLine: ts.NewLineKind.LineFeed });

/** @param {string} code that is compiled already: it is read and printed, not compiled once more */
function withoutComments(code) {
    const { ESNext } = ts.ScriptTarget;
    return printer.printFile(ts.createSourceFile('module.js', code, ESNext, true, ts.ScriptKind.JS));
}

/**
 * Removes typings that nobody can import: those that the entries do not import, directly or not.
 *
 * @param {string} dist
 * @param {string[]} entries
 */
function removeTypings(dist, entries) {
    const reached = new Set(entries);
    for (const file of reached) {
        if (!existsSync(join(dist, file))) continue; // of an import that is no file of ours
        const text = readFileSync(join(dist, file), 'utf8');
        for (const [, path] of text.matchAll(/(?:from |import\()['"](\.[^'"]+)['"]/g))
            reached.add(join(dirname(file), `${path}`).replace(/\.(m?)js$/, '.d.$1ts'));
    }
    const all = readdirSync(dist, { recursive: true }).map(String);
    for (const file of all.filter((name) => /\.d\.m?ts$/.test(name) && !reached.has(name))) rmSync(join(dist, file));
}

/** The pictures of the README. */
function shownFiles() {
    const text = readFileSync(join(packageRoot, 'README.md'), 'utf8');
    return [...text.matchAll(/!\[[^\]]*\]\((?!https?:)([^)\s]+)\)/g)].map(([, path]) => `${path}`);
}

const readManifest = () => JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8'));

/** Fields that all packages share, and the version that they share too. */
export function commonFields() {
    const { version, license, engines, publishConfig } = readManifest();
    const url = process.env.LANGUAGE_NEURONS_REPOSITORY ?? originOf();
    const fields = { license, engines, ...(url && { repository: { type: 'git', url } }), publishConfig };
    return { fields, version };
}

/**
 * Where the clone comes from: npm compares it with the place that a provenance was made in. A folder of this machine is
 * no such place.
 */
function originOf() {
    try {
        const what = { what: 'git', cwd: packageRoot };
        const origin = runProgram('git', ['config', '--get', 'remote.origin.url'], what).trim();
        return /^(https?|ssh|git):\/\/|^[^/:]+@[^/:]+:/.test(origin) ? origin : '';
    } catch {
        return '';
    }
}

/**
 * @param {string} folder of a package
 * @param {string} outDir
 * @returns {string} the tarball's path
 */
export function packFolder(folder, outDir) {
    const told = runProgram('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', outDir], {
        what: `npm pack in ${folder}`,
        cwd: folder,
    });
    return join(outDir, JSON.parse(told)[0].filename);
}
