import { spawn } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { join, relative, sep } from 'node:path';
import { createInterface } from 'node:readline';
import { BuildError } from '../../src/prebuilt/BuildError.mjs';
import { findPackage } from '../../src/prebuilt/packages.mjs';
import { processorKey } from './processor.mjs';
import { listLibraries } from './stamp.mjs';
import { findProgram } from './tools.mjs';

/** @import { Backends } from '../../src/prebuilt/types.js' */
/** @import { Lock } from './lock.mjs' */

/** What one compiler may take: the model files are compiled sixteen at a time. */
const jobBytes = 1.5e9;
const tailLines = 30;

/**
 * Runs CMake through cmake-js, configuring always (it takes a second) and compiling what changed.
 *
 * @param {object} options
 * @param {string} options.root
 * @param {string} options.buildDir
 * @param {string} options.outputDir
 * @param {string} options.sanitizedDir
 * @param {boolean} options.sanitize build the sanitized libraries, of the same parts, instead
 * @param {string} options.llamaDir
 * @param {Backends} options.backends
 * @param {string} options.compiler identity: another compiler starts afresh
 * @param {Lock} options.lock
 * @param {(line: string) => void} options.onLine
 */
export async function compile(options) {
    const { root, buildDir, outputDir, sanitizedDir, sanitize, llamaDir, backends, compiler, lock, onLine } = options;
    const treeDir = join(buildDir, 'cmake');
    const variables = cmakeVariables({ outputDir, sanitizedDir, llamaDir, backends });
    const plugins = backends.prebuilt === null ? [] : backends.plugins;
    // no part of the key below: another plugin, or another processor, leaves the rest as it is
    const ofPlugins = {
        LN_PLUGINS: plugins.join(','),
        LN_PROCESSOR: plugins.includes('cpu') ? processorKey() : '',
    };
    const generator = findProgram('ninja') ? 'ninja' : 'default';
    const key = JSON.stringify([root, compiler, generator, variables]);
    const configured = join(treeDir, 'configured.json');
    // there while the compiler runs: a killed one leaves half an object file that make would take for good
    const running = join(treeDir, 'running');
    const reusable = existsSync(configured) && !existsSync(running) && readFileSync(configured, 'utf8') === key;
    for (const dir of [treeDir, outputDir, sanitizedDir]) mkdirSync(dir, { recursive: true });
    if (!reusable) {
        // with the libraries of another mode: a ggml built from source would be found before the prebuilt one
        for (const dir of [outputDir, sanitizedDir]) {
            for (const file of listLibraries(dir)) rmSync(join(dir, file));
        }
        rmSync(treeDir, { recursive: true, force: true });
        mkdirSync(treeDir);
    }

    const cmakeJs = findPackage('cmake-js', root);
    if (!cmakeJs) throw new BuildError('cmake-js is not installed: run npm install');
    const run = (/** @type {string[]} */ command) =>
        runLogged({
            args: [
                join(cmakeJs.dir, 'bin', 'cmake-js'),
                ...command,
                '--directory',
                root,
                '--out',
                treeDir,
                '--config',
                'Release',
                ...Object.entries({ ...variables, ...ofPlugins }).map(([name, value]) => `--CD${name}=${value}`),
            ],
            log: join(buildDir, 'build.log'),
            lock,
            onLine,
        });

    rmSync(join(buildDir, 'build.log'), { force: true });
    await run(['configure']);
    writeFileSync(configured, key);

    writeFileSync(running, '');
    try {
        const jobs = Math.max(1, Math.min(availableParallelism(), Math.floor(totalmem() / jobBytes)));
        await run(['build', '--parallel', String(jobs), ...(sanitize ? ['--target', 'sanitized'] : [])]);
        if (!sanitize && backends.prebuilt !== null) {
            for (const file of listLibraries(outputDir)) {
                const plugin = /^(?:lib)?ggml-(\w+)\./.exec(file)?.[1];
                if (plugin !== undefined && !plugins.includes(plugin)) rmSync(join(outputDir, file));
            }
        }
    } finally {
        rmSync(running, { force: true });
    }
}

/**
 * @param {{ outputDir: string, sanitizedDir: string, llamaDir: string, backends: Backends }} options
 * @returns {Record<string, string>}
 */
