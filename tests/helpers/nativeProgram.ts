import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';

const kept = resolve('.cache/native');
const compiler = process.env.CXX ?? 'c++';

export interface ProgramParts {
    /** Sources beside `tests/native/NAME.cpp`. */
    readonly sources?: readonly string[];
    readonly include: readonly string[];
    /** Libraries and options of the linker. */
    readonly link?: readonly string[];
}

/**
 * The path of a program of `tests/native`, compiled where it is not kept from before: the compiler's own reading of all
 * headers takes a tenth of a second, what follows takes seconds.
 */
export function nativeProgram(name: string, { sources = [], include, link = [] }: ProgramParts): string {
    const options = ['-std=c++17', '-O1', ...include.map((folder) => `-I${folder}`)];
    const all = [resolve(`tests/native/${name}.cpp`), ...sources];
    const read = execFileSync(compiler, [...options, '-E', ...all], { maxBuffer: 2 ** 28 });
    const version = execFileSync(compiler, ['--version']);
    const hash = createHash('sha256')
        .update(version)
        .update(JSON.stringify([options, all, link]))
        .update(read);
    const file = `${name}-${hash.digest('hex').slice(0, 16)}`;
    const program = join(kept, file);
    if (existsSync(program)) return program;
    mkdirSync(kept, { recursive: true });
    const before = readdirSync(kept).filter((other) => other.startsWith(`${name}-`));
    const made = `${program}.${process.pid}`;
    execFileSync(compiler, [...options, ...all, ...link, '-o', made], { stdio: ['ignore', 'inherit', 'inherit'] });
    renameSync(made, program); // another process may compile the same
    for (const other of before) if (!other.startsWith(file)) rmSync(join(kept, other), { force: true });
    return program;
}
