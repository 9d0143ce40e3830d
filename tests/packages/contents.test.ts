import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { contents, outDir, platformsHere, tarball } from './packed.js';

const megabyte = 1e6;
const textOf = (path: string, file: string): string =>
    execFileSync('tar', ['xzOf', path, `package/${file}`], { encoding: 'utf8', maxBuffer: 1e8 });

describe('language-neurons', () => {
    /** All that may be in it; what is compiled has its types beside it. */
    const expected = [
        /^(package\.json|README\.md|LICENSE|THIRD-PARTY\.md|CHANGELOG\.md|CMakeLists\.txt|binding\.gyp)$/,
        /^dist\/[\w/-]+\.(js|d\.ts|mjs|d\.mts)$/,
        /^dist\/explore\/page\/(index\.html|assets\/[\w-]+\.(css|js))$/, // the page, built
        /^(scripts\/figures|docs)\/[\w/-]+\.(svg|png)$/, // the README's
        /^native\/(adapter|addon|products)\/[\w-]+\.(cpp|h|map)$/,
        /^native\/patches\/\d{4}-[\w-]+\.patch$/,
        /^scripts\/build\/[\w-]+\.(mjs|d\.mts|cmake)$/,
        /^src\/prebuilt\/\w+\.(mjs|ts)$/,
        /^src\/embedded\/[\w/-]+\.(gguf|svg|jsonl|tsv|txt)$/,
    ];

    it('holds what it should and nothing else', () => {
        const files = [...contents(tarball('language-neurons')).keys()];
        expect(files.filter((file) => !expected.some((pattern) => pattern.test(file)))).toEqual([]);
        expect(expected.filter((pattern) => !files.some((file) => pattern.test(file)))).toEqual([]);
    });

    it('has every file that its package.json, its README and its own imports name', () => {
        const files = contents(tarball('language-neurons'));
        const { bin, exports } = manifest();
        const readme = textOf(tarball('language-neurons'), 'README.md');
        const shown = [...readme.matchAll(/!\[[^\]]*\]\((?!https?:)([^)\s]+)\)/g)].map(([, path]) => path!);
        for (const file of [bin['language-neurons'], exports['.'].types, exports['.'].default, ...shown])
            expect([...files.keys()]).toContain(file.replace(/^\.\//, ''));
        for (const file of files.keys()) {
            if (!/^(dist|scripts)\/.*\.m?js$/.test(file)) continue;
            const source = readFileSync(join(outDir, 'language-neurons', file), 'utf8');
            for (const [, path] of source.matchAll(/^(?:import|export)\b[^;]*?'(\.{1,2}\/[^']+)';/gm)) {
                const target = join(file, '..', path!).replaceAll('\\', '/');
                expect(existsSync(join(outDir, 'language-neurons', target)), `${file} imports ${path}`).toBe(true);
            }
        }
    });

    it('has all of the embedded model that git knows', () => {
        const files = execFileSync('git', ['ls-files', 'src/embedded'], { encoding: 'utf8' }).trim().split('\n');
        expect(files.length).toBeGreaterThan(10);
        expect([...contents(tarball('language-neurons')).keys()]).toEqual(expect.arrayContaining(files));
    });

    it('is small', () => {
        const path = tarball('language-neurons');
        expect(statSync(path).size).toBeLessThan(4 * megabyte);
        expect([...contents(path).values()].reduce((sum, size) => sum + size, 0)).toBeLessThan(8 * megabyte);
    });

    it('asks for the packages of all platforms, of its own version, and for nothing of development', () => {
        const { version, optionalDependencies, devDependencies, scripts } = manifest();
        expect(optionalDependencies).toEqual(
            Object.fromEntries(
                ['linux-x64', 'linux-arm64', 'macos-arm64', 'macos-x64', 'windows-x64'].map((name) => [
                    `@language-neurons/${name}`,
                    version,
                ]),
            ),
        );
        expect(devDependencies).toBeUndefined();
        expect(Object.keys(scripts)).toEqual(['install', 'build']);
    });

    it("has llama.cpp's licence beside its own", () => {
        expect(textOf(tarball('language-neurons'), 'THIRD-PARTY.md')).toMatch(/llama\.cpp v[\s\S]*The ggml authors/);
    });

    const manifest = () => JSON.parse(textOf(tarball('language-neurons'), 'package.json'));
});

describe.each(platformsHere)('@language-neurons/$name', ({ name, os, cpu, binaries }) => {
    const path = () => tarball(`language-neurons-${name}`);

    it('holds one addon, what it was made for, and its licences', () => {
        expect([...contents(path()).keys()].sort()).toEqual(
            ['LICENSE', 'README.md', 'THIRD-PARTY.md', 'addon.json', 'language_neurons.node', 'package.json'].sort(),
        );
    });

    it('is small', () => {
        expect(statSync(path()).size).toBeLessThan(2.5 * megabyte);
    });

    it('is for its platform alone, with the ggml that it was linked with', () => {
        const manifest = JSON.parse(textOf(path(), 'package.json'));
        const { nodeLlamaCpp, languageNeurons } = JSON.parse(textOf(path(), 'addon.json'));
        expect(manifest).toMatchObject({
            os: [os],
            cpu: [cpu],
            version: languageNeurons,
            dependencies: { [binaries]: nodeLlamaCpp },
        });
        expect(manifest.scripts).toBeUndefined();
    });

    it('has the licences of what is linked', () => {
        const notices = textOf(path(), 'THIRD-PARTY.md');
        for (const words of [/The ggml authors/, /node-addon-api/, /LLVM Exceptions/]) expect(notices).toMatch(words);
    });
});
