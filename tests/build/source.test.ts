import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { applyPatch, listPatches, unpackSource } from '../../scripts/build/source.mjs';
import { folderOfTest } from '../helpers/temporaryFolder.js';
import { writeFiles } from './fakePackages.js';

const patch = (before: string, after: string, file = 'src/a.cpp'): string =>
    `diff --git a/${file} b/${file}\n--- a/${file}\n+++ b/${file}\n@@ -1 +1 @@\n-${before}\n+${after}\n`;

/** A project, and a package with a git bundle of a tree of a few lines. */
function fakeSource(patches: Record<string, string>) {
    const dir = folderOfTest();
    const tree = join(dir, 'tree');
    writeFiles(tree, {
        'src/a.cpp': 'one\n',
        'src/b.cpp': 'two\n',
        'include/llama.h': '\n',
        'ggml/x.c': '\n',
        'cmake/y.cmake': '\n',
        LICENSE: 'MIT\n',
        'docs/unneeded.md': '\n',
    });
    const git = (...args: string[]) => execFileSync('git', args, { cwd: tree });
    git('init', '--quiet');
    git('add', '.');
    git('-c', 'user.name=test', '-c', 'user.email=test@localhost', 'commit', '--quiet', '-m', 'release');
    const bundle = join(dir, 'gitRelease.bundle');
    git('bundle', 'create', '--quiet', bundle, 'HEAD');

    writeFiles(join(dir, 'project/native/patches'), { '.keep': '', ...patches });
    const root = join(dir, 'project');
    const backends = { dir, bundle, release: 'v1.0.0', packageVersion: '9.9.9' };
    const unpack = () => unpackSource(backends, root, join(root, 'build'));
    return { root, backends, unpack };
}

test('the source is unpacked without git, patched in the order of the names', () => {
    const { unpack } = fakeSource({ '0002-b.patch': patch('half', 'done'), '0001-a.patch': patch('one', 'half') });
    const dir = unpack();
    expect(readFileSync(join(dir, 'src/a.cpp'), 'utf8')).toBe('done\n');
    expect(existsSync(join(dir, '.git'))).toBe(false);
    expect(existsSync(join(dir, 'docs'))).toBe(false);
});

test("node-llama-cpp's own patches go first", () => {
    const { root, backends } = fakeSource({ '0001-a.patch': '' });
    writeFiles(backends.dir, { 'llama/patches/PR-1.diff': '' });
    expect(listPatches(backends, root)).toEqual([
        join(backends.dir, 'llama/patches/PR-1.diff'),
        join(root, 'native/patches/0001-a.patch'),
    ]);
});

test('a patch that does not apply stops the build, is named, and leaves no tree', () => {
    const { root, unpack } = fakeSource({
        '0001-good.patch': patch('one', 'half'),
        '0002-bad.patch': patch('nowhere', 'x'),
    });
    expect(unpack).toThrow(
        expect.objectContaining({ code: 'BUILD', message: expect.stringMatching(/0002-bad\.patch does not apply/) }),
    );
    expect(readdirSync(join(root, 'build'))).toEqual([]);
});

test('a patch applies whole or not at all', () => {
    const dir = folderOfTest();
    writeFiles(dir, {
        'tree/src/a.cpp': 'one\n',
        'tree/src/b.cpp': 'two\n',
        'half.patch': patch('one', 'x') + patch('three', 'x', 'src/b.cpp'),
    });
    expect(() => applyPatch(join(dir, 'half.patch'), join(dir, 'tree'))).toThrow(/half\.patch/);
    expect(readFileSync(join(dir, 'tree/src/a.cpp'), 'utf8')).toBe('one\n');
});

test('a changed patch touches only the files that it changes', () => {
    const { root, unpack } = fakeSource({ '0001-a.patch': patch('one', 'half') });
    const dir = unpack();
    const files = ['src/a.cpp', 'src/b.cpp'].map((file) => join(dir, file));
    const long = new Date('2001-01-01');
    for (const file of files) utimesSync(file, long, long);
    const isOld = () => files.map((file) => statSync(file).mtime.getFullYear() === 2001);

    unpack();
    expect(isOld()).toEqual([true, true]);
    writeFiles(join(root, 'native/patches'), { '0001-a.patch': patch('one', 'done') });
    unpack();
    expect(isOld()).toEqual([false, true]);
    expect(readFileSync(join(dir, 'src/a.cpp'), 'utf8')).toBe('done\n');
});
