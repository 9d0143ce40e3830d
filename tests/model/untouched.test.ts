import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureBuilt } from '../../scripts/build/ensure.mjs';
import { Engine } from '../../src/engine/Engine.js';
import { maskOf } from '../../src/experiments/conditions.js';
import { publicModels } from '../helpers/models.js';
import { udhrSamples } from '../helpers/texts.js';

const folder = mkdtempSync(join(tmpdir(), 'language-neurons-'));
const program = join(folder, 'logits');
const text = 'Everyone has the right to rest and leisure. 人人有享受休息和闲暇的权利。';

/** Logits of a libllama, through a process that knows nothing of this project. */
function logitsOf(libllama: string, ggmlFolder: string, model: string, tokens: readonly number[]): Buffer {
    const out = join(folder, 'logits.bin');
    execFileSync(program, [libllama, ggmlFolder, model, out, ...tokens.map(String)], {
        stdio: ['ignore', 'inherit', 'inherit'],
    });
    return readFileSync(out);
}

describe.skipIf(process.platform === 'win32')(
    'with the adapter off, logits are those of the unpatched libllama, bit for bit',
    () => {
        let ours: string;
        let theirs: string;
        let ggmlFolder: string;

        beforeAll(async () => {
            const built = await ensureBuilt();
            ggmlFolder = built.ggmlDir;
            const library = (folder: string): string =>
                join(
                    folder,
                    readdirSync(folder).find((name) => /^libllama\.v.*\.(so|dylib)$/.test(name))!,
                );
            theirs = library(ggmlFolder);
            ours = library(resolve('build/Release'));
            const source = resolve('build/llama.cpp');
            execFileSync(
                process.env.CXX ?? 'c++',
                [
                    '-std=c++17',
                    '-O1',
                    resolve('tests/native/logits.cpp'),
                    `-I${source}/include`,
                    `-I${source}/ggml/include`,
                    '-ldl',
                    '-o',
                    program,
                ],
                { stdio: ['ignore', 'inherit', 'inherit'] },
            );
        });
        afterAll(() => rmSync(folder, { recursive: true }));

        for (const { name, path, here } of publicModels)
            it.skipIf(!here)(name, async () => {
                const engine = await Engine.open({ model: path, gpu: 'off', threads: 2 });
                try {
                    const tokens = [
                        ...(engine.info.bos >= 0 ? [engine.info.bos] : []),
                        ...(await engine.tokenize(text)),
                    ];
                    const unpatched = logitsOf(theirs, ggmlFolder, path, tokens);
                    expect(unpatched.length).toBe(tokens.length * engine.info.vocabulary * 4);
                    expect(logitsOf(ours, ggmlFolder, path, tokens).equals(unpatched), 'no adapter attached').toBe(
                        true,
                    );

                    const same = async (): Promise<boolean> =>
                        Buffer.from((await engine.logits(text)).buffer).equals(unpatched);
                    expect(await same(), 'attached and off').toBe(true);
                    const widths = engine.sites.map(({ width }) => width);
                    const edit = maskOf(
                        [
                            [1, 3],
                            [2, 5],
                        ],
                        widths,
                    );
                    const masked = Buffer.from((await engine.logits(text, { edit })).buffer);
                    expect(masked.equals(unpatched), 'an edit changes them').toBe(false);
                    expect(await same(), 'the edit removed').toBe(true);
                    await engine.count(await udhrSamples(['en'], '26-26'));
                    await engine.score(await udhrSamples(['en'], '26-26'), { edit });
                    expect(await same(), 'after counting and scoring').toBe(true);
                } finally {
                    engine.close();
                }
            });
    },
);
