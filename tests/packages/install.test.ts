import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, cpSync, existsSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { platformPackage } from '../../src/prebuilt/platformPackage.mjs';
import { sees } from '../helpers/cli.js';
import { installedProject } from './project.js';

const project = installedProject();
const at = (...names: string[]): string => join(project.folder, 'node_modules', ...names);

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

    // The whole takes a minute, and `npm run demo` goes through it.
    it('finds all that the run without a configuration needs, and begins', async () => {
        const child = spawn(process.execPath, [at('language-neurons/dist/cli.js'), 'run'], {
            cwd: project.folder,
            env: project.env,
            stdio: ['ignore', 'ignore', 'pipe'],
        });
        const ended = once(child, 'close');
        await Promise.race([sees(child, 'step 2 of 7: count'), ended]);
        child.kill('SIGINT');
        expect((await ended)[0]).toBe(130);
    });

    it('goes the whole way on the embedded model, before and after alignment, to the report', () => {
        const embedded = 'node_modules/language-neurons/src/embedded';
        const configuration = `
model: ${embedded}/base.gguf
aligned: { loras: [{ path: ${embedded}/aligned-lora.gguf }], trained: [de], together: true }
data: [${embedded}/problems/collect.jsonl, 'udhr:25-26']
evaluation: [${embedded}/texts/evaluate]
accuracy: { questions: ${embedded}/problems/test, template: chat, limit: 2, maxTokens: 64, contextSize: 4096 }
languages: [en, de]
topRate: 0.2
bar: 0.98
sets: [specific+related]
controls: 1
gpu: off
threads: 1
out: runs/small
`;
        writeFileSync(join(project.folder, 'small.yaml'), configuration);
        const { status, stdout, stderr } = project.npx('language-neurons', 'run', 'small.yaml');
        expect({ status, stderr }).toMatchObject({ status: 0 });
        const lines = `${stderr.trimEnd()}\n${stdout.trimEnd()}`.split('\n');
        expect(lines.length, lines.join('\n')).toBeLessThanOrEqual(40);
        for (const line of stdout.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80); // notes may be longer
        expect(existsSync(join(project.folder, 'runs/small/report.html'))).toBe(true);
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
