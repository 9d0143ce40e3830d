import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import type { Sample } from '../../src/corpus/Corpus.js';
import type { Samples } from '../../src/engine/types/engineTypes.js';
import { MeasuredEngine, type MeasuredOptions } from '../helpers/MeasuredEngine.js';
import type { WatchedNeuron, WatchedText, WatchOptions } from '../../src/engine/types/watchTypes.js';
import { fillRow } from '../helpers/fillRow.js';
import { maskOf } from '../helpers/maskOf.js';
import { embeddedModel } from '../helpers/models.js';
import { openNative, smallContext } from '../helpers/native.js';
import { writeWidths } from '../helpers/syntheticModels.js';
import { udhrSamples } from '../helpers/texts.js';
import { writeUnquantized } from '../helpers/unquantized.js';
import { writeUpcycled } from '../helpers/upcycled.js';
import { outOfMemory, watchContexts } from '../helpers/watchedModel.js';

const folder = mkdtempSync(join(tmpdir(), 'language-neurons-'));
afterAll(() => rmSync(folder, { recursive: true }));

const engines: MeasuredEngine[] = [];
const open = async (options: Partial<MeasuredOptions> = {}): Promise<MeasuredEngine> => {
    const engine = await MeasuredEngine.open({ model: embeddedModel, gpu: 'off', ...options });
    engines.push(engine);
    return engine;
};
afterEach(() => {
    vi.restoreAllMocks();
    engines.splice(0).forEach((engine) => engine.close());
});

async function all(engine: MeasuredEngine, samples: Samples, options: WatchOptions): Promise<WatchedText[]> {
    const texts: WatchedText[] = [];
    for await (const text of engine.watch(samples, options)) texts.push(text);
    return texts;
}

/** Neurons of every site and expert, in no order of theirs. */
function someOf(engine: MeasuredEngine): WatchedNeuron[] {
    const neurons = engine.sites.flatMap(({ width, experts }, site) =>
        Array.from({ length: Math.floor(width / 7) }, (_, j) => [site, 7 * experts * j + (j % 3)] as const),
    );
    return neurons.map((_, i) => neurons[(i * 101) % neurons.length]!);
}

/** The largest difference; NaN in one alone is infinitely far. */
function furthest(a: readonly Float32Array[], b: readonly Float32Array[]): number {
    let most = 0;
    for (const [i, values] of a.entries()) {
        for (const [j, value] of values.entries()) {
            const other = b[i]![j]!;
            if (Number.isNaN(value) !== Number.isNaN(other)) return Infinity;
            if (!Number.isNaN(value)) most = Math.max(most, Math.abs(value - other));
        }
    }
    return most;
}

const english: Sample = { language: 'en', prompt: '', response: 'The farmer eats bread in the garden every day.' };

