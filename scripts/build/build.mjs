#!/usr/bin/env node
import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { parseChoice, resolveBackends } from '../../src/prebuilt/backends.mjs';
import { BuildError } from '../../src/prebuilt/BuildError.mjs';
import { canSanitize, compile } from './compile.mjs';
import { describeBuild, folderOf } from './current.mjs';
import { takeLock } from './lock.mjs';
import { packageRoot } from '../../src/prebuilt/packages.mjs';
import { showProgress, trackProgress } from './progress.mjs';
import { unpackSource } from './source.mjs';
import { changedInputs, choiceOf, computeInputs, readStamp, removeStamp, touchStamp, writeStamp } from './stamp.mjs';
import { checkTools, findCompiler } from './tools.mjs';

/** @import { BuildOptions, Made } from './build.mjs' */

/**
 * Brings the addon and libllama up to date; does nothing when they are.
 *
 * @param {BuildOptions} [options]
 * @returns {Promise<Made>}
 */
export async function build({
    root = packageRoot,
    fromSource,
    plugins,
    sanitize = false,
    quiet = false,
    progress,
} = {}) {
    const say = quiet ? () => {} : (/** @type {string} */ text) => process.stderr.write(`${text}\n`);
    const buildDir = join(root, 'build');
    const [releaseDir, sanitizedDir] = [folderOf(root, false), folderOf(root, true)];
    const outputDir = folderOf(root, sanitize);
    // once from source, from source until told otherwise
    const last = choiceOf(readStamp(releaseDir));
    const choice = { fromSource: fromSource ?? last.fromSource, plugins: plugins ?? last.plugins };
    const backends = resolveBackends({ from: root, ...choice });
    if (sanitize && !canSanitize(backends)) {
        throw new BuildError('A sanitized build is made on Linux, with the prebuilt ggml: leave --sanitize out there');
    }
    if (choice.plugins.includes('cpu') && process.platform !== 'linux') {
        throw new BuildError('--with cpu is for Linux: leave it out there, the prebuilt CPU backends are good');
    }
    const compiler = findCompiler();

    const look = () => {
        const time = new Date();
        const stamp = readStamp(outputDir);
        // where there is no compiler any more, what is built stays good
        const inputs = computeInputs({ root, backends, compiler: compiler ?? stamp?.inputs['compiler'] });
        const changed = stamp && changedInputs(stamp.inputs, inputs);
        if (changed?.length === 0) touchStamp(outputDir, time);
        return { time, inputs, changed };
    };
    if (look().changed?.length === 0) return describeBuild(outputDir, backends, false);
    checkTools(compiler);

    let lock;
    try {
        lock = await takeLock(join(buildDir, 'lock'), ({ pid }) => say(`Waiting for the build of process ${pid}`));
        // another process may have built it while we waited
        const { time, inputs, changed } = look();
        if (changed?.length === 0) return describeBuild(outputDir, backends, false);
        if (changed) say(`Building again, for what changed: ${changed.join(', ')}`);
        if (!backends.prebuilt && !choice.fromSource) {
            say(`No prebuilt ggml for ${backends.platform}: building it from source too`);
        }

        removeStamp(outputDir);
        const llamaDir = unpackSource(backends, root, buildDir);
        const onLine = trackProgress(progress ?? (quiet ? () => {} : showProgress()));
        await compile({
            root,
            buildDir,
            outputDir: releaseDir,
            sanitizedDir,
            sanitize,
            llamaDir,
            backends,
            lock,
            compiler: `${compiler}`,
            onLine,
        });
        writeStamp(outputDir, { inputs, time });
        return describeBuild(outputDir, backends, true);
    } catch (error) {
        throw explainDiskError(error, buildDir);
    } finally {
        lock?.release();
    }
}

/**
 * @param {unknown} error
 * @param {string} dir
 */
function explainDiskError(error, dir) {
    const { code } = /** @type {NodeJS.ErrnoException} */ (error);
    if (code === 'ENOSPC')
        return new BuildError(`No space left for the build in ${dir}: it needs 150 MB`, { cause: error });
    if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
        return new BuildError(
            `The build cannot write to ${dir} (${code}): ` + 'run npm rebuild language-neurons once as a user who can',
            { cause: error },
        );
    }
    return error;
}

/** @param {unknown} error */
export function reportFailure(error) {
    if (!(error instanceof BuildError)) throw error;
    // in place of the line of progress
    if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
    if (typeof error.cause === 'string') process.stderr.write(`\n${error.cause}\n\n`);
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
}

async function main() {
    const { values } = parseArgs({
        options: {
            // neither: as the last time, at first prebuilt
            'from-source': { type: 'boolean' },
            // backends to build from source
            with: { type: 'string' },
            prebuilt: { type: 'boolean' },
            // the addon and the adapter under ASan and UBSan, beside the usual build
            sanitize: { type: 'boolean', default: false },
            quiet: { type: 'boolean', default: false },
        },
    });
    const start = performance.now();
    const { sanitize, quiet, prebuilt } = values;
    const choice = parseChoice({ fromSource: values['from-source'], prebuilt, plugins: values.with });
    const { built, addonPath } = await build({ ...choice, sanitize, quiet });
    const seconds = Math.round((performance.now() - start) / 1000);
    if (!quiet && built) {
        process.stderr.write(
            existsSync(addonPath)
                ? `Built ${addonPath} in ${seconds} s\n`
                : `Built libllama in ${seconds} s; native/addon has no sources yet\n`,
        );
    }
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
    await main().catch(reportFailure);
}
