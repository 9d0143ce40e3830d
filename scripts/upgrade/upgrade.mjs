// npm run upgrade -- VERSION: moves to another node-llama-cpp, and with it to another llama.cpp (docs/upgrading.md).
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { build, reportFailure } from '../build/build.mjs';
import { BuildError } from '../../src/prebuilt/BuildError.mjs';
import { findPackage, packageRoot } from '../../src/prebuilt/packages.mjs';
import { tryPatches } from './patches.mjs';
import { checkPublished, gapsOf, npm } from './registry.mjs';

const npmFiles = ['package.json', 'package-lock.json'];
const back = `to go back: git checkout ${npmFiles.join(' ')} && npm ci`;
/** What holds the adapter and the addon against llama.cpp itself. */
const contract = ['build', 'model/counting', 'model/mask', 'model/untouched', 'model/engineStates'];

const say = (/** @type {string} */ text) => process.stderr.write(`${text}\n`);

async function main() {
    const [version, ...rest] = process.argv.slice(2);
    if (version === undefined || rest.length > 0 || !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)) {
        throw new BuildError('Say which node-llama-cpp: npm run upgrade -- VERSION, for example 3.21.1');
    }
    const before = llamaVersion();
    say(`node-llama-cpp ${version}: is every platform's package in the registry?`);
    say(`  all ${checkPublished(version, packageRoot).length} are`);
    checkUnchanged();

    const work = join(packageRoot, 'build', 'upgrade');
    const tree = join(work, 'llama.cpp');
    const dir = download(version, work);
    say(`The patches, on ${llamaVersion(dir)} (now: ${before})`);
    const { applied, failed } = tryPatches({ dir, bundle: join(dir, 'llama', 'gitRelease.bundle') }, packageRoot, tree);
    for (const patch of applied) say(`  ${patch} applies`);
    if (failed !== undefined) throw new BuildError(adviceOn(failed, relative(packageRoot, tree)));

    install(version);
    say('Building');
    const goOn = (/** @type {string} */ what) =>
        `${what}; node-llama-cpp ${version} stays installed so that you can mend it; ${back}`;
    try {
        await build();
    } catch (error) {
        if (!(error instanceof BuildError)) throw error;
        throw new BuildError(goOn(error.message), { cause: error.cause });
    }
    say('The tests that hold ours against llama.cpp');
    if (
        !vitest(
            ['main', 'alone'],
            contract.map((name) => `tests/${name}`),
        )
    )
        throw new BuildError(goOn('these tests fail with the new llama.cpp'));
    say('Every architecture, counted against the reference');
    const sameTable = vitest(['architectures'], []);
    rmSync(work, { recursive: true });

    const here = git('grep', '-lF', before, '--', ':!*.svg', ':!package-lock.json').trim().split('\n').join(', ');
    say(`node-llama-cpp ${version} is installed, built and counts as llama.cpp does. What is left:`);
    if (!sameTable)
        say(
            '- the table of architectures changed, or one of them is not counted: read the failure, mend it, and ' +
                'UPDATE=1 npm run test:architectures writes docs/architectures.md',
        );
    if (here !== '') say(`- ${before} is still named in ${here}`);
    say('- npm test, npm run test:rpc, npm run test:sanitize -- --quick');
    say('- counts, before and after, of a model that you know: compare both collect files');
    say('- commit package.json, package-lock.json and whatever you mended together');
}

/** Our own changes to what is written here would be lost on the way back. */
function checkUnchanged() {
    const changed = git('status', '--porcelain', '--', ...npmFiles).trim();
    if (changed !== '') throw new BuildError(`${npmFiles.join(' or ')} is changed: commit or undo that first`);
}

/**
 * The release of llama.cpp in a folder of node-llama-cpp; by default of the installed one.
 *
 * @param {string | undefined} dir
 * @returns {string}
 */
function llamaVersion(dir = findPackage('node-llama-cpp', packageRoot)?.dir) {
    if (dir === undefined) throw new BuildError('node-llama-cpp is not installed: run npm install');
    return JSON.parse(readFileSync(join(dir, 'llama', 'llama.cpp.info.json'), 'utf8')).tag;
}

/**
 * The package beside the installed one: nothing is changed before the patches apply.
 *
 * @param {string} version
 * @param {string} work
 * @returns {string} its folder
 */
function download(version, work) {
    rmSync(work, { recursive: true, force: true });
    mkdirSync(work, { recursive: true });
    const file = npm(['pack', `node-llama-cpp@${version}`, '--silent', '--pack-destination', work], {
        cwd: packageRoot,
    }).trim();
    execFileSync('tar', ['-xzf', file], { cwd: work });
    return join(work, 'package');
}

/**
 * Installs with a whole lock, or leaves everything as it was.
 *
 * @param {string} version
 */
function install(version) {
    const kept = npmFiles.map((file) => readFileSync(join(packageRoot, file)));
    say('Installing');
    try {
        npm(['install', '--save-exact', `node-llama-cpp@${version}`], { cwd: packageRoot });
        const gaps = gapsOf(JSON.parse(readFileSync(join(packageRoot, 'package-lock.json'), 'utf8')));
        if (gaps.length > 0) throw new BuildError(`npm's lock file is not whole: ${gaps.slice(0, 3).join(', ')}`);
    } catch (error) {
        npmFiles.forEach((file, index) => writeFileSync(join(packageRoot, file), kept[index] ?? ''));
        say('This failed: installing what was there before');
        npm(['ci'], { cwd: packageRoot });
        if (error instanceof BuildError) throw error;
        throw new BuildError(`npm install of node-llama-cpp ${version} failed`, {
            cause: `${/** @type {{ stderr?: string }} */ (error).stderr ?? error}`,
        });
    }
}

/**
 * @param {import('./patches.mjs').FailedPatch} failed
 * @param {string} tree
 */
function adviceOn({ patch, file, line }, tree) {
    const where = line === undefined ? `${file}, which is not there any more` : `the hunk at line ${line} of ${file}`;
    return (
        `${patch} does not apply: first fails ${where}. Nothing is changed. ${tree} has the patches before it as ` +
        `commits, what of it applies, and the rest in *.rej: mend it there (git diff, without the .rej files, is the ` +
        `new patch), put it into native/patches, and run this again`
    );
}

/**
 * @param {string[]} projects
 * @param {string[]} filters
 */
function vitest(projects, filters) {
    const manifest = findPackage('vitest', packageRoot);
    if (!manifest) throw new BuildError('vitest is not installed: run npm install');
    const { status } = spawnSync(
        process.execPath,
        [join(manifest.dir, 'vitest.mjs'), 'run', ...projects.map((name) => `--project=${name}`), ...filters],
        { cwd: packageRoot, stdio: ['ignore', 2, 2] },
    );
    return status === 0;
}

/** @param {string[]} args */
function git(...args) {
    const { status, stdout, stderr } = spawnSync('git', args, { cwd: packageRoot, encoding: 'utf8' });
    // 1 of git grep: nothing found
    if (status !== 0 && !(args[0] === 'grep' && status === 1)) {
        throw new BuildError(`git ${args[0]} fails in ${packageRoot}: ${stderr.trim()}`);
    }
    return stdout;
}

await main().catch(reportFailure);
