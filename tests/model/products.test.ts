import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Float16Array } from '@petamoriken/float16';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { collect } from '../../src/activations/collect.js';
import { mergeShards } from '../../src/activations/mergeShards.js';
import { openCorpus } from '../../src/data/openCorpus.js';
import { blockTypes } from '../../src/gguf/blockTypes.js';
import { loadBackends } from '../../src/engine/native/loadBackends.js';
import { neuronsAt } from '../../src/engine/types/Site.js';
import { GgmlBlocks, noGgml } from '../helpers/ggmlBlocks.js';
import { maskOf } from '../helpers/maskOf.js';
import { MeasuredEngine, type MeasuredOptions } from '../helpers/MeasuredEngine.js';
import { embeddedModel } from '../helpers/models.js';
import { everyNth } from '../helpers/neuronSets.js';
import { writeUngated, writeWidths } from '../helpers/syntheticModels.js';
import { processorHas } from '../helpers/processorHas.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';
import { writeUpcycled } from '../helpers/upcycled.js';
import { writeTyped } from '../helpers/typedModel.js';
import { writeUnquantized } from '../helpers/unquantized.js';

const folder = temporaryFolder();
const unquantized = join(folder, 'unquantized.gguf');
const halves = join(folder, 'halves.gguf');
const uneven = join(folder, 'uneven.gguf');
const mixture = join(folder, 'mixture.gguf');
const unquantizedMixture = join(folder, 'unquantized-mixture.gguf');
beforeAll(async () => {
    await writeUnquantized(embeddedModel, unquantized);
    await writeUnquantized(embeddedModel, halves, true);
    // rows beside whole panels of 64, an odd number of values in a row, and more than are dequantized at once
    writeWidths(uneven, [67, 1531, 33]);
    // each expert lacks every eighth block of its matrices, another one than the others: 34 bytes, the scale first
    await writeUpcycled(embeddedModel, mixture, 8, (data, _tensor, expert) => {
        for (let at = 34 * expert; at < data.length; at += 34 * 8) data.fill(0, at, at + 2);
        return data;
    });
    await writeUnquantized(mixture, unquantizedMixture);
});
const { addon } = await loadBackends('off');
const own = addon.products();
const text = 'Der alte Mann und das Meer. '.repeat(12);

/** With F32 attention, so that products alone differ. */
async function withEngine<T>(options: MeasuredOptions, use: (engine: MeasuredEngine) => Promise<T>): Promise<T> {
    const engine = await MeasuredEngine.open({ gpu: 'off', f32Cache: true, ...options });
    try {
        return await use(engine);
    } finally {
        engine.close();
    }
}

const computed = new Map<string, Promise<Float32Array>>();
/** Computed once for each engine and input. */
function logitsOf(options: MeasuredOptions, input: string | Int32Array): Promise<Float32Array> {
    const key = JSON.stringify([options, input]);
    const found = computed.get(key) ?? withEngine(options, (engine) => engine.logits(input));
    computed.set(key, found);
    return found;
}

/** Root mean square of the difference, as a share of the expected values'. */
function distance(values: Float32Array, expected: Float32Array): number {
    const square = (sum: number, value: number): number => sum + value * value;
    const difference = values.map((value, i) => value - expected[i]!);
    return Math.sqrt(difference.reduce(square, 0) / expected.reduce(square, 0));
}

/** What products round: F32 its sums, BF16 each operand to 8 bits, integers activations, as ggml (0.026). */
const bounds = { f32: 1e-5, bf16: 2e-2, int8: 3e-2 } as const;

