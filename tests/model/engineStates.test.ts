import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Sample } from '../../src/corpus/Corpus.js';
import type { NativeContext, NativeMode } from '../../src/engine/native/addon.js';
import { MeasuredEngine } from '../helpers/MeasuredEngine.js';
import type { EngineOptions } from '../../src/engine/types/engineTypes.js';
import { steppingDown } from '../../src/engine/steppingDown.js';
import { LanguageNeuronsError } from '../../src/errors.js';
import { silent } from '../../src/support/progress.js';
import { embeddedModel } from '../helpers/models.js';
import { writeWidths } from '../helpers/syntheticModels.js';
import { outOfMemory, watchContexts } from '../helpers/watchedModel.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const folder = temporaryFolder();

const text: Sample[] = [{ language: 'en', prompt: '', response: 'The farmer eats bread in the garden every day.' }];
const plain: NativeMode = { count: true, edit: false, edits: false, add: false, head: 'logits' };
const options: EngineOptions = { model: embeddedModel, gpu: 'off', batchSize: 256, threads: 1 };
const engines: MeasuredEngine[] = [];
const open = async (more: Partial<EngineOptions> = {}): Promise<MeasuredEngine> => {
    const engine = await MeasuredEngine.open({ ...options, ...more });
    engines.push(engine);
    return engine;
};
afterEach(() => {
    vi.restoreAllMocks();
    engines.splice(0).forEach((engine) => engine.close());
});

async function generateAll(engine: MeasuredEngine, prompts = ['The'], signal?: AbortSignal): Promise<string[]> {
    const texts: string[] = [];
    for await (const answer of engine.generate(prompts, { maxTokens: 2, signal })) texts.push(answer.text);
    return texts;
}

async function watchAll(engine: MeasuredEngine, samples: Sample[], signal?: AbortSignal): Promise<number> {
    let texts = 0;
    for await (const _ of engine.watch(samples, { neurons: [[0, 1]], signal })) texts++;
    return texts;
}

/** Every operation of an engine that needs its context. */
const operations: Record<string, (engine: MeasuredEngine) => Promise<unknown>> = {
    count: (engine) => engine.count(text),
    score: (engine) => engine.score(text),
    logits: (engine) => engine.logits('x'),
    inputSquares: (engine) => engine.inputSquares(text),
    watch: (engine) => watchAll(engine, text),
    prefill: (engine) => engine.prefill(text),
    generate: (engine) => generateAll(engine),
    graphSplits: (engine) => engine.graphSplits(plain),
};

interface Watched {
    readonly engine: MeasuredEngine;
    /** Those that were made, the engine's first one and others. */
    readonly contexts: NativeContext[];
    /** Contexts that were begun. */
    readonly begun: () => number;
    readonly fail: (error: Error) => void;
}

async function watched(): Promise<Watched> {
    let failure: Error | undefined;
    let begun = 0;
    const contexts = await watchContexts(() => {
        begun++;
        if (failure !== undefined) throw failure;
    });
    return { engine: await open(), contexts, begun: () => begun, fail: (error) => (failure = error) };
}

describe('every operation while the engine steps down', () => {
    it.each(Object.entries(operations))('%s is BUSY, and works after it', async (_, operation) => {
        const engine = await open();
        const stepping = engine.stepDown();
        await expect(operation(engine)).rejects.toMatchObject({ code: 'BUSY' });
        expect(await stepping).toBe(true);
        expect(engine.batchSize).toBe(128);
        await expect(operation(engine)).resolves.toBeDefined();
    });

    it('stepping down twice at once is once', async () => {
        const engine = await open();
        expect(await Promise.all([engine.stepDown(), engine.stepDown()])).toEqual([true, false]);
        expect(engine.batchSize).toBe(128);
    });

    it('stepping down during a pass is BUSY and harms neither', async () => {
        const engine = await open();
        const alone = await engine.count(text);
        const pass = engine.count(text);
        await expect(engine.stepDown()).rejects.toMatchObject({ code: 'BUSY' });
        expect(await pass).toEqual(alone);
        expect(await engine.stepDown()).toBe(true);
    });

    it('tokenizing needs no context', async () => {
        const engine = await open();
        const stepping = engine.stepDown();
        expect((await engine.tokenize('x')).length).toBeGreaterThan(0);
        await stepping;
    });
});

