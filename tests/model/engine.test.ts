import { afterEach, expect, it } from 'vitest';
import { LanguageNeuronsError } from '../../src/errors.js';
import { MeasuredEngine } from '../helpers/MeasuredEngine.js';
import type { EngineOptions } from '../../src/engine/types/engineTypes.js';
import type { Sample } from '../../src/corpus/Corpus.js';
import { embeddedModel } from '../helpers/models.js';

const text: Sample[] = [{ language: 'en', prompt: '', response: 'The farmer eats bread in the garden every day.' }];
const many = (n: number): Sample[] => Array.from({ length: n }, () => text[0]!);
const engines: MeasuredEngine[] = [];
const open = async (options: Partial<EngineOptions> = {}): Promise<MeasuredEngine> => {
    const engine = await MeasuredEngine.open({ model: embeddedModel, gpu: 'off', batchSize: 64, ...options });
    engines.push(engine);
    return engine;
};
afterEach(() => engines.splice(0).forEach((engine) => engine.close()));

it('one pass at a time: another is BUSY and harms nothing', async () => {
    const engine = await open();
    const alone = await engine.count(many(100));
    const first = engine.count(many(100));
    for (const other of await Promise.allSettled([
        engine.count(text),
        engine.score(text),
        engine.logits('x'),
        engine.prefill(text),
    ])) {
        expect(other).toMatchObject({ status: 'rejected', reason: { name: 'LanguageNeuronsError', code: 'BUSY' } });
    }
    expect(await first).toEqual(alone);
    expect(await engine.count(many(100))).toEqual(alone);
});

it('every operation refuses an option that it does not know, by the nearest that it does', async () => {
    const engine = await open();
    const given = <O>(options: Record<string, unknown>): O => options as O; // as from JavaScript
    const attempts: Readonly<Record<string, () => Promise<unknown>>> = {
        signal: () => engine.count(text, given({ signl: undefined, sgnal: 1 })),
        over: () => engine.score(text, given({ ovr: 'text' })),
        edit: () => engine.logits('x', given({ edits: [] })),
        neurons: () => engine.watch(text, given({ neuron: [[0, 0]] })).next(),
        requestSize: () => engine.batching(given({ parallel: 1, requestSiz: 8 })),
        maxTokens: () => engine.generate([{ id: 0, text: 'x' }], given({ maxToken: 1 })).next(),
    };
    for (const [known, attempt] of Object.entries(attempts)) {
        await expect(attempt(), known).rejects.toMatchObject({
            code: 'WRONG_USE',
            message: expect.stringMatching(new RegExp(`did you mean \`${known}\`\\?$`)) as string,
        });
    }
    expect((await engine.count(text)).decodedTokens).toBeGreaterThan(0);
});

it('opened for counting only, it scores all the same, with a reservation of its own', async () => {
    const [counting, both] = [await open({ countOnly: true }), await open()];
    expect(await counting.count(many(20))).toEqual(await both.count(many(20)));
    expect(await counting.score(many(20))).toEqual(await both.score(many(20)));
});

it('closed, every pass is CLOSED, also one under way', async () => {
    const engine = await open();
    const under = engine.count(many(2000));
    await new Promise((done) => setTimeout(done, 50));
    engine.close();
    engine.close();
    const passes = await Promise.allSettled([
        under,
        engine.count(text),
        engine.score(text),
        engine.logits('x'),
        engine.tokenize('x'),
    ]);
    for (const pass of passes) {
        expect(pass.status).toBe('rejected');
        const { reason } = pass as PromiseRejectedResult;
        expect(reason).toBeInstanceOf(LanguageNeuronsError);
        expect(reason).toMatchObject({ code: 'CLOSED' });
    }
});

it('an abort stops within a batch, and the engine works on', async () => {
    const engine = await open();
    const stop = new AbortController();
    let batches = 0;
    const pass = engine.count(many(5000), { signal: stop.signal, onBatch: () => ++batches === 3 && stop.abort() });
    await expect(pass).rejects.toMatchObject({ code: 'ABORTED' });
    expect(batches).toBe(3);
    await expect(engine.count(text, { signal: stop.signal })).rejects.toMatchObject({ code: 'ABORTED' });
    expect((await engine.count(text)).tokens).toBeGreaterThan(0n);
});

it('a failing source of texts fails the pass with its own error', async () => {
    const engine = await open();
    async function* broken(): AsyncGenerator<Sample> {
        yield* many(300);
        throw new LanguageNeuronsError('ENCODING', 'texts/xx.txt: line 301 is not valid UTF-8');
    }
    await expect(engine.count(broken())).rejects.toMatchObject({ code: 'ENCODING' });
    expect((await engine.count(text)).tokens).toBeGreaterThan(0n);
});

it('special tokens in a text are text', async () => {
    const engine = await open();
    expect((await engine.tokenize('</s><s>')).length).toBeGreaterThan(2);
    expect([...(await engine.tokenize('</s><s>'))]).not.toContain(engine.info.bos);
});

it('closing frees the memory', async () => {
    const before = process.memoryUsage().rss;
    for (let round = 0; round < 20; round++) {
        const engine = await open();
        await engine.count(text);
        engine.close();
    }
    // 15 MB. Twenty models of 7 MB would be 140, and their contexts of some 30 MB each over half a gigabyte.
    expect(process.memoryUsage().rss - before).toBeLessThan(75e6);
});

it('holds the windows asked for, which are no longer than the model was trained with', async () => {
    const sizes = await Promise.all(
        [{}, { windows: 4 }, { windows: 4, windowSize: 32 }, { windows: 2, contextSize: 2000 }].map(async (options) => {
            const { windowSize, contextSize } = await open(options);
            return [windowSize, contextSize];
        }),
    );
    expect(sizes).toEqual([
        [512, 576],
        [512, 2048],
        [32, 128],
        [512, 2000],
    ]);
    await expect(open({ windows: 0 })).rejects.toMatchObject({
        code: 'WRONG_USE',
        message: expect.stringContaining('`windows` takes a whole number') as string,
    });
});