describe.each(own)('products in %s', (products) => {
    it('of F32 weights are those of ggml within their rounding', async () => {
        const expected = await logitsOf({ model: unquantized }, text);
        const values = await logitsOf({ model: unquantized, products }, text);
        expect(values).toHaveLength(expected.length);
        expect(distance(values, expected)).toBeLessThan(bounds[products]);
        expect(values).not.toEqual(expected); // they were computed in another way
    });

    it('take quantized weights for what they stand for', async () => {
        const expected = await logitsOf({ model: unquantized }, text);
        for (const model of [embeddedModel, halves]) {
            // the copy in F16 has rounded weights
            const bound = model === halves ? Math.max(bounds[products], 1e-3) : bounds[products];
            expect(distance(await logitsOf({ model, products }, text), expected)).toBeLessThan(bound);
        }
    });

    it('are the experts’ own', async () => {
        const expected = await logitsOf({ model: unquantizedMixture }, text);
        const values = await logitsOf({ model: mixture, products }, text);
        expect(distance(values, expected)).toBeLessThan(bounds[products]);
        // ggml rounds activations to 8 bits, which is worse than F32, and sends more tokens to other experts
        const rounded = await logitsOf({ model: mixture }, text);
        expect(distance(rounded, expected)).toBeGreaterThan(10 * bounds.f32);
        for (const threads of [1, 3]) {
            expect(await logitsOf({ model: mixture, products, threads }, text)).toEqual(values);
        }
    });

    it('hold for matrices of any size', async () => {
        for (const length of [32, 33, 47, 100]) {
            const tokens = Int32Array.from({ length }, (_, i) => (7 * i) % 11);
            const expected = await logitsOf({ model: uneven }, tokens);
            expect(distance(await logitsOf({ model: uneven, products }, tokens), expected)).toBeLessThan(
                bounds[products],
            );
        }
    });

    it('are ggml’s for batches of less than 32 tokens', async () => {
        const few = text.slice(0, 20); // tokens are bytes there, and BOS is one
        const [values, expected] = [
            await logitsOf({ model: unquantized, products }, few),
            await logitsOf({ model: unquantized }, few),
        ];
        expect(distance(values, expected)).toBe(0);
    });

    it('are the same by any number of threads', async () => {
        const one = await logitsOf({ model: embeddedModel, products, threads: 1 }, text);
        for (const threads of [2, 3]) {
            expect(await logitsOf({ model: embeddedModel, products, threads }, text)).toEqual(one);
        }
    });

    it('change counts in few places', async () => {
        const samples = [{ language: 'de', prompt: '', response: text.repeat(4) }];
        const count = (options: MeasuredOptions) => withEngine(options, (engine) => engine.count(samples));
        const expected = await count({ model: unquantized });
        const { counts, decodedTokens } = await count({ model: embeddedModel, products });
        const flat = counts.flatMap((site) => Array.from(site, Number));
        const before = expected.counts.flatMap((site) => Array.from(site, Number));
        const differing = flat.reduce((sum, value, i) => sum + Math.abs(value - before[i]!), 0);
        expect(differing / (flat.length * decodedTokens)).toBeLessThan(products === 'f32' ? 1e-4 : 5e-3);
        expect(decodedTokens).toBeGreaterThan(256);
    });
});

describe.skipIf(!own.includes('bf16'))('attention in BF16', () => {
    const attending = { model: embeddedModel, products: 'bf16', f32Cache: false } as const;

    it('is that in F32 within its rounding, and another than by F16', async () => {
        const expected = await logitsOf({ model: unquantized }, text);
        const values = await logitsOf(attending, text);
        expect(distance(values, expected)).toBeLessThan(bounds.bf16);
        // with keys and values in F32, attention is ggml's
        expect(values).not.toEqual(await logitsOf({ ...attending, f32Cache: true }, text));
    });

    it('is the same by any number of threads', async () => {
        const one = await logitsOf({ ...attending, threads: 1 }, text);
        for (const threads of [2, 3]) expect(await logitsOf({ ...attending, threads }, text)).toEqual(one);
    });

    it('of a text heeds no other in the batch', async () => {
        const responses = [text.slice(0, 40), text, text.slice(7), text.slice(0, 200)];
        const samples = responses.map((response) => ({ language: 'de', prompt: '', response }));
        const scores = (options: MeasuredOptions) =>
            withEngine(options, async (engine) => {
                const found: number[] = [];
                for (const sample of samples) found.push((await engine.score([sample])).logProbability);
                return found;
            });
        const together = await withEngine(attending, (engine) => engine.score(samples));
        const alone = await scores(attending);
        // another place in the cache adds up in another order, by which a few operands round elsewhere: 2e-4
        const sum = alone.reduce((all, one) => all + one, 0);
        expect(Math.abs(together.logProbability / sum - 1)).toBeLessThan(1e-3);
        const exact = await scores({ model: unquantized });
        for (const [i, one] of alone.entries()) expect(Math.abs(one / exact[i]! - 1)).toBeLessThan(5e-3);
    });
});

