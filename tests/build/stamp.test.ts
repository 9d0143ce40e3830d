import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseGpus, resolveBackends } from '../../scripts/build/backends.mjs';
import { changedInputs, computeInputs, readStamp, sourcesAreNewer, wasFromSource, writeStamp } from '../../scripts/build/stamp.mjs';
import { fakeProject, libraryFile, temporaryFolder, writeFiles } from './fakePackages.js';

const inputsOf = (root: string, compiler = 'c++ 12', fromSource: readonly string[] | false = false) =>
    computeInputs({ root, backends: resolveBackends({ from: root, platform: 'test-x64', fromSource }), compiler });

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
    expect(changedInputs(before, inputsOf(root, 'c++ 12', []))).toEqual(['ggml']);
    expect(changedInputs(inputsOf(root, 'c++ 12', []), inputsOf(root, 'c++ 12', ['cuda']))).toEqual(['ggml']);
    writeFiles(root, { 'node_modules/node-llama-cpp/llama/patches/PR-1.diff': 'x' });
    expect(changedInputs(before, inputsOf(root))).toEqual(['PR-1.diff']);
});

test('a build from source is known again, with its GPU backends', () => {
    const root = fakeProject();
    for (const gpus of [false, [], ['cuda'], ['cuda', 'vulkan']] as const) {
        expect(wasFromSource({ inputs: inputsOf(root, 'c++ 12', gpus), outputs: {} })).toEqual(gpus);
    }
    expect(wasFromSource(undefined)).toBe(false);
    expect(parseGpus('vulkan, cuda,cuda,')).toEqual(['cuda', 'vulkan']);
    expect(() => parseGpus('rocm')).toThrow('rocm');
});

test('a project moved with its packages is still the same', () => {
    const root = fakeProject();
    const moved = join(temporaryFolder(), 'elsewhere');
    cpSync(root, moved, { recursive: true });
    expect(changedInputs(inputsOf(root), inputsOf(moved))).toEqual([]);
});

test('a stamp stands for whole outputs only', () => {
    const dir = join(temporaryFolder(), 'Release');
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