describe('an engine that steps down is usable or closed', () => {
    it('frees the old context before the new one is made', async () => {
        const { engine, contexts } = await watched();
        await engine.stepDown();
        expect(contexts).toHaveLength(2);
        expect(() => contexts[0]!.sites()).toThrow(expect.objectContaining({ code: 'CLOSED' }));
        expect((await engine.count(text)).tokens).toBeGreaterThan(0n);
    });

    it.each(Object.entries(operations))('%s after no new context could be made is CLOSED', async (_, operation) => {
        const { engine, fail } = await watched();
        fail(outOfMemory());
        await expect(engine.stepDown()).rejects.toMatchObject({ code: 'OUT_OF_MEMORY' });
        await expect(operation(engine)).rejects.toMatchObject({ code: 'CLOSED' });
        expect(await engine.stepDown()).toBe(false);
    });

    it('closing meanwhile wins, and what comes later is freed', async () => {
        const { engine, contexts, begun } = await watched();
        const stepping = engine.stepDown();
        for (let turn = 0; turn < 100 && begun() < 2; turn++) await Promise.resolve();
        await Promise.resolve(); // on its way: the new context is being made
        engine.close();
        await expect(stepping).rejects.toMatchObject({ code: 'CLOSED' });
        for (const context of contexts) {
            expect(() => context.sites()).toThrow(expect.objectContaining({ code: 'CLOSED' }));
        }
        expect(contexts).toHaveLength(2);
        for (const operation of Object.values(operations)) {
            await expect(operation(engine)).rejects.toMatchObject({ code: 'CLOSED' });
        }
    });

    it('closing meanwhile wins over memory that ran out', async () => {
        const { engine, fail } = await watched();
        fail(outOfMemory());
        const stepping = engine.stepDown();
        engine.close();
        await expect(stepping).rejects.toMatchObject({ code: 'CLOSED' });
    });

    it('work that is run again after memory ran out says what stepping down met', async () => {
        const { engine, fail } = await watched();
        fail(outOfMemory('not even half'));
        const cause = new LanguageNeuronsError('OUT_OF_MEMORY', 'the device says no');
        const stepped = steppingDown(engine, silent, () => Promise.reject(cause));
        await expect(stepped).rejects.toMatchObject({ code: 'OUT_OF_MEMORY', message: 'not even half' });
    });
});