describe.skipIf(!own.includes('f32'))('exact', () => {
    it('is F32 for batches of any size, where products in F32 leave small ones to ggml', async () => {
        for (const part of [text, text.slice(0, 20)]) {
            const expected = await logitsOf({ model: unquantized, f32Cache: true }, part);
            const values = await logitsOf({ model: embeddedModel, exact: true, f32Cache: false }, part);
            expect(distance(values, expected)).toBeLessThan(bounds.f32);
        }
    });

    it('computes GELU where ggml reads it from a table of F16 values', async () => {
        const path = join(folder, 'gelu.gguf');
        writeUngated(path, 1, 48);
        const neurons = Array.from({ length: 48 }, (_, j): [number, number] => [0, j]);
        const valuesOf = (options: Partial<MeasuredOptions>): Promise<number[]> =>
            withEngine({ model: path, ...options }, async (engine) => {
                const tokens = Int32Array.from({ length: 60 }, (_, i) => (7 * i) % 61);
                const samples = [{ language: '', tokens, promptLength: 0, characters: tokens.length }];
                const found: number[] = [];
                for await (const { values } of engine.watch(samples, { neurons })) found.push(...values);
                return found;
            });
        const [table, values] = [await valuesOf({}), await valuesOf({ exact: true })];
        const isHalf = (value: number): boolean => new Float16Array([value])[0] === value;
        expect(table.every(isHalf)).toBe(true);
        expect(values.filter(isHalf).length).toBeLessThan(values.length / 100);
        // F16 rounds what goes in and what comes out by 2^-11; no slope of GELU is greater than 1.13
        for (const [i, value] of values.entries()) {
            expect(Math.abs(value - table[i]!)).toBeLessThan(1.13 * 2 ** -10 * Math.max(1, Math.abs(value)));
        }
        // in large batches, vectors compute it to 3e-6 of each
        if (!processorHas('avx512f')) return;
        const byVectors = await valuesOf({ products: 'f32' });
        expect(byVectors).not.toEqual(values);
        for (const [i, value] of byVectors.entries()) {
            expect(Math.abs(value - values[i]!)).toBeLessThan(1e-5 * Math.max(1, Math.abs(value)));
        }
    });

    it.each(['bf16', 'int8'] as const)('contradicts products in %s', async (products) => {
        const wrong = MeasuredEngine.open({ model: embeddedModel, gpu: 'off', exact: true, products });
        await expect(wrong).rejects.toMatchObject({ code: 'WRONG_USE' });
    });
});

describe('products: auto', () => {
    it('is one of those that this processor has, kept in the cache, and names it in the identity', async () => {
        const cache = join(folder, 'cache');
        vi.stubEnv('LANGUAGE_NEURONS_CACHE', cache);
        try {
            const kept = (): string => {
                const [name] = readdirSync(join(cache, 'products'));
                return join(cache, 'products', name!);
            };
            const productsOf = (): Promise<string> =>
                withEngine({ model: embeddedModel, products: 'auto' }, ({ settings: { products = 'ggml' } }) =>
                    Promise.resolve(products),
                );
            const chosen = await productsOf();
            expect(['ggml', 'f32', 'bf16']).toContain(chosen);
            expect(JSON.parse(readFileSync(kept(), 'utf8'))).toEqual({ products: chosen });
            // it is read from there
            const other = ['ggml', ...own].find((kind) => kind !== chosen)!;
            writeFileSync(kept(), JSON.stringify({ products: other }));
            expect(await productsOf()).toBe(other);
            // what cannot be read is measured anew
            writeFileSync(kept(), 'nothing');
            expect(['ggml', ...own]).toContain(await productsOf());
            expect(JSON.parse(readFileSync(kept(), 'utf8'))).toHaveProperty('products');
        } finally {
            vi.unstubAllEnvs();
        }
    });

    it('that chose others for another shard is refused where shards are merged', async () => {
        const corpus = await openCorpus('udhr:1-2', { languages: ['en', 'de'] });
        const out = join(folder, 'shards');
        for (const [number, products] of (['ggml', own[0]!] as const).entries()) {
            await withEngine({ model: embeddedModel, products }, (engine) =>
                collect({ engine, corpus, folder: out, shard: { number: number + 1, total: 2 } }),
            );
        }
        const files = [1, 2].map((number) => join(out, `activations.shard-${number}-of-2.safetensors`));
        await expect(mergeShards(files)).rejects.toMatchObject({
            code: 'MISMATCH',
            message: expect.stringContaining(
                `products ggml and ${own[0]!}, name the same \`products\` for both`,
            ) as string,
        });
    });
});

