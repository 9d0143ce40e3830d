import { execFileSync, spawnSync } from 'node:child_process';
import {
    copyFileSync,
    existsSync,
    linkSync,
    mkdirSync,
    readdirSync,
    readFileSync,
    rmSync,
    writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';

/** The C compiler, or undefined where there is none. */
export const compiler = [process.env.CC ?? 'cc', 'gcc', 'clang'].find(
    (name) => spawnSync(name, ['--version']).status === 0,
);

/** Whether a program's calls to the system can be listed. */
export const canTrace = spawnSync('strace', ['-V']).status === 0;

/** Names of the backends that ggml looks for, as its own source has them. */
export function backendNames(): string[] {
    const source = readFileSync(resolve('build/llama.cpp/ggml/src/ggml-backend-reg.cpp'), 'utf8');
    return [...source.matchAll(/ggml_backend_load_best\("(\w+)", silent/g)].map(([, name]) => name!);
}

/** Folders of planted libraries, each of which writes its name to a file when something loads it. */
export class Planted {
    /** Working directory of what runs, and folder of the program that it runs. */
    readonly work: string;
    readonly beside: string;
    readonly #told: string;
    readonly #library: string;

    constructor(root: string) {
        [this.work, this.beside, this.#told] = [join(root, 'work'), join(root, 'bin'), join(root, 'told')];
        for (const folder of [this.work, this.beside]) mkdirSync(folder);
        const source = join(root, 'planted.c');
        writeFileSync(
            source,
            `#include <fcntl.h>
             #include <unistd.h>
             __attribute__((constructor)) static void told(void) {
                 int file = open("${this.#told}", O_WRONLY | O_CREAT | O_APPEND, 0600);
                 if (write(file, "run\\n", 4) == 4) close(file);
             }
             int ggml_backend_score(void) { return 1; }
             int planted_function(void) { return 1; }`,
        );
        this.#library = join(root, 'planted.so');
        this.compile([source], this.#library);
        for (const folder of [this.work, this.beside]) {
            for (const name of backendNames()) {
                this.plant(join(folder, `libggml-${name}.so`));
                this.plant(join(folder, `libggml-${name}-x64.so`));
            }
        }
    }

    compile(sources: readonly string[], out: string, ...more: readonly string[]): void {
        execFileSync(compiler!, ['-shared', '-fPIC', '-o', out, ...sources, ...more]);
    }

    plant(path: string): void {
        copyFileSync(this.#library, path); // a file of its own: a link of one that is loaded is not loaded again
    }

    /** Node, in a folder where libraries are planted too. */
    node(): string {
        const path = join(this.beside, 'node');
        if (existsSync(path)) return path;
        try {
            linkSync(process.execPath, path);
        } catch {
            copyFileSync(process.execPath, path); // another disk
        }
        return path;
    }

    /** Runs Node in the working directory; how often a planted library ran, and what strace saw opened. */
    run(args: readonly string[], env: NodeJS.ProcessEnv = {}): { told: number; opened: string[]; stdout: string } {
        rmSync(this.#told, { force: true });
        const trace = join(this.work, '..', 'trace');
        const strace = canTrace ? ['strace', '-f', '-qq', '-e', 'trace=open,openat', '-o', trace] : [];
        const [command, ...rest] = [...strace, this.node(), ...args];
        const { stdout, stderr, status } = spawnSync(command!, rest, {
            cwd: this.work,
            env: { ...process.env, ...env },
            encoding: 'utf8',
        });
        if (status !== 0) throw new Error(`${args.join(' ')}: ${status}\n${stderr}`);
        const opened = canTrace
            ? readFileSync(trace, 'utf8')
                  .split('\n')
                  .filter((line) => !/ENOENT/.test(line))
            : [];
        return {
            told: existsSync(this.#told) ? readFileSync(this.#told, 'utf8').trim().split('\n').length : 0,
            opened: opened.flatMap((line) => /"([^"]*)"/.exec(line)?.[1] ?? []),
            stdout,
        };
    }

    /** Plants what a folder's plugins need of the system: whoever looks in the working directory finds it. */
    plantNeeded(folder: string): void {
        for (const name of readdirSync(folder).filter((name) => /^libggml-.*\.so$/.test(name))) {
            const text = readFileSync(join(folder, name)).toString('latin1');
            for (const [needed] of text.matchAll(/(?<=\0)lib[\w+-]+\.so(\.\d+)*(?=\0)/g)) {
                if (!/^lib(c|m|gcc_s|stdc\+\+)\.so/.test(needed)) this.plant(join(this.work, needed));
            }
        }
    }
}