describe('a stop that is asked for', () => {
    // Tokenizing them takes three seconds and more, which nothing can cut short.
    const line = 'The farmer eats bread in the garden every day. '.repeat(160_000);
    const long: Sample[] = [{ language: 'en', prompt: '', response: line }];
    const passes: Record<string, (engine: MeasuredEngine, signal: AbortSignal) => Promise<unknown>> = {
        count: (engine, signal) => engine.count(long, { signal }),
        score: (engine, signal) => engine.score(long, { signal }),
        watch: (engine, signal) => watchAll(engine, long, signal),
        generate: (engine, signal) => generateAll(engine, [line], signal),
    };

    it.each(Object.entries(passes))(
        '%s ends within a second in a line of 7.5 MB, the engine works on',
        async (_, pass) => {
            const engine = await open();
            const expected = await engine.count(text);
            const stop = new AbortController();
            const running = pass(engine, stop.signal);
            await new Promise((done) => setTimeout(done, 200));
            const begin = performance.now();
            stop.abort();
            await expect(running).rejects.toMatchObject({ code: 'ABORTED' });
            expect(performance.now() - begin).toBeLessThan(1000);
            // The next pass may be stopped while it waits for what was left, and one after it is sound.
            const again = new AbortController();
            const waiting = engine.count(text, { signal: again.signal });
            await expect(engine.count(text)).rejects.toMatchObject({ code: 'BUSY' });
            again.abort();
            await expect(waiting).rejects.toMatchObject({ code: 'ABORTED' });
            expect(await engine.count(text)).toEqual(expected);
        },
    );

    it('frees the engine though its tokens are still being made', async () => {
        const engine = await open();
        const stop = new AbortController();
        const running = engine.count(long, { signal: stop.signal });
        await new Promise((done) => setTimeout(done, 100));
        stop.abort();
        await expect(running).rejects.toMatchObject({ code: 'ABORTED' });
        const waiting = engine.count(text);
        engine.close();
        await expect(waiting).rejects.toMatchObject({ code: 'CLOSED' });
    });

    it('is heard while a source of texts is waited for', async () => {
        const engine = await open();
        const stop = new AbortController();
        let closed = false;
        let go: () => void = () => undefined;
        const slow = (async function* (): AsyncGenerator<Sample> {
            try {
                yield* text;
                await new Promise<void>((done) => (go = done));
                yield* text;
            } finally {
                closed = true;
            }
        })();
        const running = engine.count(slow, { signal: stop.signal });
        await new Promise((done) => setTimeout(done, 50));
        stop.abort();
        await expect(running).rejects.toMatchObject({ code: 'ABORTED' });
        expect(closed).toBe(false);
        const next = engine.count(text);
        go();
        expect((await next).tokens).toBeGreaterThan(0n);
        expect(closed).toBe(true); // its source was left first
    });

    it('lets no batch be told after it', async () => {
        const engine = await open({ batchSize: 64 });
        const stop = new AbortController();
        let told = 0;
        const many = Array.from({ length: 500 }, () => text[0]!);
        const running = engine.count(many, { signal: stop.signal, onBatch: () => told++ });
        await new Promise((done) => setTimeout(done, 100));
        stop.abort();
        const before = told;
        await expect(running).rejects.toMatchObject({ code: 'ABORTED' });
        await engine.count(text);
        expect(told).toBe(before);
    });
});

describe('options of an engine that make no sense are refused by name', () => {
    const wrong = [NaN, Infinity, -1, 1.5];
    const names = ['threads', 'batchSize', 'windowSize', 'contextSize', 'gpuLayers', 'cpuExperts', 'mainGpu'] as const;
    const cases = names.flatMap((name) => [...wrong, '4'].map((value) => ({ name, value })));
    it.each(cases)('$name: $value', async ({ name, value }) => {
        await expect(open({ [name]: value })).rejects.toMatchObject({
            name: 'LanguageNeuronsError',
            code: 'WRONG_USE',
            message: expect.stringMatching(
                new RegExp(`^\`${name}\` takes .* not ${value === '4' ? '"4"; give 4' : value}$`),
            ),
        });
    });

    it.each([{ threads: 0 }, { batchSize: 1 }, { windowSize: 1 }])('%o', async (some) => {
        const [name] = Object.keys(some);
        await expect(open(some)).rejects.toMatchObject({ code: 'WRONG_USE', message: expect.stringContaining(name!) });
    });

    it('the scale of an adapter, by the adapter', async () => {
        const loras = [{ path: 'some.gguf', scale: NaN }];
        const refusal = { code: 'WRONG_USE', message: expect.stringContaining('some.gguf') };
        await expect(open({ loras })).rejects.toMatchObject(refusal);
    });

    it('windows beyond the context that the model was trained with, naming it and the mend', async () => {
        const path = join(folder, 'widths.gguf');
        writeWidths(path, [32]); // trained with 128
        const refusal = await open({ model: path, windowSize: 129 }).then(
            () => undefined,
            (error: LanguageNeuronsError) => error,
        );
        expect(refusal).toMatchObject({ name: 'LanguageNeuronsError', code: 'WRONG_USE' });
        for (const word of [path, '129', '128', '`windowSize`']) expect(refusal!.message).toContain(word);
        expect((await open({ model: path, windowSize: 128 })).windowSize).toBe(128);
        expect((await open({ model: path })).windowSize).toBe(128);
    });

    it.each([NaN, Infinity])('the seed %d', async (seed) => {
        const engine = await open();
        await expect(engine.generate(['x'], { seed }).next()).rejects.toMatchObject({ code: 'WRONG_USE' });
    });
});
