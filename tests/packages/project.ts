import { execFileSync, spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { inject } from 'vitest';
import { platformsHere, tarball } from './packed.js';

/** All that a user needs beside Node; no cmake, compiler, make, git or Python. */
const tools = ['sh', 'env', 'cat', 'cp', 'dirname', 'basename', 'ls', 'mkdir', 'mv', 'rm', 'sed', 'uname'];

/** An empty project, in which programs find Node and little else. */
export interface Project {
    readonly folder: string;
    readonly env: Readonly<Record<string, string>>;
    npm(...args: string[]): SpawnSyncReturns<string>;
    npx(...args: string[]): SpawnSyncReturns<string>;
    /** Runs a module of JavaScript in it. */
    module(code: string): SpawnSyncReturns<string>;
    remove(): void;
}

export function emptyProject(): Project {
    const folder = realpathSync(mkdtempSync(join(tmpdir(), 'language-neurons-project-')));
    const bin = binOf(folder);
    mkdirSync(bin);
    symlinkSync(process.execPath, join(bin, 'node'));
    for (const tool of tools) {
        symlinkSync(execFileSync('sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).trim(), join(bin, tool));
    }
    writeFileSync(join(folder, 'package.json'), '{ "name": "project", "private": true, "type": "module" }');
    return projectIn(folder);
}

const binOf = (folder: string): string => `${folder}-bin`;

function projectIn(folder: string): Project {
    const bin = binOf(folder);
    // npm's own settings, such as the registry, are in the home folder
    const env = { PATH: bin, HOME: process.env.HOME ?? folder, XDG_CACHE_HOME: join(folder, 'cache') };
    const run = (...args: string[]) =>
        spawnSync(process.execPath, args, { cwd: folder, env, encoding: 'utf8', maxBuffer: 1e8 });
    const npmFolder = join(dirname(realpathSync(process.execPath)), '../lib/node_modules/npm/bin');
    return {
        folder,
        env,
        npm: (...args) => run(join(npmFolder, 'npm-cli.js'), ...args),
        npx: (...args) => run(join(npmFolder, 'npx-cli.js'), '--no', ...args),
        module: (code) => {
            const file = join(folder, 'test.mjs');
            writeFileSync(file, code);
            return run(file);
        },
        remove: () => [folder, bin].forEach((path) => rmSync(path, { recursive: true, force: true })),
    };
}

/** A project with the tarballs of language-neurons and of this machine's package installed: half a minute. */
export function installProject(): Project {
    const project = emptyProject();
    const own = platformsHere.filter(({ os, cpu }) => os === process.platform && cpu === process.arch);
    const names = ['language-neurons', ...own.map(({ name }) => `language-neurons-${name}`)];
    const { status, stderr } = project.npm('install', ...names.map((name) => tarball(name)));
    if (status !== 0) throw new Error(`npm install: ${stderr}`);
    return project;
}

/** The one that `setup.ts` has installed for all tests, each of which leaves it as it was. */
export const installedProject = (): Project => projectIn(inject('installedProject'));
