import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { folderOfTest } from '../helpers/temporaryFolder.js';

const prefix = process.platform === 'win32' ? '' : 'lib';
const plugin = process.platform === 'win32' ? '.dll' : '.so';
const library = process.platform === 'darwin' ? '.dylib' : plugin;

export const libraryFile = (stem: string): string => `${prefix}${stem}${library}`;
export const pluginFile = (stem: string): string => `${prefix}${stem}${plugin}`;

/** Writes files, given by their paths from a folder. */
export function writeFiles(dir: string, files: Record<string, string>): void {
    for (const [path, content] of Object.entries(files)) {
        mkdirSync(dirname(join(dir, path)), { recursive: true });
        writeFileSync(join(dir, path), content);
    }
}

export interface FakeTree {
    platform?: string;
    sourceRelease?: string;
    binariesRelease?: string;
    /** Release that the binaries of the platform's package were built from. */
    builtRelease?: string;
    /** Names after the platform: '' is the platform's own package. */
    packages?: string[];
    /** Put the packages of binaries below node-llama-cpp, as npm does when it can't hoist them. */
    nested?: boolean;
}

/** A project with node-llama-cpp and its packages of binaries, all files empty that nobody reads. */
export function fakeProject({
    platform = 'test-x64',
    sourceRelease = 'v1.0.0',
    binariesRelease = sourceRelease,
    builtRelease = binariesRelease,
    packages = ['', '-vulkan', '-cuda', '-cuda-ext'],
    nested = false,
}: FakeTree = {}): string {
    const root = folderOfTest();
    const main = 'node_modules/node-llama-cpp';
    const optionalDependencies = Object.fromEntries(
        ['', '-vulkan', '-cuda', '-cuda-ext'].map((ending) => [`@node-llama-cpp/${platform}${ending}`, '9.9.9']),
    );
    writeFiles(root, {
        'package.json': '{ "name": "project" }',
        'CMakeLists.txt': '',
        'native/adapter/adapter.cpp': '',
        'native/patches/0001-first.patch': '',
        [`${main}/package.json`]: JSON.stringify({
            name: 'node-llama-cpp',
            version: '9.9.9',
            main: 'dist/index.js',
            optionalDependencies,
        }),
        [`${main}/dist/index.js`]: '',
        [`${main}/llama/gitRelease.bundle`]: '',
        [`${main}/llama/llama.cpp.info.json`]: JSON.stringify({ tag: sourceRelease }),
        [`${main}/llama/binariesGithubRelease.json`]: JSON.stringify({ release: binariesRelease }),
    });
    for (const ending of packages) {
        writeFiles(
            join(root, nested ? main : '', 'node_modules', '@node-llama-cpp', platform + ending),
            binaries(platform, ending, builtRelease),
        );
    }
    return root;
}

function binaries(platform: string, ending: string, release: string): Record<string, string> {
    const bins = `bins/${platform}${ending.replace('-ext', '')}`;
    const variant = ending.slice(1);
    const named = variant === '' ? '' : `.${variant}`;
    const files = {
        'package.json': JSON.stringify({ name: `@node-llama-cpp/${platform}${ending}`, main: 'index.js' }),
        'index.js': '',
    };
    // as the real one: nothing but the plugin for an older driver
    if (variant === 'cuda-ext') return { ...files, [`${bins}/fallback/${pluginFile('ggml-cuda')}`]: '' };
    return {
        ...files,
        [`${bins}/_nlcBuildMetadata.json`]: JSON.stringify({ buildOptions: { llamaCpp: { release } } }),
        [`${bins}/${libraryFile(`ggml${named}.${release}`)}`]: '',
        [`${bins}/${libraryFile('ggml-base')}`]: '',
        [`${bins}/${libraryFile(`llama${named}.${release}`)}`]: '',
        [`${bins}/${libraryFile('llama-common')}`]: '',
        ...(variant !== '' && { [`${bins}/${pluginFile(`ggml-${variant}`)}`]: '' }),
    };
}
