import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tryPatches } from '../../scripts/upgrade/patches.mjs';
import { gapsOf } from '../../scripts/upgrade/registry.mjs';
import { folderOfTest } from '../helpers/temporaryFolder.js';
import { writeFiles } from './fakePackages.js';

const lock = () => JSON.parse(readFileSync('package-lock.json', 'utf8'));

describe('the lock file', () => {
    it('has every package with its hash, those of other platforms too', () => {
        const { packages } = lock();
        expect(gapsOf({ packages })).toEqual([]);
        const asked = packages['node_modules/node-llama-cpp'].optionalDependencies;
        expect(Object.keys(asked).length).toBeGreaterThan(10);
    });

    it('with a package or a hash missing is not whole', () => {
        const { packages } = lock();
        delete packages['node_modules/@node-llama-cpp/mac-x64'];
        delete packages['node_modules/@node-llama-cpp/win-x64'].integrity;
        expect(gapsOf({ packages }).sort()).toEqual([
            'no @node-llama-cpp/mac-x64',
            'node_modules/@node-llama-cpp/win-x64 without integrity',
        ]);
    });
});

describe('trying the patches', () => {
    /** Of line `at` of src/a.cpp, with the lines around it. */
    const within = (at: number, before: string, after: string) =>
        `@@ -${at - 1},3 +${at - 1},3 @@\n line ${at - 1}\n-${before}\n+${after}\n line ${at + 1}\n`;
    const hunk = (at: number, before: string, after: string) => `@@ -${at} +${at} @@\n-${before}\n+${after}\n`;
    const file = (name: string, ...hunks: string[]) =>
        `diff --git a/${name} b/${name}\n--- a/${name}\n+++ b/${name}\n${hunks.join('')}`;

    function source(patches: Record<string, string>) {
        const dir = folderOfTest();
        const lines = Array.from({ length: 30 }, (_, index) => `line ${index + 1}\n`).join('');
        const git = (...args: string[]) => execFileSync('git', args, { cwd: join(dir, 'tree') });
        writeFiles(dir, { 'tree/src/a.cpp': lines, 'tree/src/b.cpp': 'one\n' });
        git('init', '--quiet');
        git('add', '.');
        git('-c', 'user.name=test', '-c', 'user.email=test@localhost', 'commit', '--quiet', '-m', 'release');
        const bundle = join(dir, 'gitRelease.bundle');
        git('bundle', 'create', '--quiet', bundle, 'HEAD');
        writeFiles(join(dir, 'project/native/patches'), patches);
        const tree = join(dir, 'tried');
        return { tree, tried: tryPatches({ dir, bundle }, join(dir, 'project'), tree) };
    }

    it('names the first hunk that fails, and keeps what came before it', () => {
        const { tree, tried } = source({
            '0001-b.patch': file('src/b.cpp', hunk(1, 'one', 'two')),
            '0002-a.patch': file(
                'src/a.cpp',
                within(3, 'line 3', 'changed'),
                within(20, 'moved away', 'x'),
                within(28, 'gone', 'x'),
            ),
            '0003-never.patch': '',
        });
        expect(tried.applied).toEqual(['0001-b.patch']);
        expect(tried.failed).toEqual({ patch: '0002-a.patch', file: 'src/a.cpp', line: 19 });
        expect(readFileSync(join(tree, 'src/b.cpp'), 'utf8')).toBe('two\n');
        expect(readFileSync(join(tree, 'src/a.cpp'), 'utf8')).toContain('changed');
        expect(readFileSync(join(tree, 'src/a.cpp.rej'), 'utf8')).toContain('moved away');
        const subject = execFileSync('git', ['-C', tree, 'log', '-1', '--format=%s'], { encoding: 'utf8' });
        expect(subject).toBe('0001-b.patch\n');
    });

    it('names a file that is not there any more', () => {
        const { tried } = source({ '0001-c.patch': file('src/c.cpp', hunk(1, 'one', 'two')) });
        expect(tried).toEqual({
            applied: [],
            failed: { patch: '0001-c.patch', file: 'src/c.cpp', line: undefined },
        });
    });

    it('finds no fault with those that apply', () => {
        const { tried } = source({ '0001-b.patch': file('src/b.cpp', hunk(1, 'one', 'two')) });
        expect(tried).toEqual({ applied: ['0001-b.patch'], failed: undefined });
    });
});

describe('npm run upgrade', () => {
    // a registry of two versions of node-llama-cpp, the newer of which lacks the package of one platform
    const published: Readonly<Record<string, readonly string[]>> = {
        'node-llama-cpp': ['1.0.0', '2.0.0'],
        '@node-llama-cpp/linux-x64': ['1.0.0', '2.0.0'],
        '@node-llama-cpp/mac-x64': ['1.0.0'],
    };
    const server = createServer((request, response) => {
        const name = decodeURIComponent((request.url ?? '').slice(1));
        const versions = published[name] ?? [];
        const manifest = (version: string) => ({
            name,
            version,
            dist: { tarball: 'http://localhost:1/none.tgz', shasum: '0'.repeat(40) },
            ...(name === 'node-llama-cpp' && {
                optionalDependencies: { '@node-llama-cpp/linux-x64': version, '@node-llama-cpp/mac-x64': version },
            }),
        });
        response.statusCode = versions.length === 0 ? 404 : 200;
        response.setHeader('content-type', 'application/json');
        response.end(
            JSON.stringify({
                name,
                'dist-tags': { latest: versions.at(-1) },
                versions: Object.fromEntries(versions.map((version) => [version, manifest(version)])),
            }),
        );
    });
    beforeAll(() => new Promise<void>((done) => server.listen(0, 'localhost', done)));
    afterAll(() => new Promise((done) => server.close(done)));

    async function upgrade(...args: string[]) {
        const before = [readFileSync('package.json', 'utf8'), readFileSync('package-lock.json', 'utf8')];
        const { port } = server.address() as AddressInfo;
        const child = spawn(process.execPath, ['scripts/upgrade/upgrade.mjs', ...args], {
            env: {
                ...process.env,
                npm_config_registry: `http://localhost:${port}/`,
                npm_config_cache: folderOfTest(),
                npm_config_fetch_retries: '0',
            },
        });
        let stderr = '';
        child.stderr.on('data', (data) => (stderr += data));
        const status = await new Promise((done) => child.on('close', done));
        expect([readFileSync('package.json', 'utf8'), readFileSync('package-lock.json', 'utf8')]).toEqual(before);
        return { status, stderr };
    }

    it.each([
        ['no version', [], /npm run upgrade -- VERSION/],
        ['no version by its number', ['latest'], /npm run upgrade -- VERSION/],
        ['a version that is not published', ['9.9.9'], /node-llama-cpp 9\.9\.9 is not in the registry/],
        ['one without a platform', ['2.0.0'], /2\.0\.0 lacks packages in this registry: @node-llama-cpp\/mac-x64;/],
    ])('%s: says so in one line and changes nothing', async (_, args, message) => {
        const { status, stderr } = await upgrade(...args);
        expect(status).toBe(1);
        expect(stderr.trim().split('\n').at(-1)).toMatch(message);
    });
});
