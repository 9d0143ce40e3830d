import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readActivations, writeActivations } from '../../src/activations/activationsFile.js';
import { importCounts } from '../../src/activations/import/importCounts.js';
import { LanguageNeuronsError } from '../../src/errors.js';
import { countsFile, dictionary, ints, number, tensor, torchFile } from '../helpers/torchFiles.js';

/** Files of each kind; the default keeps the promise of more than ten thousand in all. */
const cases = Number(process.env.FUZZ_CASES ?? 6000);
const seed = Number(process.env.FUZZ_SEED ?? 1);
/** Far above what these files of a few hundred bytes take, far below what they can be made to claim. */
const mostMebibytes = 300;

type Random = (below: number) => number;

/** One change to a file. */
type Mutation = (bytes: Buffer, random: Random) => Buffer;

const hugeNumbers = [0xff, 0x7f, 0x80, 0x00];
const place = (bytes: Buffer, random: Random): number => random(Math.max(1, bytes.length));
const general: readonly Mutation[] = [
    (bytes, random) => { // a bit
        const at = place(bytes, random);
        bytes[at] = bytes[at]! ^ (1 << random(8));
        return bytes;
    },
    (bytes, random) => { // a byte
        bytes[place(bytes, random)] = random(256);
        return bytes;
    },
    (bytes, random) => bytes.subarray(0, place(bytes, random)), // cut
    (bytes, random) => { // a range left out
        const at = place(bytes, random);
        return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random(40))]);
    },
    (bytes, random) => { // a range twice
        const at = place(bytes, random);
        const end = at + 1 + random(60);
        return Buffer.concat([bytes.subarray(0, end), bytes.subarray(at)]);
    },
    (bytes, random) => { // noise put in
        const at = place(bytes, random);
        return Buffer.concat([bytes.subarray(0, at), Buffer.from(Array.from({ length: 1 + random(20) }, () => random(256))), bytes.subarray(at)]);
    },
    (bytes, random) => { // a number of 4 or 8 bytes made huge, or 0
        const [at, width] = [place(bytes, random), 4 * (1 + random(2))];
        bytes.fill(hugeNumbers[random(hugeNumbers.length)]!, at, Math.min(bytes.length, at + width));
        return bytes;
    },
];

/** Replaces one of the words in a file, each as long as its replacement or not. */
const words = (pairs: readonly (readonly [RegExp, readonly string[]])[]): Mutation => (bytes, random) => {
    const [pattern, others] = pairs[random(pairs.length)]!;
    const text = bytes.toString('latin1');
    const found = [...text.matchAll(pattern)];
    if (found.length === 0) return bytes;
    const { index, 0: word } = found[random(found.length)]!;
    return Buffer.from(text.slice(0, index) + others[random(others.length)]! + text.slice(index + word.length), 'latin1');
};

const numbers = ['-1', '0', '1', '7', '8', '16', '1e300', '9007199254740993', '18446744073709551615', '[]', '"x"', 'null'];
const safetensors: readonly Mutation[] = [...general, ...Array.from({ length: 4 }, () => words([
    [/(?<=[[,])\d+(?=[\],])/g, numbers], [/"I64"/g, ['"F32"', '"I32"', '"i64"', '64']], [/"(shape|data_offsets|dtype|tokens)"/g, ['"x"', '"__metadata__"', '"__proto__"']],
    [/blk\.\d+/g, ['blk.0', 'blk.9', 'tokens']], [/[{}[\]]/g, ['', '{', '[', ']]']],
]))];
// Opcodes that call, build, fetch from memory, or hold long values; and the names that a pickle may ask for.
const opcodes = ['R', 'i', 'o', 'b', '\x81', '\x92', '\x93', 'c', 'h\x00', 'h\xff', '2', '0', '1', 'Q', 'P', '\x82\x01', '\x8a\xff', '\x8b\xff\xff\xff\x7f', 'X\xff\xff\xff\x7f', '\x8e', '\x95', '}', ')', 'd', 'l', '(', 't', 's', 'u', 'a', 'e', 'N'];
// eslint-disable-next-line no-control-regex -- a zip's signatures
const zipSignature = /PK\x03\x04|PK\x01\x02|PK\x05\x06/g;
const torch: readonly Mutation[] = [...general, ...Array.from({ length: 4 }, () => words([
    [/[}()XJtRuq.cQ\x89\x80]/g, opcodes], [/torch\._utils\n_rebuild_tensor_v2/g, ['os\nsystem', 'builtins\nexec', 'torch\nLongStorage', 'collections\nOrderedDict']],
    [/LongStorage|IntStorage/g, ['FloatStorage', 'IntStorage', 'LongStorage', '__proto__']], [/total_tokens|over_zero/g, ['__proto__', 'constructor', 'over_zero', 'n']],
    [zipSignature, ['PK\x01\x02', 'PK\x05\x06', 'PK\x06\x06']], [/data\/0|data\.pkl/g, ['data/1', 'data.pkl', '../../x', '/etc/x']],
]))];

