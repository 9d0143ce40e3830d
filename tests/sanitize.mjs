#!/usr/bin/env node
// `npm run test:sanitize`: the model tests against the build whose addon and adapter are watched by ASan and UBSan.
// Node itself is not built with them, so their runtime is preloaded into the test workers and all they start.
// Arguments go to vitest; without any, all model tests but those listed below. --quick: those nearest to the
// addon and adapter, for every change, on the embedded model and written ones: fetched ones take the same ways through
// addon and adapter, and ten times as long.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { BuildError } from '../src/prebuilt/BuildError.mjs';
import { build, reportFailure } from '../scripts/build/build.mjs';

/** Tests that cannot run so, and why; each can be asked for by name. */
const left = {
    'tests/model/gpu.test.ts': 'minutes on a software GPU, and drivers allocate in ways of their own',
    'tests/model/draftAnswers.test.ts': 'the same',
};

/** Every call of the addon, every way of counting, masking and scoring; little through the command line. */
const quick = [
    'states',
    'failures',
    'modelInfo',
    'counting',
    'additive',
    'continuousBatching',
    'edits',
    'generate',
    'lora',
    'mask',
    'memory',
    'untouched',
    'values',
    'withNeurons',
].map((name) => `tests/model/${name}.test.ts`);

/** A runtime library of the compiler's. */
function runtime(name) {
    const { stdout = '' } = spawnSync(process.env.CXX ?? 'c++', [`-print-file-name=${name}`], { encoding: 'utf8' });
    const path = stdout.trim();
    if (!existsSync(path)) throw new BuildError(`the compiler has no ${name}: use g++, with its sanitizer libraries`);
    return realpathSync(path);
}

const found = mkdtempSync(join(tmpdir(), 'language-neurons-sanitize-'));
try {
    await build({ sanitize: true });
    const options = `log_path=${join(found, 'report')}:halt_on_error=1:print_stacktrace=1`;
    const [, , ...chosen] = process.argv;
    const whole = chosen.length === 0;
    const tests = whole
        ? ['tests/model', ...Object.keys(left).map((file) => `--exclude=${file}`)]
        : chosen.flatMap((argument) => (argument === '--quick' ? quick : [argument]));
    const fetched = chosen.includes('--quick') ? { LANGUAGE_NEURONS_MODELS: join(found, 'no models') } : {};
    const slow = ['--testTimeout=900000', '--hookTimeout=900000'];
    const { status, signal } = spawnSync(
        process.execPath,
        [resolve('node_modules/vitest/vitest.mjs'), 'run', '--project=main', '--project=alone', ...slow, ...tests],
        {
            stdio: 'inherit',
            env: {
                ...process.env,
                LANGUAGE_NEURONS_BUILD: 'sanitize',
                ...fetched,
                // Later ones need earlier ones; without libstdc++, ASan cannot see exceptions pass.
                LD_PRELOAD: ['libasan.so', 'libubsan.so', 'libstdc++.so.6'].map(runtime).join(':'),
                // Node and libraries that stay loaded leak by design.
                ASAN_OPTIONS: `${options}:detect_leaks=0:detect_stack_use_after_return=1`,
                UBSAN_OPTIONS: options,
            },
        },
    );
    // A finding ends its process; where a test expected that, the report still tells.
    const reports = readdirSync(found);
    for (const report of reports) process.stderr.write(`\n${readFileSync(join(found, report), 'utf8')}`);
    for (const [file, why] of Object.entries(left)) if (whole) process.stderr.write(`left out: ${file} (${why})\n`);
    process.stderr.write(`${reports.length} findings; vitest ended with ${signal ?? status}\n`);
    process.exitCode = status === 0 && signal === null && reports.length === 0 ? 0 : 1;
} catch (error) {
    reportFailure(error);
} finally {
    rmSync(found, { recursive: true });
}
