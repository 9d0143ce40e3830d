import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { NativeContext, NativeDraws, NativeMode, NativeModel } from '../../src/engine/native/addon.js';
import { mixedBatch, openNative, smallContext } from '../helpers/native.js';
import { writeMamba, writeWidths } from '../helpers/syntheticModels.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const folder = temporaryFolder();
const mode: NativeMode = { count: true, edit: false, edits: false, add: false, head: 'logits' };
const batch = mixedBatch(64, 1);
const factors = [new Float32Array(64), new Float32Array(96)];
const edit = { factors, offsets: [] };
let other: NativeContext; // which a context is compared with
let kept: Float32Array; // its logits

beforeAll(() => {
    writeWidths(join(folder, 'model.gguf'), [64, 96]);
    writeMamba(join(folder, 'mamba.gguf'));
});

const draws: NativeDraws = {
    rows: Int32Array.of(22),
    sequences: Int32Array.of(0),
    uniforms: new Float64Array(1),
    edits: new Int32Array(1),
    steps: 1,
    ends: new Int32Array(0),
    temperatures: new Float64Array(1),
};

/** Every operation of a context but `close`, as thunks that start it; without one, its type fails. */
const operations: Record<Exclude<keyof NativeContext, 'close'>, (context: NativeContext) => unknown> = {
    sites: (context) => context.sites(),
    plainCache: (context) => context.plainCache(),
    headOnDevice: (context) => context.headOnDevice(),
    setMode: (context) => context.setMode(mode),
    setEdit: (context) => context.setEdit(0, edit),
    decode: (context) => context.decode(batch),
    compare: (context) => context.compare(batch, other),
    compareWith: (context) => context.compareWith(batch, kept),
    targetLogits: (context) => context.targetLogits(batch),
    logits: (context) => context.logits(batch),
    residuals: (context) => context.residuals(batch),
    addInputSquares: (context) => context.addInputSquares(batch),
    inputSquares: (context) => context.inputSquares(),
    // its first sequence goes on after it
    sample: (context) => context.sample({ ...batch, finished: Int32Array.of(1) }, draws),
    counts: (context) => context.counts(),
    functions: (context) => context.functions(),
    watched: (context) => context.watched(),
    nonfinite: (context) => context.nonfinite(),
    reset: (context) => context.reset(),
    graphSplits: (context) => context.graphSplits(mode),
    memory: (context) => context.memory(),
    abort: (context) => context.abort(),
};

describe('every operation in every state', () => {
    let model: NativeModel;
    beforeAll(async () => {
        model = await openNative(join(folder, 'model.gguf'));
        other = await model.createContext(smallContext);
        await other.setMode(mode);
        kept = await other.targetLogits(batch);
    });

    it('are all that the addon gives a context', async () => {
        const context = await model.createContext(smallContext);
        const own = Object.getOwnPropertyNames(Object.getPrototypeOf(context));
        expect([...Object.keys(operations), 'close', 'constructor'].sort()).toEqual(own.sort());
        context.close();
    });

    it('works on an open context, one after another, twice', async () => {
        const context = await model.createContext({ ...smallContext, residuals: true, inputSquares: true });
        for (const round of [1, 2]) {
            for (const [name, operation] of Object.entries(operations)) {
                await expect(Promise.resolve(operation(context)), `${name}, round ${round}`).resolves.not.toThrow();
            }
        }
        context.close();
    });

    it.each(Object.entries(operations))('%s on a closed context throws CLOSED', async (_, operation) => {
        const context = await model.createContext(smallContext);
        context.close();
        context.close(); // twice is fine
        expect(() => operation(context)).toThrow(expect.objectContaining({ code: 'CLOSED' }));
    });

    const always = ['sites', 'plainCache', 'headOnDevice', 'abort'];
    it.each(Object.entries(operations).filter(([name]) => !always.includes(name)))(
        '%s while a decode is under way throws BUSY',
        async (_, operation) => {
            const context = await model.createContext(smallContext);
            await context.setMode(mode);
            const decoding = context.decode(batch);
            expect(() => operation(context)).toThrow(expect.objectContaining({ code: 'BUSY' }));
            await decoding;
            context.close();
        },
    );

    it('closing during a decode lets it end', async () => {
        const context = await model.createContext(smallContext);
        const decoding = context.decode(batch);
        context.close();
        await expect(decoding).resolves.toBeInstanceOf(Float64Array);
    });

    it('a context outlives its closed model', async () => {
        const own = await openNative(join(folder, 'model.gguf'));
        const context = await own.createContext(smallContext);
        own.close();
        await context.setMode(mode);
        await context.decode(batch);
        expect((await context.counts()).tokens).toBeGreaterThan(0n);
        context.close();
        expect(() => own.info()).toThrow(expect.objectContaining({ code: 'CLOSED' }));
    });

    it('logits in a mode without logits are refused', async () => {
        const context = await model.createContext(smallContext);
        await context.setMode({ ...mode, head: 'none' });
        await expect(context.logits(batch)).rejects.toMatchObject({ code: 'WRONG_USE' });
        await context.setMode({ ...mode, head: 'scores' });
        await expect(context.logits(batch)).rejects.toMatchObject({ code: 'WRONG_USE' });
        context.close();
    });

    it('a batch that breaks the contract is a TypeError, an edit of another shape WRONG_USE', async () => {
        const context = await model.createContext(smallContext);
        expect(() => context.decode({ ...batch, positions: batch.positions.subarray(1) })).toThrow(TypeError);
        const wrong = { code: 'WRONG_USE' };
        await expect(context.setEdit(0, { ...edit, factors: [factors[0]!] })).rejects.toMatchObject(wrong);
        await expect(context.setEdit(0, { ...edit, factors: factors.toReversed() })).rejects.toMatchObject(wrong);
        await expect(context.setEdit(0, { ...edit, offsets: factors })).rejects.toMatchObject(wrong); // no room
        await expect(context.setEdit(1, edit)).rejects.toMatchObject(wrong);
        await context.setMode({ ...mode, edits: true });
        await expect(context.decode({ ...batch, edits: batch.edits.map(() => 1) })).rejects.toMatchObject({
            code: 'WRONG_USE',
        });
        context.close();
    });

    it('a token that is not in the vocabulary fails the batch, and the counters say they are incomplete', async () => {
        const context = await model.createContext(smallContext);
        await context.setMode(mode);
        await expect(context.decode({ ...batch, tokens: batch.tokens.map(() => 1_000_000) })).rejects.toMatchObject({
            code: 'NATIVE',
            nativeCode: -1,
        });
        await expect(context.counts()).rejects.toMatchObject({ code: 'NATIVE' });
        await context.reset();
        await context.decode(batch);
        expect((await context.counts()).tokens).toBeGreaterThan(0n);
        context.close();
    });
});

describe('models that cannot be counted are refused by name', () => {
    it.each([{ file: 'mamba.gguf', words: ["'mamba'", 'none of its layers has an FFN'] }])(
        '$file',
        async ({ file, words }) => {
            const model = await openNative(join(folder, file));
            const refusal = await model.createContext(smallContext).then(
                () => undefined,
                (error: Error & { code: string }) => error,
            );
            expect(refusal?.code).toBe('UNSUPPORTED');
            for (const word of words) expect(refusal?.message).toContain(word);
            model.close();
        },
    );
});
