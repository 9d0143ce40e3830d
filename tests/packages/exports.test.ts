import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { describe, expect, it } from 'vitest';
import { contents, tarball } from './packed.js';
import { installedProject } from './project.js';

const { folder } = installedProject();
const packed = (): Uint8Array => new Uint8Array(readFileSync(tarball('language-neurons')));
const installed = join(folder, 'node_modules/language-neurons');

describe('what the package exports', () => {
    it('has types for both entries, wherever modules are imported', async () => {
        const checked = await checkPackage(createPackageFromTarballData(packed()));
        if (checked.types === false) throw new Error('the package has no types');
        expect(Object.keys(checked.entrypoints)).toEqual(['.', './files']);
        const resolutions = Object.values(checked.entrypoints).map(({ resolutions }) => resolutions);
        for (const { 'node16-esm': esm, bundler } of resolutions) {
            expect(esm.resolution?.fileName).toMatch(/\.d\.ts$/);
            expect(bundler.resolution?.fileName).toMatch(/\.d\.ts$/);
        }
        // It is a package of modules: Node before 12 does not find them, and `require` is not for them.
        const expected = ['NoResolution node10', 'CJSResolvesToESM node16-cjs'];
        const problems = checked.problems.map((problem) =>
            'resolutionKind' in problem ? `${problem.kind} ${problem.resolutionKind}` : problem.kind,
        );
        expect(problems.filter((problem) => !expected.includes(problem))).toEqual([]);
    });

    it('has no fault that publint finds', async () => {
        const { messages } = await publint({ pack: { tarball: packed().buffer as ArrayBuffer }, strict: true });
        expect(messages.map(({ code, path }) => `${code} at ${path.join('.')}`)).toEqual([]);
    });

    it('names no type of the native layer, nor brings what tests measure with', () => {
        const reached = typingsFrom(['dist/index.d.ts', 'dist/files.d.ts']);
        expect(reached.size).toBeGreaterThan(50);
        expect(
            [...reached].filter((file) => /engine\/(native\/|passes\/Passes\.|loading\/loadEngine\.)/.test(file)),
        ).toEqual([]);
        expect(
            [...contents(tarball('language-neurons')).keys()].filter((file) =>
                /^dist\/.*Measured(Engine|\.)/i.test(file),
            ),
        ).toEqual([]);
    });

    it('is of some 65 names for a script', () => {
        const names = readFileSync(join(installed, 'dist/index.d.ts'), 'utf8').matchAll(
            /export (?:type )?\{([^}]*)\}/g,
        );
        const count = [...names].flatMap(([, list]) => list!.split(',').filter((name) => name.trim() !== '')).length;
        expect(count).toBeGreaterThan(50);
        expect(count).toBeLessThanOrEqual(65);
    });
});

/** Files of types that those given import, directly or not. */
function typingsFrom(entries: readonly string[]): ReadonlySet<string> {
    const reached = new Set(entries);
    for (const file of reached) {
        const text = readFileSync(join(installed, file), 'utf8');
        for (const [, path] of text.matchAll(/(?:from |import\()['"](\.[^'"]+)['"]/g)) {
            reached.add(join(dirname(file), path!).replace(/\.(m?)js$/, '.d.$1ts'));
        }
    }
    return reached;
}
