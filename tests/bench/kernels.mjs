// npm run bench:kernels [-- [--types q4_0,q8_0,...] [--tokens 16,512] [--rows N] [--width N] [--rounds N] [--avx2]]
// Matrix products by ggml's kernels and by those of native/products, for each type of weights: GFLOP in a CPU second of
// one thread, and how many times as fast as ggml's ours are, as a table in Markdown. All sides take turns in one
// process: medians over the rounds, then quartiles of the ratio. `integers`, the default, have ggml's bits, which is
// checked too; `f32` and `bf16` are those of `--products`. CPU seconds, so that other programs beside it cost little.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import yargs from 'yargs';
import { ensureBuilt } from '../../scripts/build/ensure.mjs';
import { resolveBackends } from '../../src/prebuilt/backends.mjs';
import { ratioOf, spread } from './measure.mjs';

const types = 'q4_0,q4_1,q5_0,q5_1,q8_0,q2_K,q3_K,q4_K,q5_K,q6_K,iq4_nl,f16,bf16,f32';
const argv = await yargs(process.argv.slice(2))
    .option('types', { type: 'string', default: types, describe: "in ggml's words" })
    .option('tokens', { type: 'string', default: '16,512', describe: 'of a batch' })
    .option('rows', { type: 'number', default: 2048, describe: 'of the matrix' })
    .option('width', { type: 'number', default: 2048, describe: 'values of a row; whole blocks of every type' })
    .option('rounds', { type: 'number', default: 9 })
    .option('avx2', { type: 'boolean', default: false, describe: 'as on a processor with AVX2 alone; Linux' })
    .strict()
    .parseAsync();
const kinds = ['integers', 'f32', 'bf16', 'int8'];

/** The program that measures, linked with the libraries that the addon runs on. */
async function compile(folder) {
    const { release, ggmlDir } = await ensureBuilt();
    const { prebuilt } = resolveBackends();
    if (prebuilt === null || ggmlDir !== prebuilt.ggmlDir) {
        throw new Error('it is linked with the prebuilt ggml: run npm run build -- --prebuilt first');
    }
    const [own, source] = [resolve('build/Release'), resolve('build/llama.cpp')];
    const llama = readdirSync(own).find((name) => /^libllama\./.test(name));
    const program = join(folder, 'kernels');
    execFileSync(process.env.CXX ?? 'c++', [
        ...['-std=c++17', '-O2', '-DGGML_SHARED', '-DGGML_BACKEND_SHARED', '-DLLAMA_SHARED'],
        ...(argv.avx2 ? ['-DLN_AVX2', '-rdynamic'] : []),
        ...['include', 'ggml/include', 'ggml/src'].map((name) => `-I${join(source, name)}`),
        ...['adapter', 'products'].map((name) => `-I${resolve('native', name)}`),
        ...[resolve('tests/native/kernels.cpp'), '-o', program],
        ...[join(own, llama), prebuilt.ggml, prebuilt.ggmlBase],
        ...[own, dirname(prebuilt.ggml)].map((name) => `-Wl,-rpath,${name}`),
    ]);
    const plugins = argv.avx2 ? join(ggmlDir, 'libggml-cpu-haswell.so') : ggmlDir;
    return { release, measure: (...args) => JSON.parse(execFileSync(program, [plugins, ...args.map(String)])) };
}

/** Cells of a table's row: GFLOP a second, then that of ours with the ratio and its quartiles. */
function cellsOf(sides, flop) {
    const speed = (side) => (flop / spread(side).median / 1e9).toFixed(0);
    return [
        speed(sides.ggml),
        ...kinds.map((kind) => {
            if (sides[kind] === undefined) return '';
            const { ratio, least, most } = ratioOf(sides.ggml, sides[kind]);
            return `${speed(sides[kind])}: ${ratio.toFixed(2)} (${least.toFixed(2)} to ${most.toFixed(2)})`;
        }),
    ];
}

const folder = mkdtempSync(join(tmpdir(), 'language-neurons-kernels-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const { release, measure } = await compile(folder);
const { rows, width, rounds } = argv;
const processor = cpus()[0].model + (argv.avx2 ? ' by AVX2' : '');
console.log(
    `${new Date().toISOString().slice(0, 10)}  ${processor}, llama.cpp ${release}: ${rows} rows of ${width}, ` +
        `${rounds} rounds; GFLOP in a CPU second, times as fast as ggml (quartiles)\n`,
);
console.log(`| weights | tokens | ggml | ${kinds.map((kind) => `\`${kind}\``).join(' | ')} |`);
console.log(`|---|--:|--:|${kinds.map(() => '--:|').join('')}`);
for (const type of argv.types.split(',')) {
    for (const tokens of argv.tokens.split(',').map(Number)) {
        const sides = measure(type, rows, width, tokens, rounds);
        console.log(`| ${[type.toUpperCase(), tokens, ...cellsOf(sides, 2 * rows * width * tokens)].join(' | ')} |`);
    }
}