function cmakeVariables({ outputDir, sanitizedDir, llamaDir, backends }) {
    const slashes = (/** @type {string} */ path) => path.split(sep).join('/');
    const { prebuilt, llamaVersion, plugins } = backends;
    return {
        LN_LLAMA_DIR: slashes(llamaDir),
        LN_LLAMA_NAME: prebuilt?.llamaName ?? `llama.${llamaVersion}`,
        LN_LLAMA_VERSION: llamaVersion.replace(/^v/, ''),
        LN_OUTPUT_DIR: slashes(outputDir),
        LN_SANITIZED_DIR: canSanitize(backends) ? slashes(sanitizedDir) : '',
        // cmake-js asks for the static C runtime, the prebuilt libraries have the shared one
        CMAKE_MSVC_RUNTIME_LIBRARY: 'MultiThreadedDLL',
        // ggml's own switches; a build for all GPUs takes long, CUDAARCHS in the environment names one
        ...(prebuilt === null && Object.fromEntries(plugins.map((name) => [`GGML_${name.toUpperCase()}`, 'ON']))),
        ...(prebuilt && {
            LN_GGML: slashes(prebuilt.ggml),
            LN_GGML_BASE: slashes(prebuilt.ggmlBase),
            LN_GGML_RPATH: slashes(relative(outputDir, prebuilt.ggmlDir)),
        }),
    };
}

/**
 * Where the sanitized libraries can be built: their runtime is preloaded, and they find ggml beside the others.
 *
 * @param {Backends} backends
 */
export const canSanitize = ({ prebuilt }) => process.platform === 'linux' && prebuilt !== null;

/**
 * @param {{ args: string[], log: string, lock: Lock, onLine: (line: string) => void }} options
 * @returns {Promise<void>}
 */
async function runLogged({ args, log, lock, onLine }) {
    const file = createWriteStream(log, { flags: 'a' });
    /** @type {string[]} */
    const lines = [];
    // its own process group, so that the whole of make and its compilers can be stopped
    const child = spawn(process.execPath, args, {
        stdio: ['ignore', 'pipe', 'pipe'],
        detached: process.platform !== 'win32',
    });
    lock.setChild(child.pid);
    const stop = stopWith(child);

    for (const stream of [child.stdout, child.stderr]) {
        createInterface({ input: stream }).on('line', (line) => {
            lines.push(line);
            file.write(`${line}\n`);
            onLine(line);
        });
    }
    const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
    stop.dispose();
    lock.setChild(undefined);
    await new Promise((resolve) => file.end(resolve));

    if (stop.signal) throw new BuildError(`The build was stopped by ${stop.signal}; run npm run build to go on`);
    if (code !== 0) throw new BuildError(failure(log), { cause: excerpt(lines) });
}

/** @param {import('node:child_process').ChildProcess} child */
function stopWith(child) {
    const state = { signal: /** @type {NodeJS.Signals | undefined} */ (undefined), dispose };
    const kill = (/** @type {NodeJS.Signals} */ signal) => {
        try {
            if (process.platform === 'win32' || child.pid === undefined) child.kill(signal);
            else process.kill(-child.pid, signal);
        } catch {
            // it has just ended
        }
    };
    const onSignal = (/** @type {NodeJS.Signals} */ signal) => {
        state.signal = signal;
        kill(signal);
    };
    const onExit = () => kill('SIGTERM');
    process.on('SIGINT', onSignal).on('SIGTERM', onSignal).on('exit', onExit);
    function dispose() {
        process.off('SIGINT', onSignal).off('SIGTERM', onSignal).off('exit', onExit);
    }
    return state;
}

/** @param {string} log */
function failure(log) {
    return (
        `Building llama.cpp failed; the whole log is ${log}. Mend what it says (compiler too old? memory or disk ` +
        'full?) and run npm run build'
    );
}

/**
 * The end of the log, and the first error where that is further up.
 *
 * @param {string[]} lines
 */
function excerpt(lines) {
    const tail = lines.slice(-tailLines);
    const first = lines.find((line) => /\berror\b[: ]/i.test(line));
    return [...(first === undefined || tail.includes(first) ? [] : [first, '...']), ...tail].join('\n');
}
