import { describe, expect, it } from 'vitest';
import type { NativeBatch, NativeContext, NativeDraws, NativeHead } from '../../src/engine/native/addon.js';
import { Engine } from '../../src/engine/Engine.js';
import type { GpuChoice } from '../../src/engine/types/engineTypes.js';
import { gpusUnderTest } from '../helpers/gpu.js';
import { embeddedModel } from '../helpers/models.js';
import { openNative, smallContext } from '../helpers/native.js';

const gpus = await gpusUnderTest();
const places: readonly { readonly gpu: GpuChoice; readonly absent: string | undefined }[] = [
    { gpu: 'off', absent: undefined },
    ...gpus,
];
const sequences = 3;
const steps = 12;

/** Prompts of 7 tokens, each in a sequence of its own. */
function promptsOf(vocabulary: number): { readonly batch: NativeBatch; readonly draws: NativeDraws } {
    const length = 7;
    const n = sequences * length;
    const empty = new Int32Array(0);
    return {
        batch: {
            tokens: Int32Array.from({ length: n }, (_, i) => (i * 7919 + 13) % vocabulary),
            positions: Int32Array.from({ length: n }, (_, i) => i % length),
            sequences: Int32Array.from({ length: n }, (_, i) => Math.floor(i / length)),
            counted: new Uint8Array(n),
            targets: new Int32Array(n).fill(-1),
            edits: new Int32Array(n),
            finished: empty,
            trimmed: empty,
            moved: empty,
            shared: empty,
        },
        draws: {
            rows: Int32Array.from({ length: sequences }, (_, i) => (i + 1) * length - 1),
            sequences: Int32Array.from({ length: sequences }, (_, i) => i),
            uniforms: new Float64Array(sequences * steps),
            edits: new Int32Array(sequences * steps),
            steps,
            ends: empty,
            temperatures: new Float64Array(sequences),
        },
    };
}

for (const { gpu, absent } of places) {
    const skipped = absent === undefined ? '' : ` (skipped: ${absent})`;
    describe.skipIf(absent !== undefined)(`the likeliest token, gpu ${gpu}${skipped}`, () => {
        it('picked in the graph is the one that the logits say, step by step', async () => {
            const model = await openNative(embeddedModel, gpu);
            const context: NativeContext = await model.createContext({
                ...smallContext,
                contextSize: 768,
                streams: true,
                sequences,
            });
            try {
                expect(context.headOnDevice()).toBe(gpu !== 'off');
                const { batch, draws } = promptsOf(model.info().vocabulary);
                const drawnBy = async (head: NativeHead): Promise<Int32Array> => {
                    await context.setMode({ count: false, edit: false, edits: false, add: false, head });
                    await context.reset();
                    return (await context.sample(batch, draws)).tokens;
                };
                const drawn = await drawnBy('likeliest');
                expect(drawn).toHaveLength(sequences * steps);
                expect(new Set(drawn).size).toBeGreaterThan(5);
                expect(drawn).toEqual(await drawnBy('logits'));
                expect(await drawnBy('likeliest')).toEqual(drawn);
                const hot = { ...draws, temperatures: new Float64Array(sequences).fill(1) };
                await expect(context.sample(batch, hot)).rejects.toMatchObject({ code: 'WRONG_USE' });
                await context.setMode({ count: false, edit: false, edits: false, add: false, head: 'none' });
                await expect(context.sample(batch, draws)).rejects.toMatchObject({ code: 'WRONG_USE' });
            } finally {
                context.close();
                model.close();
            }
        });

        it('makes the answers of the engine, under several edits too', async () => {
            const engine = await Engine.open({ model: embeddedModel, gpu, batchSize: 64, contextSize: 1024 });
            try {
                const halfOf = (width: number): Uint8Array => Uint8Array.from({ length: width }, (_, j) => (j + 1) % 2);
                const off = engine.sites.map(({ width }) => halfOf(width));
                const texts: string[] = [];
                const prompts = [0, 1].map((edit) => ({ id: edit, text: 'The farmer', edit }));
                const answers = engine.generate(prompts, { edits: [undefined, off], maxTokens: 8 });
                for await (const { edit, text } of answers) texts[edit] = text;
                expect(texts[0]).not.toBe('');
                expect(texts[1]).not.toBe(texts[0]);
            } finally {
                engine.close();
            }
        });
    });
}
