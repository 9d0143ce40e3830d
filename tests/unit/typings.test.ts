import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const tsc = resolve('node_modules/typescript/bin/tsc');
let folder: string;

/** Within the package, whose name leads there to what it exports. */
beforeAll(() => {
    execFileSync(process.execPath, [tsc, '-p', 'tsconfig.build.json']);
    mkdirSync('build', { recursive: true });
    folder = mkdtempSync(resolve('build/typings-'));
    writeFileSync(
        join(folder, 'user.ts'),
        `import * as all from 'language-neurons';
import { Engine, type NeuronAnalysis, type Progress, run } from 'language-neurons';
export const progress: Progress = { stage() {}, advance() {}, note() {}, done() {} };
export const open = (model: string): Promise<Engine> => Engine.open({ model, progress });
export const seconds = async (config: Parameters<typeof run>[0]): Promise<number> => (await run(config)).seconds;
export const languages = ({ languages }: NeuronAnalysis): readonly string[] => languages;
// @ts-expect-error a model has no such option: what is imported has types
void Engine.open({ model: '', nonsense: 1 });
export { all };
`,
    );
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("the package's typings, in a strict project that checks libraries too", () => {
    it.each([
        ['NodeNext', 'NodeNext'],
        ['ESNext', 'Bundler'],
    ])('compile with module %s, resolution %s', (module, moduleResolution) => {
        const options = { module, moduleResolution, target: 'ES2022', types: 'node' };
        const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
        const flags = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--skipLibCheck', 'false'];
        const { stdout } = spawnSync(process.execPath, [tsc, ...flags, ...args, 'user.ts'], {
            cwd: folder,
            encoding: 'utf8',
        });
        expect(stdout).toBe('');
    });

    it("have Node's types, which they name", () => {
        const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as { dependencies: object };
        expect(dependencies).toHaveProperty(['@types/node']);
    });
});
