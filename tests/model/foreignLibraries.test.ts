import { mkdtempSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { plantedLibrary } from '../../src/engine/native/windowsLibraries.js';
import { findAddon } from '../../src/engine/native/findAddon.js';
import { embeddedModel } from '../helpers/models.js';
import { backendNames, canTrace, compiler, Planted } from '../helpers/planted.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const root = temporaryFolder();

const url = (file: string): string => JSON.stringify(pathToFileURL(resolve(file)).href);
const open = `
    const { Engine } = await import(${url('dist/index.js')});
    const engine = await Engine.open({ model: ${JSON.stringify(embeddedModel)}, gpu: 'auto' });
    await engine.close();`;

describe.skipIf(compiler === undefined || process.platform !== 'linux')('libraries of the working directory', () => {
    let planted: Planted;
    const program = (name: string, code: string): string => {
        const path = join(root, `${name}.mjs`);
        writeFileSync(path, code);
        return path;
    };

    beforeAll(async () => {
        planted = new Planted(root);
        const { variants } = await findAddon();
        for (const { dir } of variants) planted.plantNeeded(dir);
        planted.plant(join(root, 'named.so'));
        writeFileSync(join(planted.work, 'en.txt'), 'One two three four five.\n');
        writeFileSync(join(planted.work, 'de.txt'), 'Eins zwei drei vier.\n');
    });

    it('are of every name that ggml knows', () => {
        expect(backendNames()).toEqual(expect.arrayContaining(['blas', 'cpu', 'cuda', 'rpc', 'vulkan']));
        expect(backendNames().length).toBeGreaterThan(12);
    });

    it.each([
        ['inspect', () => [resolve('dist/cli.js'), 'inspect', embeddedModel]],
        [
            'collect',
            () => [
                resolve('dist/cli.js'),
                ...['collect', '--model', embeddedModel, '--data', planted.work, '--out', join(root, 'run')],
            ],
        ],
        ['the library', () => [program('library', open)]],
        [
            'two workers',
            () => [
                program(
                    'workers',
                    `import { Worker, isMainThread } from 'node:worker_threads';
                     import { once } from 'node:events';
                     if (isMainThread) {
                         const file = new URL(import.meta.url);
                         const workers = [new Worker(file), new Worker(file)];
                         const ends = await Promise.all(workers.map((worker) => once(worker, 'exit')));
                         if (ends.some(([code]) => code !== 0)) process.exit(1);
                     } else {${open}}`,
                ),
            ],
        ],
        [
            "node-llama-cpp's sessions",
            () => [
                program(
                    'sessions',
                    `import { prepareNeurons, withNeurons } from ${url('dist/index.js')};
                     import { getLlama } from ${url('node_modules/node-llama-cpp/dist/index.js')};
                     await prepareNeurons();
                     const llama = await getLlama({ gpu: false, build: 'never', skipDownload: true, maxThreads: 1 });
                     const model = await llama.loadModel({ modelPath: ${JSON.stringify(embeddedModel)} });
                     await withNeurons(() => model.createContext({ contextSize: 64 }));
                     process.exit();`,
                ),
            ],
        ],
    ])('are not loaded by %s', (_, args) => {
        const { told, opened } = planted.run(args());
        expect(told).toBe(0);
        // Without strace only what runs is seen.
        const ours = (path: string): boolean => path.startsWith(planted.work) || path.startsWith(planted.beside);
        expect(opened.filter((path) => /\.so(\.\d+)*$/.test(path) && (!path.startsWith('/') || ours(path)))).toEqual(
            [],
        );
        if (canTrace) expect(opened.some((path) => /libggml-cpu[\w-]*\.so$/.test(path))).toBe(true);
    });

    it('are not loaded where GGML_BACKEND_PATH names one', () => {
        const args = [resolve('dist/cli.js'), 'inspect', embeddedModel];
        const { told, opened } = planted.run(args, { GGML_BACKEND_PATH: join(root, 'named.so') });
        expect(told).toBe(0);
        expect(opened).not.toContain(join(root, 'named.so'));
    });

    it('do not take the place of what a plugin needs, though its own list of folders has an empty one', () => {
        // As node-llama-cpp's plugins have it: `$ORIGIN:`.
        planted.plant(join(planted.work, 'libplanted-needed.so'));
        const source = join(root, 'plugin.c');
        writeFileSync(source, 'int planted_function(void); int use(void) { return planted_function(); }');
        const plugin = join(root, 'libggml-needy.so');
        const rpath = ['-Wl,-rpath,$ORIGIN:', '-Wl,--no-as-needed'];
        planted.compile([source], plugin, `-L${planted.work}`, ...rpath, '-l:libplanted-needed.so');
        const code = `
            const { loadAddon } = await import(${url('dist/engine/native/loadBackends.js')});
            const { addon } = await loadAddon();
            console.log(addon.loadBackend(${JSON.stringify(plugin)}));`;
        const { told, stdout } = planted.run([program('needed', code)]);
        expect(stdout).toMatch(/^libplanted-needed\.so: cannot open shared object file/);
        expect(told).toBe(0);
    });
});

describe("libraries beside Windows' PATH", () => {
    it('of the working directory are told by name', () => {
        const [ggml, work] = [mkdtempSync(join(root, 'ggml-')), mkdtempSync(join(root, 'work-'))];
        writeFileSync(join(ggml, 'ggml-base.v1.dll'), '');
        writeFileSync(join(work, 'other.dll'), '');
        expect(plantedLibrary(ggml, work)).toBeUndefined();
        expect(plantedLibrary(ggml, ggml)).toBeUndefined();
        writeFileSync(join(work, 'ggml-base.v1.dll'), '');
        expect(plantedLibrary(ggml, work)).toBe(join(work, 'ggml-base.v1.dll'));
    });
});
