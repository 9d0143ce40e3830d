import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ensureBuilt } from '../../scripts/build/ensure.mjs';

/** Our libllama and the one that node-llama-cpp ships, each in a process that knows nothing of this project. */
export class LlamaLibraries {
    readonly #folder: string;
    readonly #program: string;
    readonly #ggmlFolder: string;
    readonly #paths: Readonly<Record<'ours' | 'theirs', string>>;

    /** @param folder gets the program */
    static async build(folder: string): Promise<LlamaLibraries> {
        return new LlamaLibraries(folder, (await ensureBuilt()).ggmlDir);
    }

    private constructor(folder: string, ggmlFolder: string) {
        this.#folder = folder;
        this.#ggmlFolder = ggmlFolder;
        const library = (folder: string): string =>
            join(
                folder,
                readdirSync(folder).find((name) => /^libllama\.v.*\.(so|dylib)$/.test(name))!,
            );
        this.#paths = { ours: library(resolve('build/Release')), theirs: library(ggmlFolder) };
        this.#program = join(folder, 'logits');
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
                this.#program,
            ],
            { stdio: ['ignore', 'inherit', 'inherit'] },
        );
    }

    /** Logits after every token, F32 [tokens, vocabulary], on the CPU. */
    logits(library: 'ours' | 'theirs', model: string, tokens: readonly number[]): Buffer {
        const out = join(this.#folder, 'logits.bin');
        execFileSync(this.#program, [this.#paths[library], this.#ggmlFolder, model, out, ...tokens.map(String)], {
            stdio: ['ignore', 'inherit', 'inherit'],
        });
        return readFileSync(out);
    }
}
