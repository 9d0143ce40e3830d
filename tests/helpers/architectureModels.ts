import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { program } from '../../scripts/programs/program.mjs';
import { writeApertus, writeGemma3n, writeGraniteSwitch, writeRwkv7 } from './ownFfnModels.js';

/** What llama.cpp's program leaves out, and can write. */
const leftOut = ['chameleon', 'llama-embed', 'rwkv6'];
/** What it cannot write and builds its FFN by hand. */
const written: Readonly<Record<string, (path: string) => void>> = {
    apertus: writeApertus,
    gemma3n: writeGemma3n,
    graniteswitch: writeGraniteSwitch,
    rwkv7: writeRwkv7,
};

/** The architecture, and `-dense` or `-moe`. */
export const nameOf = (path: string): string => basename(path, '.gguf');

/**
 * Tiny random models that llama.cpp's program writes, 1.5 GB of them: written once, beside the program, for all tests,
 * which leave them as they are.
 * @returns their folder
 */
function llamaModels(experts: number): string {
    const path = program('test-llama-archs');
    const folder = `${path}-models-${experts}`;
    if (existsSync(folder)) return folder;
    const part = mkdtempSync(`${folder}.`);
    try {
        const run = (...more: string[]): void => {
            const env = { ...process.env, LN_EXPERTS: String(experts), ...(more.length > 0 && { LN_ALL: '1' }) };
            execFileSync(path, ['-s', '1', ...more, '-o', part], { stdio: 'ignore', env });
        };
        run();
        for (const name of leftOut) run('-a', name);
        renameSync(part, folder);
    } catch (cause) {
        if (!existsSync(folder)) throw cause; // another process was first
    } finally {
        rmSync(part, { recursive: true, force: true });
    }
    return folder;
}

/**
 * Paths of tiny random models of every architecture, without a vocabulary, by their files' names; not to be changed.
 * @param folder for those that llama.cpp's program cannot write
 * @param experts of each mixture, of which that program has 2 picked
 */
export function architectureModels(folder: string, experts: number): string[] {
    for (const [name, write] of Object.entries(written)) write(join(folder, `${name}-dense.gguf`));
    const paths = [llamaModels(experts), folder].flatMap((from) => readdirSync(from).map((name) => join(from, name)));
    const byName = new Map(paths.map((path) => [nameOf(path), path]));
    return [...byName.keys()].sort().map((name) => byName.get(name)!);
}