const types = Object.entries(blockTypes).map(([number, type]) => ({ number: Number(number), type, name: type.name }));
const sameBits = types.filter(({ name }) => addon.ggmlBits().some((bits) => bits.toUpperCase() === name));
const title = 'ggml’s products by kernels of our own';

describe.skipIf(noGgml !== undefined)(`${title}${noGgml === undefined ? '' : ` (skipped: ${noGgml})`}`, () => {
    it.skipIf(!processorHas('avx2'))('are there for each type that they know (skipped without AVX2)', () => {
        expect(addon.ggmlBits().sort()).toEqual(['q4_1', 'q4_K', 'q5_0', 'q5_1', 'q6_K', 'q8_0']);
    });

    it.each(sameBits)('have the same bits: type $name', async ({ number, type }) => {
        const model = join(folder, `${type.name}.gguf`);
        writeTyped(model, number, type, new GgmlBlocks());
        const bytes = (options: Omit<MeasuredOptions, 'model'>) =>
            withEngine({ model, ...options }, async (engine) => {
                const ofLengths: Buffer[] = [];
                for (const length of [1, 3, 4, 5, 9, 11, 31, 32, 101]) {
                    const tokens = Int32Array.from({ length }, (_, i) => (37 * i + 11) % 64);
                    ofLengths.push(Buffer.from((await engine.logits(tokens)).buffer));
                }
                return ofLengths;
            });
        const expected = await bytes({ ggmlAlone: true, threads: 1 });
        for (const threads of [1, 2]) {
            for (const [i, values] of (await bytes({ threads })).entries()) {
                expect(values.equals(expected[i]!)).toBe(true);
            }
        }
    });

    it.skipIf(!processorHas('avx512_vnni'))('and so has attention, of heads of any size (skipped without it)', () => {
        for (const [keys, values] of [[32], [96], [80], [40], [7, 5], [72, 100], [576, 512]]) {
            expect(addon.attentionHasGgmlBits(keys!, values ?? keys!)).toBe(true);
        }
    });

    it('give the embedded model the same answers, alone and side by side', async () => {
        const prompts = ['Der alte Mann', 'The sea', '海', 'Le vieil homme et la mer'].map((text, id) => ({
            id,
            text,
        }));
        const answers = (options: Omit<MeasuredOptions, 'model'>) =>
            withEngine({ model: embeddedModel, f32Cache: false, ...options }, async (engine) => {
                const all = [];
                for (const some of [prompts, prompts.slice(0, 1)]) {
                    const options = { maxTokens: 60, ignoreEnd: true, temperature: 1, seed: 3 } as const;
                    for await (const answer of engine.generate(some, options)) all.push(answer);
                }
                return all.map((answer) => JSON.stringify(answer)).sort();
            });
        const expected = await answers({ ggmlAlone: true, threads: 1 });
        expect(expected).toHaveLength(5);
        for (const threads of [1, 2]) expect(await answers({ threads })).toEqual(expected);
    });

    it('give the same logits below, at and above a tile of ggml’s attention', async () => {
        const logits = (options: Omit<MeasuredOptions, 'model'>) =>
            withEngine({ model: embeddedModel, f32Cache: false, ...options }, async (engine) => {
                const all = [];
                for (const length of [63, 64, 65]) {
                    const tokens = Int32Array.from({ length }, (_, i) => 3 + ((37 * i) % 900));
                    all.push(Buffer.from((await engine.logits(tokens)).buffer).toString('hex'));
                }
                return all;
            });
        const expected = await logits({ ggmlAlone: true, threads: 1 });
        for (const threads of [1, 2]) expect(await logits({ threads })).toEqual(expected);
    });

    it('give the same answer behind as many cells as ggml shares out to threads', async () => {
        const text = Int32Array.from({ length: 400 }, (_, i) => 3 + ((37 * i) % 900)); // cells come 256 at a time
        const answer = (options: Omit<MeasuredOptions, 'model'>) =>
            withEngine({ model: embeddedModel, f32Cache: false, ...options }, async (engine) => {
                const settings = { maxTokens: 60, ignoreEnd: true, temperature: 1, seed: 5 } as const;
                for await (const one of engine.generate([{ id: 0, text }], settings)) return JSON.stringify(one);
                return '';
            });
        for (const threads of [1, 2]) {
            const expected = await answer({ ggmlAlone: true, threads });
            expect(expected).not.toBe('');
            expect(await answer({ threads })).toBe(expected);
        }
    });

    it('give the embedded model the same scores and counts', async () => {
        const samples = [{ language: 'de', prompt: '', response: text.repeat(4) }];
        const measure = (options: Omit<MeasuredOptions, 'model'>) =>
            withEngine({ model: embeddedModel, f32Cache: false, ...options }, async (engine) => {
                const edit = maskOf(everyNth(engine.sites, 7), engine.sites.map(neuronsAt));
                return { ...(await engine.score(samples, { edit })), counts: await engine.count(samples) };
            });
        const [expected, values] = [await measure({ ggmlAlone: true }), await measure({})];
        expect(values).toEqual(expected);
        expect(values.tokens).toBeGreaterThan(256);
    });
});

