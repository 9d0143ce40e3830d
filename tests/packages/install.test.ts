import { appendFileSync, cpSync, existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { platformPackage } from '../../src/prebuilt/platformPackage.mjs';
import { installedProject, type Project } from './project.js';

let project: Project;
const at = (...names: string[]): string => join(project.folder, 'node_modules', ...names);

beforeAll(() => {
    project = installedProject();
});
afterAll(() => project?.remove());

/** What loading the addon says. */
const load = () =>
    project.module(
        `
        import { Engine, embeddedModel, perplexity } from 'language-neurons';
        try {
            const engine = await Engine.open({ model: embeddedModel, gpu: 'off' });
            const text = [{ language: 'de', prompt: '', response: 'Der Lehrer liest.' }];
            console.log(perplexity(await engine.score(text)));
        } catch ({ code, message }) {
            console.log(code + ': ' + message);
        }
        `,
    ).stdout;

describe('npm install, with Node and hardly anything else on the path', () => {
    it('finds no compiler, and needs none', () => {
        for (const tool of ['cmake', 'c++', 'g++', 'cc', 'make', 'ninja', 'git', 'python3']) {
            expect(existsSync(join(project.env.PATH!, tool))).toBe(false);
        }
        expect(existsSync(at(platformPackage, 'language_neurons.node'))).toBe(true);
        expect(existsSync(at('language-neurons/build'))).toBe(false);
        expect(Number(load())).toBeGreaterThan(1);
    });

    it('runs everything on the embedded model, to the report', () => {
        const { status, stderr } = project.npx('language-neurons', 'run');
        expect({ status, stderr }).toMatchObject({ status: 0 });
        expect(existsSync(join(project.folder, 'runs/embedded/report.html'))).toBe(true);
        expect(existsSync(at('language-neurons/build'))).toBe(false);
    });
});

describe('what is wrong with an installation is said in one line, with the mend', () => {
    /** Works without a file or folder, which is put back; `change` may make another of what was kept. */
    function without(path: string, work: () => void, change: (kept: string) => void = () => {}): void {
        const kept = join(project.folder, 'kept');
        renameSync(path, kept);
        try {
            change(kept);
            work();
        } finally {
            rmSync(path, { force: true });
            renameSync(kept, path);
        }
    }

    it('a damaged addon', () => {
        const addon = at(platformPackage, 'language_neurons.node');
        without(
            addon,
            () => expect(load()).toMatch(/^BUILD: .*language_neurons\.node: damaged.*npm install\n$/),
            (kept) => {
                cpSync(kept, addon);
                appendFileSync(addon, 'x');
            },
        );
    });

    it('no ggml', () => {
        without(at('@node-llama-cpp'), () =>
            expect(load()).toMatch(/^BUILD: No prebuilt ggml .*npm install --include=optional.*\n$/),
        );
    });

    it('no package of this platform, and no compiler', () => {
        without(at(platformPackage), () => expect(load()).toMatch(/^BUILD: cmake is missing: install it \(.*\).*\n$/));
    });
});
