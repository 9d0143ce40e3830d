import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { ensureBuilt } from '../../scripts/build/ensure.mjs';
import { nativeProgram } from './nativeProgram.js';
import { twoThreads } from './threads.mjs';

/** Our libllama and the one that node-llama-cpp ships, each in a process that knows nothing of this project. */
export class LlamaLibraries {
    readonly #folder: string;
    readonly #programs = new Map<string, string>();
    readonly #ggmlFolder: string;
    readonly #paths: Readonly<Record<'ours' | 'theirs', string>>;

    /** @param folder gets the logits */
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
    }

    /** A program of tests/native, compiled when it is first asked for. */
    #program(name: 'logits' | 'tokens'): string {
        const made = this.#programs.get(name);
        if (made !== undefined) return made;
        const source = resolve('build/llama.cpp');
        const program = nativeProgram(name, {
            include: [`${source}/include`, `${source}/ggml/include`],
            link: ['-ldl'],
        });
        this.#programs.set(name, program);
        return program;
    }

    /**
     * Logits after every token, F32 [tokens, vocabulary], on the CPU.
     * @param options `vector`: file of a control vector, and what it is multiplied by; `exact`: attention in F32
     */
    logits(
        library: 'ours' | 'theirs',
        model: string,
        tokens: readonly number[],
        { vector, exact = false }: { vector?: readonly [path: string, scale: number]; exact?: boolean } = {},
    ): Buffer {
        const out = join(this.#folder, 'logits.bin');
        const program = this.#program('logits');
        const [path, scale] = vector ?? [];
        execFileSync(program, [this.#paths[library], this.#ggmlFolder, model, out, ...tokens.map(String)], {
            stdio: ['ignore', 'inherit', 'inherit'],
            env: {
                ...process.env,
                THREADS: String(twoThreads),
                ...(exact ? { F32_CACHE: '1' } : {}),
                ...(path === undefined ? {} : { CONTROL_VECTOR: path, CONTROL_VECTOR_SCALE: String(scale) }),
            },
        });
        return readFileSync(out);
    }

    /** The tokens of texts, given as files, on a stack of 1 GB: enough for what overflows a common one. */
    tokens(library: 'ours' | 'theirs', model: string, files: readonly string[]): number[][] {
        const call = [this.#program('tokens'), this.#paths[library], this.#ggmlFolder, model, ...files];
        const printed = execFileSync('sh', ['-c', 'ulimit -s 1000000 && exec "$@"', 'sh', ...call], {
            stdio: ['ignore', 'pipe', 'inherit'],
            maxBuffer: 2 ** 28,
            encoding: 'utf8',
        });
        const lines = printed.split('\n').slice(0, files.length);
        return lines.map((line) => line.split(' ').filter(Boolean).map(Number));
    }
}