/** Those whose values are integers, and one that is left to BF16. */
const multipliedTypes = ['Q4_0', 'Q4_1', 'Q5_0', 'Q5_1', 'Q8_0', 'Q4_K', 'Q5_K', 'Q6_K', 'Q3_K'];
const inIntegers = 'products in int8 of each type';
const noInt8 = own.includes('int8') ? noGgml : 'no AVX-512 VNNI and BF16';

describe.skipIf(noInt8 !== undefined)(`${inIntegers}${noInt8 === undefined ? '' : ` (skipped: ${noInt8})`}`, () => {
    it.each(types.filter(({ name }) => multipliedTypes.includes(name)))('$name', async ({ number, type, name }) => {
        const model = join(folder, `${name}-int8.gguf`);
        writeTyped(model, number, type, new GgmlBlocks());
        for (const length of [32, 33, 101]) {
            const tokens = Int32Array.from({ length }, (_, i) => (37 * i + 11) % 64);
            const expected = await logitsOf({ model, exact: true }, tokens);
            const values = await logitsOf({ model, products: 'int8' }, tokens);
            // the matrices of attention are in F32, and multiplied in BF16
            const [ggml, bf16] = [
                await logitsOf({ model }, tokens),
                await logitsOf({ model, products: 'bf16' }, tokens),
            ];
            const most = Math.max(distance(ggml, expected), distance(bf16, expected));
            expect(distance(values, expected)).toBeLessThan(1.5 * most);
            expect(distance(values, bf16) === 0).toBe(name === 'Q3_K');
        }
    });
});

describe('products that cannot be had', () => {
    it('are refused by their name', async () => {
        const wrong = MeasuredEngine.open({ model: embeddedModel, gpu: 'off', products: 'f16' as 'bf16' });
        await expect(wrong).rejects.toMatchObject({ code: 'WRONG_USE' });
    });

    const missing = (['f32', 'bf16', 'int8'] as const).find((kind) => !own.includes(kind));

    it.skipIf(missing === undefined)('are refused where the processor has none', async () => {
        const wrong = MeasuredEngine.open({ model: embeddedModel, gpu: 'off', products: missing! });
        await expect(wrong).rejects.toMatchObject({ code: 'UNSUPPORTED' });
    });
});
