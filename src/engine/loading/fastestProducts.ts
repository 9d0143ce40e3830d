import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { keepCached, readCached } from '../../files/cacheFolder.js';
import { namesIfAny } from '../../files/fileAccess.js';
import { keyOf } from '../../support/keyOf.js';
import { embeddedModel } from '../files/embeddedModel.js';
import type { EngineOptions, Products, Samples } from '../types/engineTypes.js';
import { fileHash } from '../files/fileHash.js';
import { loadAddon } from '../native/loadBackends.js';

/** Not `int8`: where there is `int8` there is `bf16`, which rounds less and is nearly as fast. */
const candidates = ['ggml', 'f32', 'bf16'] as const satisfies readonly Products[];
type Candidate = (typeof candidates)[number];

/** What is measured: an engine that counts. */
export interface Counting {
    count(samples: Samples): Promise<unknown>;
    close(): void;
}
export type OpenCounting = (options: EngineOptions) => Promise<Counting>;

const rounds = 3;
/** No round begins after it. */
const mostMilliseconds = 600;
const samples: Samples = [
    { language: '', prompt: '', response: 'The farmer eats bread in the garden every day. '.repeat(60) },
];
const kept = z.object({ products: z.enum(candidates) });

/**
 * The products that count the embedded model's activations in the least processor time of one thread, so that it does
 * not matter what else runs. Measured in a second, then kept in the cache folder for this processor and build.
 * @throws LanguageNeuronsError BUILD, NOT_FOUND
 */
export async function fastestProducts(open: OpenCounting): Promise<Candidate> {
    const { addon, built } = await loadAddon();
    const own = addon.products();
    const kinds = candidates.filter((kind) => kind === 'ggml' || own.includes(kind));
    const processor = cpus().map(({ model }) => model);
    const libraries = await libraryHashes(dirname(built.addonPath));
    const key = keyOf({ processor, kinds, release: built.release, libraries });
    const known = await readCached('products', key, kept);
    if (known !== undefined) return known.products;
    const products = kinds.length === 1 ? 'ggml' : await measured(kinds, open);
    await keepCached('products', key, { products });
    return products;
}

/** Hashes of the addon and of the libraries beside it, one of which holds the kernels. */
async function libraryHashes(folder: string): Promise<string[]> {
    const names = (await namesIfAny(folder)).filter((name) => /\.(node|so|dylib|dll)(\.|$)/.test(name)).sort();
    return Promise.all(names.map((name) => fileHash(join(folder, name))));
}

async function measured(kinds: readonly Candidate[], open: OpenCounting): Promise<Candidate> {
    const engines: { readonly products: Candidate; readonly engine: Counting; least: number }[] = [];
    try {
        for (const products of kinds) {
            const engine = await open({ model: embeddedModel, gpu: 'off', threads: 1, windowSize: 512, products });
            engines.push({ products, engine, least: Infinity });
        }
        const begin = performance.now();
        for (let round = 0; round < rounds && performance.now() - begin < mostMilliseconds; round++) {
            for (const each of engines) {
                const before = process.cpuUsage();
                await each.engine.count(samples);
                const { user, system } = process.cpuUsage(before);
                each.least = Math.min(each.least, user + system);
            }
        }
        return engines.reduce((a, b) => (b.least < a.least ? b : a)).products;
    } finally {
        for (const { engine } of engines) engine.close();
    }
}
