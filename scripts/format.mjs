// Formats every source file of git's (npm run format), or says which are not formatted (-- --check): TypeScript and
// JavaScript by prettier, C++ by clang-format, both to 120 columns.
import { execFileSync, spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const check = process.argv.includes('--check');
const tracked = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    encoding: 'utf8',
}).split('\0');
const files = (/** @type {RegExp} */ names) => tracked.filter((file) => names.test(file));

const require = createRequire(import.meta.url);
const program = (/** @type {string} */ name, /** @type {string} */ file) =>
    join(dirname(require.resolve(`${name}/package.json`)), file);
const run = (/** @type {string} */ script, /** @type {string[]} */ args) =>
    spawnSync(process.execPath, [script, ...args], { stdio: 'inherit' }).status === 0;

const formatted = [
    run(program('prettier', 'bin/prettier.cjs'), [
        check ? '--check' : '--write',
        '--log-level=warn',
        ...['--cache', '--cache-strategy', 'content', '--cache-location', '.cache/prettier'],
        ...files(/\.(ts|tsx|mts|mjs|js|css)$/),
    ]),
    run(program('clang-format-node', 'build/cli.js'), [
        ...(check ? ['--dry-run', '--Werror'] : ['-i']),
        ...files(/\.(cpp|h)$/),
    ]),
];
if (formatted.includes(false)) {
    if (check) console.error('npm run format formats these files');
    process.exit(1);
}
