import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { installedProject } from './project.js';

const { folder } = installedProject();
const tsc = resolve('node_modules/typescript/bin/tsc');
const user = `
import * as all from 'language-neurons';
import { Engine, type NeuronAnalysis, type Progress, run } from 'language-neurons';
export const progress: Progress = { stage() {}, advance() {}, note() {}, done() {} };
export const open = (model: string): Promise<Engine> => Engine.open({ model, progress });
export const seconds = async (config: Parameters<typeof run>[0]): Promise<number> => (await run(config)).seconds;
export const languages = ({ languages }: NeuronAnalysis): readonly string[] => languages;
// @ts-expect-error a model has no such option: what is imported has types
void Engine.open({ model: '', nonsense: 1 });
export { all };
`;

describe("the installed package's typings, in a strict project that checks libraries too", () => {
    it.each([
        ['NodeNext', 'NodeNext'],
        ['ESNext', 'Bundler'],
    ])('compile with module %s, resolution %s, and bring the types of Node', (module, moduleResolution) => {
        writeFileSync(join(folder, 'user.ts'), user);
        const options = { module, moduleResolution, target: 'ES2022', types: 'node' };
        const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value]);
        const flags = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--skipLibCheck', 'false'];
        const { stdout } = spawnSync(process.execPath, [tsc, ...flags, ...args, 'user.ts'], {
            cwd: folder,
            encoding: 'utf8',
        });
        expect(stdout).toBe('');
    });
});
