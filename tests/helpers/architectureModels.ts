import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
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
 * Tiny random models of every architecture, or of one by its file's name, without a vocabulary.
 * @param experts of each mixture, of which llama.cpp's program has 2 picked
 */
export function writeArchitectures(out: string, experts: number, only?: string): string[] {
    const architecture = only?.replace(/-(dense|moe)$/, '');
    const run = (of: string | undefined, more: NodeJS.ProcessEnv = {}): void => {
        const filter = of === undefined ? [] : ['-a', of];
        execFileSync(program('test-llama-archs', { LN_EXPERTS: experts }), ['-s', '1', ...filter, '-o', out], {
            stdio: 'ignore',
            env: { ...process.env, ...more },
        });
    };
    if (architecture === undefined || !(architecture in written)) run(architecture);
    for (const name of leftOut) if (architecture === undefined || architecture === name) run(name, { LN_ALL: '1' });
    for (const [name, writeOwn] of Object.entries(written)) writeOwn(join(out, `${name}-dense.gguf`));
    return readdirSync(out)
        .sort()
        .map((name) => join(out, name))
        .filter((path) => only === undefined || nameOf(path) === only);
}