describe('watched activations', () => {
    it.each(['automatic', 'repeat', 'transpose'] as const)(
        'are positive for as many tokens as are counted, %s',
        async (counting) => {
            const engine = await open({ counting });
            const samples = await udhrSamples(['en', 'zh'], '29-29');
            const { counts, tokens } = await engine.count(samples);
            const neurons = someOf(engine);
            const texts = await all(engine, samples, { neurons });
            expect(texts.map(({ language }) => language)).toEqual(samples.map(({ language }) => language));
            expect(texts.map(({ text }) => text)).toEqual(samples.map(({ response }) => response));
            expect(texts.reduce((sum, text) => sum + text.tokens.length, 0)).toBe(Number(tokens));
            for (const [column, [site, index]] of neurons.entries()) {
                let positive = 0;
                for (const { tokens, values } of texts)
                    for (let t = 0; t < tokens.length; t++) if (values[t * neurons.length + column]! > 0) positive++;
                expect(positive).toBe(Number(counts[site]![index]));
            }
        },
    );

    it('of experts are NaN where a token did not go through them, and counted where they are positive', async () => {
        const model = join(folder, 'experts.gguf');
        await writeUpcycled(embeddedModel, model, 8);
        const samples = await udhrSamples(['en'], '29-29');
        const watchedBy = async (counting: 'automatic' | 'repeat'): Promise<Float32Array[]> => {
            const engine = await open({ model, counting });
            expect(new Set(engine.sites.map(({ kind }) => kind))).toContain('routed');
            const { counts, routed } = await engine.count(samples);
            const neurons = someOf(engine);
            const texts = await all(engine, samples, { neurons });
            for (const [column, [site, index]] of neurons.entries()) {
                const values = texts.flatMap(({ tokens, values }) =>
                    Array.from(tokens, (_, t) => values[t * neurons.length + column]!),
                );
                const chosen = values.filter((value) => !Number.isNaN(value));
                const expert = Math.floor(index / engine.sites[site]!.width);
                expect(chosen.length).toBe(Number(routed[site]![expert]));
                expect(chosen.filter((value) => value > 0).length).toBe(Number(counts[site]![index]));
            }
            return texts.map(({ values }) => values);
        };
        const [fused, stock] = [await watchedBy('automatic'), await watchedBy('repeat')];
        expect(furthest(fused, stock)).toBeLessThan(1e-4);
    });

    it('come text by text in their order, whole, whatever the batches', async () => {
        const model = await writeUnquantized(embeddedModel, join(folder, 'unquantized.gguf'));
        const [engine, small] = [await open({ model }), await open({ model, batchSize: 64 })];
        const long = { ...english, response: `${english.response} `.repeat(20) };
        const prompted = { ...english, prompt: 'The farmer eats bread ' };
        const empty = { ...english, response: '' };
        const samples = [empty, english, long, empty, prompted, { ...prompted, response: 'in the house.' }, empty];
        const neurons = [
            [5, 3],
            [0, 9],
        ] as const;
        const [texts, cut] = [await all(engine, samples, { neurons }), await all(small, samples, { neurons })];
        expect(texts.map(({ text }) => text)).toEqual(samples.map(({ response }) => response));
        expect(texts.map(({ place }) => place)).toEqual([0, 1, 2, 3, 4, 5, 6]);
        expect(texts[1]!.tokens).toEqual(await engine.tokenize(english.response));
        for (const [i, { tokens, values }] of texts.entries()) {
            expect(cut[i]!.tokens).toEqual(tokens);
            expect(values.length).toBe(2 * tokens.length);
        }
        const valuesOf = (list: readonly WatchedText[]): Float32Array[] => list.map(({ values }) => values);
        expect(furthest(valuesOf(cut), valuesOf(texts))).toBeLessThan(0.01); // batches of other shapes round otherwise
        const parts = await all(small, samples, { neurons, parts: true });
        expect(parts.length).toBeGreaterThan(4);
        for (const [place, { tokens, values }] of cut.entries()) {
            const own = parts.filter((part) => part.place === place);
            expect(own.flatMap((part) => [...part.tokens])).toEqual([...tokens]);
            expect(own.flatMap((part) => [...part.values])).toEqual([...values]);
            let position = 0;
            for (const part of own) {
                expect(part.position).toBe(position);
                position += part.tokens.length;
            }
        }
        expect(await all(engine, [empty], { neurons })).toMatchObject([{ tokens: new Int32Array(0) }]);
        expect(await all(engine, [], { neurons })).toEqual([]);
    });

    it('are those of the edited model, before an edit of their own site', async () => {
        const engine = await open();
        const widths = engine.sites.map(({ width }) => width);
        const edit = maskOf(
            Array.from({ length: widths[2]! }, (_, j) => [2, j] as const),
            widths,
        );
        const neurons = [1, 2, 3].map((site) => [site, 20] as const);
        const [[whole], [edited]] = [
            await all(engine, [english], { neurons }),
            await all(engine, [english], { neurons, edit }),
        ];
        const column = (text: WatchedText, j: number): number[] =>
            Array.from(text.tokens, (_, t) => text.values[3 * t + j]!);
        for (const site of [0, 1]) expect(column(edited!, site)).toEqual(column(whole!, site));
        expect(column(edited!, 2)).not.toEqual(column(whole!, 2));
    });

    it('that are not finite are told by layer and text, or let through', async () => {
        const model = join(folder, 'infinite.gguf');
        writeWidths(model, [64, 64]);
        await fillRow(model, 'blk.0.ffn_gate.weight', 9, 1e38);
        const samples = Array.from({ length: 12 }, (_, token) => ({
            tokens: Int32Array.of(3 + token),
            promptLength: 0,
            characters: 0,
        }));
        const options = { neurons: [[0, 9]] as const };
        const strict = await open({ model, windowSize: 64 });
        await expect(all(strict, samples, options)).rejects.toMatchObject({
            code: 'NATIVE',
            message: expect.stringContaining('an activation of layer 0 is not finite') as string,
        });
        const texts = await all(await open({ model, windowSize: 64, allowNonfinite: true }), samples, options);
        expect(texts.some(({ values }) => values[0] === Infinity)).toBe(true);
        expect(await all(strict, samples, { neurons: [[0, 8]] })).toHaveLength(12);
    });
});

