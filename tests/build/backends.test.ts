import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { resolveBackends } from '../../src/prebuilt/backends.mjs';
import { folderOfTest } from '../helpers/temporaryFolder.js';
import { fakeProject, libraryFile, pluginFile, type FakeTree } from './fakePackages.js';

const platform = 'test-x64';
const resolveFake = (tree: FakeTree = {}) => resolveBackends({ from: fakeProject(tree), platform });

describe('the backends of an installation', () => {
    test.each([{ nested: false }, { nested: true }])('are found where npm put them (nested: $nested)', ({ nested }) => {
        const from = fakeProject({ nested });
        const backends = resolveBackends({ from, platform });
        const packages = join(from, nested ? 'node_modules/node-llama-cpp' : '', 'node_modules/@node-llama-cpp');
        const ggmlDir = join(packages, platform, 'bins', platform);
        expect(backends).toMatchObject({
            release: 'v1.0.0',
            llamaVersion: 'v1.0.0',
            packageVersion: '9.9.9',
            platform,
            prebuilt: {
                ggmlDir,
                ggml: join(ggmlDir, libraryFile('ggml.v1.0.0')),
                ggmlBase: join(ggmlDir, libraryFile('ggml-base')),
                llamaName: 'llama.v1.0.0',
            },
        });
        expect(backends.variants).toEqual([
            { name: 'cpu', dir: ggmlDir, plugins: [] },
            {
                name: 'cuda',
                dir: join(packages, 'test-x64-cuda/bins/test-x64-cuda'),
                plugins: [
                    join(packages, 'test-x64-cuda/bins/test-x64-cuda', pluginFile('ggml-cuda')),
                    join(packages, 'test-x64-cuda-ext/bins/test-x64-cuda/fallback', pluginFile('ggml-cuda')),
                ],
            },
            {
                name: 'vulkan',
                dir: join(packages, 'test-x64-vulkan/bins/test-x64-vulkan'),
                plugins: [join(packages, 'test-x64-vulkan/bins/test-x64-vulkan', pluginFile('ggml-vulkan'))],
            },
        ]);
    });

    test('may be the CPU alone', () => {
        expect(resolveFake({ packages: [''] }).variants.map(({ name }) => name)).toEqual(['cpu']);
    });

    test('are built from source on a platform that has none', () => {
        const backends = resolveBackends({ from: fakeProject(), platform: 'plan9-mips' });
        expect(backends).toMatchObject({ prebuilt: null, variants: [] });
    });

    test('are built from source when asked for', () => {
        expect(resolveBackends({ from: fakeProject(), platform, fromSource: true }).prebuilt).toBeNull();
    });
});

describe('a broken installation is refused, with the mend', () => {
    const refused = (pattern: RegExp) =>
        expect.objectContaining({ code: 'BUILD', message: expect.stringMatching(pattern) });

    test('binaries of another release than the source', () => {
        expect(() => resolveFake({ builtRelease: 'v0.9.0' })).toThrow(
            refused(
                /source is v1\.0\.0 and the binaries of @node-llama-cpp\/test-x64 are v0\.9\.0; install .*@9\.9\.9/,
            ),
        );
    });

    test('a source of another release than the package says', () => {
        expect(() => resolveFake({ binariesRelease: 'v0.9.0' })).toThrow(
            refused(/source is v1\.0\.0 and its binaries are v0\.9\.0.*reinstall/),
        );
    });

    test('no package of binaries', () => {
        expect(() => resolveFake({ packages: [] })).toThrow(
            refused(
                /No prebuilt ggml for test-x64: looked for @node-llama-cpp\/test-x64, .*-vulkan.*optional.*--from-source/,
            ),
        );
    });

    test('no llama.cpp source', () => {
        const from = fakeProject();
        rmSync(join(from, 'node_modules/node-llama-cpp/llama/gitRelease.bundle'));
        expect(() => resolveBackends({ from, platform })).toThrow(
            refused(/source is missing.*reinstall node-llama-cpp 9\.9\.9/),
        );
    });

    test('no node-llama-cpp', () => {
        expect(() => resolveBackends({ from: folderOfTest(), platform })).toThrow(
            refused(/not installed.*npm install/),
        );
    });
});