let root: string;
beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'language-neurons-fuzz-'));
});
afterAll(() => rm(root, { recursive: true }));

/** Reads mutated copies of seeds; each must be refused in one line that names the file, or be sound. */
async function fuzz(path: string, seeds: readonly Buffer[], mutations: readonly Mutation[], read: () => Promise<void>): Promise<Map<string, number>> {
    const generator = xoroshiro128plus(seed);
    const random: Random = (below) => uniformInt(generator, 0, below - 1);
    const outcomes = new Map<string, number>();
    for (let i = 0; i < cases; i++) {
        let bytes: Buffer = Buffer.from(seeds[random(seeds.length)]!);
        for (let rounds = 1 + random(3); rounds > 0; rounds--) bytes = mutations[random(mutations.length)]!(bytes, random);
        await writeFile(path, bytes);
        const begin = performance.now();
        const outcome = await read().then(() => 'sound', (cause: unknown) => {
            const what = `case ${i} of seed ${seed}: ${bytes.toString('base64')}`;
            expect(cause, what).toBeInstanceOf(LanguageNeuronsError);
            const { code, message } = cause as LanguageNeuronsError;
            expect(message, what).not.toContain('\n');
            expect(message, what).toContain(root);
            return code;
        });
        // A hang, not a benchmark: the slowest take some milliseconds.
        expect(performance.now() - begin, `case ${i} of seed ${seed}`).toBeLessThan(10_000);
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    return outcomes;
}

const mebibytes = (): number => process.memoryUsage().rss / 2 ** 20;

describe(`damaged and malicious files, ${2 * cases} of them`, () => {
    it('.safetensors are refused or sound', async () => {
        const path = join(root, 'activations.safetensors');
        const source = { model: { name: 'm', architecture: 'a', quantization: 'q', fingerprint: 'f' }, dataset: { name: 'd', hash: 'h' }, versions: {} };
        const counts = { counts: [BigInt64Array.of(1n, 2n, 3n, 4n), BigInt64Array.of(0n, 1n)], tokens: BigInt64Array.of(5n, 6n) };
        const twice = { counts: counts.counts.map((layer) => layer.map((count) => 2n * count)), tokens: counts.tokens.map((n) => 2n * n) };
        const seeds: Buffer[] = [];
        for (const activations of [{ ...counts }, { ...twice, folds: [counts, counts] }]) {
            await writeActivations(path, { languages: ['en', 'de'], ...activations, source });
            seeds.push(await readFile(path));
        }
        const before = mebibytes();
        const outcomes = await fuzz(path, seeds, safetensors, async () => {
            const { languages, counts, tokens, folds } = await readActivations(path);
            for (const part of [{ counts, tokens }, ...(folds ?? [])]) {
                expect(part.tokens).toHaveLength(languages.length);
                expect(part.counts.every((layer) => layer.every((count, j) => count >= 0n && count <= part.tokens[j % languages.length]!))).toBe(true);
            }
        });
        console.log('.safetensors:', Object.fromEntries(outcomes));
        expect(outcomes.get('DAMAGED')).toBeGreaterThan(cases / 2);
        expect(mebibytes() - before).toBeLessThan(mostMebibytes);
    });

    it('.pt are refused or sound, and nothing in them runs', async () => {
        const path = join(root, 'activation.en.pt');
        const lape = dictionary({ n: number(9), over_zero: tensor({ shape: [2, 2], storage: 'IntStorage' }) });
        const seeds = [countsFile([2, 3], [1, 2, 3, 4, 5, 6], 10), torchFile(lape, { 0: ints([1, 2, 3, 4]) })];
        const before = mebibytes();
        const outcomes = await fuzz(path, seeds, torch, async () => {
            const { counts, tokens } = await importCounts(root);
            expect(counts.every((layer) => layer.every((count) => count >= 0n && count <= tokens[0]!))).toBe(true);
        });
        console.log('.pt:', Object.fromEntries(outcomes));
        expect(outcomes.get('DAMAGED')).toBeGreaterThan(cases / 4);
        expect(outcomes.get('UNSUPPORTED')).toBeGreaterThan(cases / 100);
        expect(mebibytes() - before).toBeLessThan(mostMebibytes);
        expect(Object.prototype).not.toHaveProperty('total_tokens');
    });
});
