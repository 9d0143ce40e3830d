import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BuildError } from '../../src/prebuilt/BuildError.mjs';
import { packageRoot } from '../../src/prebuilt/packages.mjs';
import { cacheDir, runProgram } from './tools.mjs';

/** @import { Platform } from './platforms.mjs' */

/**
 * The prebuilt ggml of another platform: node-llama-cpp's package of it, as package-lock.json has it, installed in a
 * project of its own by npm, which checks its integrity.
 *
 * @param {Platform} platform
 * @returns {string} the project's folder
 * @throws {BuildError}
 */
export function fetchBinaries({ binaries, os, cpu }) {
    const { packages } = JSON.parse(readFileSync(join(packageRoot, 'package-lock.json'), 'utf8'));
    const entry = packages[`node_modules/${binaries}`];
    if (entry?.integrity === undefined) {
        throw new BuildError(`package-lock.json has no ${binaries} with its integrity: run npm install`);
    }
    const folder = join(cacheDir, `${binaries.split('/')[1]}-${entry.version}`);
    if (existsSync(folder)) return folder;
    const part = `${folder}.${process.pid}`;
    mkdirSync(part, { recursive: true });
    try {
        const manifest = { name: 'binaries', version: '0.0.0', dependencies: { [binaries]: entry.version } };
        writeFileSync(join(part, 'package.json'), JSON.stringify(manifest));
        const locked = { lockfileVersion: 3, ...manifest, requires: true };
        const { optional: _, ...whole } = entry;
        const files = { packages: { '': manifest, [`node_modules/${binaries}`]: whole } };
        writeFileSync(join(part, 'package-lock.json'), JSON.stringify({ ...locked, ...files }));
        // forced, as npm ci asks for this machine's platform whatever the options say
        runProgram('npm', ['ci', '--force', '--ignore-scripts', '--no-audit', `--os=${os}`, `--cpu=${cpu}`], {
            what: `Installing ${binaries}@${entry.version}`,
            cwd: part,
        });
        renameSync(part, folder);
    } finally {
        rmSync(part, { recursive: true, force: true });
    }
    return folder;
}
