import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseChoice, parsePlugins, resolveBackends } from '../../src/prebuilt/backends.mjs';
import type { Choice } from '../../src/prebuilt/types.js';
import {
    changedInputs,
    choiceOf,
    computeInputs,
    readStamp,
    sourcesAreNewer,
    writeStamp,
} from '../../scripts/build/stamp.mjs';
import { folderOfTest } from '../helpers/temporaryFolder.js';
import { fakeProject, libraryFile, writeFiles } from './fakePackages.js';

const inputsOf = (root: string, compiler = 'c++ 12', choice: Partial<Choice> = {}) =>
    computeInputs({ root, backends: resolveBackends({ from: root, platform: 'test-x64', ...choice }), compiler });

test.each([
    ['a patch', 'native/patches/0001-first.patch'],
    ['a new patch', 'native/patches/0002-second.patch'],
    ['the adapter', 'native/adapter/adapter.cpp'],
    ['the addon', 'native/addon/addon.cpp'],
    ['the CMake file', 'CMakeLists.txt'],
])('%s is an input', (_, file) => {
    const root = fakeProject();
    const before = inputsOf(root);
    expect(changedInputs(before, inputsOf(root))).toEqual([]);
    writeFiles(root, { [file]: 'changed' });
    expect(changedInputs(before, inputsOf(root))).toEqual([file]);
});

test('compiler, mode and a patch of node-llama-cpp are inputs', () => {
    const root = fakeProject();
    const before = inputsOf(root);
    expect(changedInputs(before, inputsOf(root, 'c++ 13'))).toEqual(['compiler']);
    const fromSource = inputsOf(root, 'c++ 12', { fromSource: true });
    expect(changedInputs(before, fromSource)).toEqual(['ggml']);
    const withCuda = inputsOf(root, 'c++ 12', { fromSource: true, plugins: ['cuda'] });
    expect(changedInputs(fromSource, withCuda)).toEqual(['ggml']);
    expect(changedInputs(before, inputsOf(root, 'c++ 12', { plugins: ['rpc'] }))).toEqual(['ggml']);
    writeFiles(root, { 'node_modules/node-llama-cpp/llama/patches/PR-1.diff': 'x' });
    expect(changedInputs(before, inputsOf(root))).toEqual(['PR-1.diff']);
});

test('what was built from source is known again', () => {
    const root = fakeProject();
    for (const fromSource of [false, true]) {
        for (const plugins of [[], ['cuda'], ['cuda', 'rpc', 'vulkan'], ['rpc']]) {
            const inputs = inputsOf(root, 'c++ 12', { fromSource, plugins });
            expect(choiceOf({ inputs, outputs: {} })).toEqual({ fromSource, plugins });
        }
    }
    expect(choiceOf(undefined)).toEqual({ fromSource: false, plugins: [] });
});

test('what is asked for: ggml from source where a backend needs it, and what is not named as it was', () => {
    expect(parsePlugins('vulkan, cuda,cuda,')).toEqual(['cuda', 'vulkan']);
    expect(() => parsePlugins('rocm')).toThrow('rocm');
    expect(parseChoice({})).toEqual({});
    expect(parseChoice({ prebuilt: true })).toEqual({ fromSource: false, plugins: [] });
    expect(parseChoice({ fromSource: true })).toEqual({ fromSource: true, plugins: [] });
    expect(parseChoice({ plugins: 'cuda' })).toEqual({ fromSource: true, plugins: ['cuda'] });
    expect(parseChoice({ plugins: 'rpc' })).toEqual({ plugins: ['rpc'] });
    expect(parseChoice({ prebuilt: true, plugins: 'rpc' })).toEqual({ fromSource: false, plugins: ['rpc'] });
    expect(parseChoice({ fromSource: true, plugins: 'rpc' })).toEqual({ fromSource: true, plugins: ['rpc'] });
});

test('a project moved with its packages is still the same', () => {
    const root = fakeProject();
    const moved = join(folderOfTest(), 'elsewhere');
    cpSync(root, moved, { recursive: true });
    expect(changedInputs(inputsOf(root), inputsOf(moved))).toEqual([]);
});

test('a stamp stands for whole outputs only', () => {
    const dir = join(folderOfTest(), 'Release');
    expect(readStamp(dir)).toBeUndefined();

    mkdirSync(dir);
    const output = join(dir, libraryFile('llama.v1.0.0'));
    writeFileSync(output, 'library');
    writeStamp(dir, { inputs: { compiler: 'c++' }, time: new Date() });
    expect(readStamp(dir)?.inputs).toEqual({ compiler: 'c++' });

    writeFileSync(output, 'lib');
    expect(readStamp(dir)).toBeUndefined();
    rmSync(output);
    expect(readStamp(dir)).toBeUndefined();
});

test('a source saved during the build is newer than the stamp', () => {
    const root = fakeProject();
    const outputDir = join(root, 'build/Release');
    mkdirSync(outputDir, { recursive: true });
    const future = new Date(Date.now() + 60_000);
    writeStamp(outputDir, { inputs: {}, time: future });
    expect(sourcesAreNewer(root, outputDir)).toBe(false);
    writeStamp(outputDir, { inputs: {}, time: new Date(Date.now() - 60_000) });
    expect(sourcesAreNewer(root, outputDir)).toBe(true);
});
