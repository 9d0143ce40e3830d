import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { processorHas } from '../helpers/processorHas.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const folder = temporaryFolder();
const isHere = (program: string): boolean => spawnSync(program, ['--version']).status === 0;

interface Flags {
    readonly name: string;
    /** As in CMakeLists.txt. */
    readonly flags: readonly string[];
}

interface Kind extends Flags {
    readonly compiler: string;
    /** What runs its programs on another processor; they need no library there. */
    readonly emulator?: readonly string[];
    readonly here: boolean;
}

const own = process.env.CXX ?? 'c++';
const arm = 'aarch64-linux-gnu-g++';
const kinds: Kind[] = [
    { name: 'avx2', flags: ['-mavx2', '-mfma'], compiler: own, here: processorHas('avx2', 'fma') },
    { name: 'avx512', flags: ['-mavx512f', '-mavx512bw'], compiler: own, here: processorHas('avx512f', 'avx512bw') },
    {
        name: 'avx512_bf16',
        flags: ['-mavx512f', '-mavx512bw', '-mavx512vl', '-mavx512bf16', '-mavx512vnni', '-mf16c'],
        compiler: own,
        here: processorHas('avx512f', 'avx512bw', 'avx512_bf16', 'avx512vl', 'avx512_vnni'),
    },
    {
        name: 'amx_bf16',
        flags: ['-mavx512f', '-mavx512bw', '-mavx512bf16', '-mf16c', '-mamx-tile', '-mamx-bf16'],
        compiler: own,
        here: processorHas('avx512f', 'avx512bw', 'avx512_bf16', 'amx_tile', 'amx_bf16'),
    },
    {
        name: 'neon',
        flags: [],
        ...(process.arch === 'arm64'
            ? { compiler: own, here: isHere(own) }
            : { compiler: arm, emulator: ['qemu-aarch64'], here: isHere(arm) && isHere('qemu-aarch64') }),
    },
];

type Target = Partial<Kind> & Flags;

function compile({ name, flags, compiler = own, emulator = [] }: Target, ...args: readonly string[]): void {
    execFileSync(compiler, [
        ...(emulator.length > 0 ? ['-static'] : []),
        ...['-std=c++17', '-O2', '-ffp-contract=fast', ...flags, `-DLN_PRODUCTS=${name}`],
        ...[`-I${resolve('native/products')}`, ...args],
    ]);
}

/** A source of native/products, compiled for a kind of processors; returns its path. Made once for all tests. */
function compiledSource(source: string, target: Target): string {
    const object = join(folder, `${source}-${target.name}.o`);
    if (!existsSync(object)) compile(target, '-c', resolve(`native/products/${source}.cpp`), '-o', object);
    return object;
}

/** The sources of native/products that a test is of, and those that they need. */
function sourcesOf(test: string, { name, flags }: Target): string[] {
    if (test === 'integers') return ['integers'];
    if (name === 'avx512_vnni') return ['cellwise'];
    return ['kernels', 'attention', ...(flags.includes('-mavx512vnni') ? ['int8'] : [])];
}

/** A program of tests/native with sources of native/products, compiled for a kind of processors; returns its path. */
function compiled(test: string, target: Target): string {
    const program = join(folder, `${test}-${target.name}`);
    const objects = sourcesOf(test, target).map((source) => compiledSource(source, target));
    compile(target, resolve(`tests/native/${test}.cpp`), ...objects, '-o', program);
    return program;
}

const integerKinds = [
    { name: 'avx2', flags: ['-mavx2', '-mf16c', '-mfma'], here: processorHas('avx2', 'f16c', 'fma') },
    {
        name: 'avx512_vnni',
        flags: ['-mavx512f', '-mavx512bw', '-mavx512vl', '-mavx512vnni', '-mf16c', '-mfma'],
        here: processorHas('avx512f', 'avx512bw', 'avx512vl', 'avx512_vnni'),
    },
];

describe.each(integerKinds)('products in integers of $name', ({ here, ...kind }) => {
    it.skipIf(!isHere(own) || !here)('have the bits of sums in ggml’s order (skipped without such a processor)', () => {
        const program = compiled('integers', kind);
        expect(execFileSync(program, { encoding: 'utf8' }).trim()).toBe('470660 0');
    });
});

describe.each(kinds.filter(({ name }) => name.endsWith('_bf16')))('attention of $name', ({ here, ...kind }) => {
    it.skipIf(!here)('is that in doubles, of any sizes and masks (skipped without such a processor)', () => {
        const flags = [...kind.flags, '-DLN_ATTENTION=attention'];
        const difference = Number(execFileSync(compiled('attention', { ...kind, flags }), { encoding: 'utf8' }));
        // weights are rounded to 8 bits, as queries are
        expect(difference).toBeGreaterThan(1e-4);
        expect(difference).toBeLessThan(2 ** -8);
    });
});

describe('attention of few tokens', () => {
    const { here, ...kind } = integerKinds[1]!;

    it.skipIf(!here)('is that in doubles, of any sizes and masks (skipped without AVX-512 VNNI)', () => {
        for (const kernel of ['cellwise', 'cellwise_fused']) {
            const flags = [...kind.flags, '-ffp-contract=off', `-DLN_ATTENTION=${kernel}`];
            const difference = Number(execFileSync(compiled('attention', { ...kind, flags }), { encoding: 'utf8' }));
            // sums are rounded to 11 bits at each of up to 300 cells
            expect(difference).toBeGreaterThan(1e-5);
            expect(difference).toBeLessThan(2 ** -8);
        }
    });
});

describe.each(kinds.filter(({ name }) => /^(avx512|amx)/.test(name)))('GELU of $name', ({ here, ...kind }) => {
    it.skipIf(!here)('is that in doubles, of any sizes (skipped without such a processor)', () => {
        const error = Number(execFileSync(compiled('gelus', kind), { encoding: 'utf8' }));
        // its exponential is right to 3e-6
        expect(error).toBeGreaterThan(0);
        expect(error).toBeLessThan(3e-6);
    });
});

describe.each(kinds)('products of $name', ({ here, ...kind }) => {
    it.skipIf(!here)('are those in doubles, of any sizes (skipped without such a processor or an emulator)', () => {
        const [command, ...args] = [...(kind.emulator ?? []), compiled('products', kind)];
        const errors = execFileSync(command!, args, { encoding: 'utf8' }).trim().split('\n').map(Number);
        const [f32, bf16 = 0, ofIntegers, int8 = 0, isKept] = errors;
        // Rounded 2,080 times at most, each time by 2^-24 of a sum that is seldom near the sum of the magnitudes.
        expect(f32).toBeGreaterThan(0);
        expect(f32).toBeLessThan(1e-6);
        // Both operands are rounded to 8 bits, by 2^-9 each.
        if (kind.name.endsWith('_bf16')) expect(bf16).toBeGreaterThan(1e-4);
        expect(bf16).toBeLessThan(2 ** -8);
        if (kind.name !== 'avx512_bf16') return;
        // What 8 bits hold is multiplied exactly, and blocks are added up in F32.
        expect(ofIntegers).toBeLessThan(1e-6);
        // Other operands are rounded by half of a 127th of a block's greatest, twice what they are on average.
        expect(int8).toBeGreaterThan(1e-4);
        expect(int8).toBeLessThan(1 / 127);
        expect(isKept).toBe(1);
    });
});