describe('a pass that watches', () => {
    const neurons = [[0, 1]] as const;

    it('refuses no neuron, and those that the model has not', async () => {
        const engine = await open();
        const refused = (neurons: readonly WatchedNeuron[], message: string): Promise<void> =>
            expect(all(engine, [english], { neurons })).rejects.toMatchObject({
                code: 'WRONG_USE',
                message: expect.stringContaining(message) as string,
            });
        await refused([], '`neurons` is empty');
        await refused([[6, 0]], 'the model has sites 0 to 5');
        await refused([[0, -1]], 'layer 0 has neurons 0 to');
        await refused([[0, 0.5]], 'neuron [0, 0.5]: layer 0 has');
        await refused([[0, 1e9]], 'neuron [0, 1000000000]: layer 0 has');
        const many = Array.from({ length: 3_000_000 }, () => [0, 1] as const); // of one batch 6 GB
        await expect(all(engine, [english], { neurons: many })).rejects.toMatchObject({
            code: 'OUT_OF_MEMORY',
            message: expect.stringMatching(/^3000000 watched neurons need \d+ MiB for a batch of 512 tokens/) as string,
        });
        expect(await all(engine, [english], { neurons })).toHaveLength(1);
    });

    it('gets a context that watches its neurons, and leaves it to passes after it', async () => {
        const made: (Int32Array | undefined)[] = [];
        await watchContexts(({ watched }) => void made.push(watched));
        const engine = await open();
        const before = await engine.count([english]);
        await all(engine, [english], { neurons });
        await all(engine, [english], { neurons });
        expect(await engine.count([english])).toEqual(before);
        expect(made).toEqual([undefined, Int32Array.of(0, 1)]);
        await all(engine, [english], { neurons: [[1, 1]] });
        expect(made).toHaveLength(3);
    });

    it('that memory does not hold leaves the engine as it was', async () => {
        await watchContexts(({ watched }) => {
            if (watched !== undefined) throw outOfMemory();
        });
        const engine = await open();
        await expect(all(engine, [english], { neurons })).rejects.toMatchObject({
            code: 'OUT_OF_MEMORY',
            message: expect.stringContaining('1 watched neurons do not fit into memory') as string,
        });
        expect((await engine.count([english])).tokens).toBeGreaterThan(0n);
    });

    it('ends when it is stopped or left, and the engine works on', async () => {
        const engine = await open({ batchSize: 64 });
        const many = Array.from({ length: 500 }, () => english);
        const stop = new AbortController();
        let told = 0;
        const stopped = (async () => {
            for await (const _ of engine.watch(many, { neurons, signal: stop.signal })) if (++told === 9) stop.abort();
        })();
        await expect(stopped).rejects.toMatchObject({ code: 'ABORTED' });
        expect(told).toBeLessThan(100);
        for await (const _ of engine.watch(many, { neurons })) {
            await expect(engine.count([english])).rejects.toMatchObject({ code: 'BUSY' });
            break;
        }
        expect(await all(engine, [english], { neurons })).toHaveLength(1);
    });

    it('is refused by a context that watches none', async () => {
        const contexts = await watchContexts();
        await open();
        const mode = { count: false, watch: true, edit: false, edits: false, add: false, head: 'none' } as const;
        await expect(contexts[0]!.setMode(mode)).rejects.toThrow('the context watches no neurons');
        expect(contexts[0]!.watched()).toHaveLength(0);
        const model = await openNative(embeddedModel);
        const options = { ...smallContext, watched: Int32Array.of(0, 1_000_000) };
        await expect(model.createContext(options)).rejects.toMatchObject({ code: 'WRONG_USE' });
        model.close();
    });
});
