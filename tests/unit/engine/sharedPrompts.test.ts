import { strict as assert } from 'node:assert'; // for each of some 100,000 tokens: `expect` takes far longer
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type PackedBatch, packBatches } from '../../../src/engine/passes/packBatches.js';
import type { TokenizedSample } from '../../../src/engine/types/TokenizedSample.js';

async function packed(
    list: readonly TokenizedSample[],
    options: Parameters<typeof packBatches>[1],
): Promise<PackedBatch[]> {
    const batches: PackedBatch[] = [];
    async function* stream(): AsyncGenerator<TokenizedSample> {
        yield* list;
    }
    for await (const batch of packBatches(stream(), options)) batches.push(batch);
    return batches;
}

interface Sequence {
    readonly tokens: number[];
    readonly counted: number[];
    readonly targets: number[];
}

/** Every sequence as its KV cells would hold it, in the order in which they end. */
function played(batches: readonly PackedBatch[], sequences: number): Sequence[] {
    const open = new Map<number, Sequence>();
    const done: Sequence[] = [];
    for (const batch of batches) {
        for (let i = 0; i < batch.tokens.length; i++) {
            const others = Array.from({ length: batch.shared.length / 2 }, (_, pair) => pair)
                .filter((pair) => batch.shared[2 * pair] === i)
                .map((pair) => batch.shared[2 * pair + 1]!);
            for (const id of [batch.sequences[i]!, ...others]) {
                assert(id >= 0 && id < sequences);
                if (batch.positions[i] === 0) {
                    assert(!open.has(id), 'a sequence in use begins again');
                    open.set(id, { tokens: [], counted: [], targets: [] });
                }
                const sequence = open.get(id)!;
                assert.equal(batch.positions[i], sequence.tokens.length);
                sequence.tokens.push(batch.tokens[i]!);
                sequence.counted.push(batch.counted[i]!);
                sequence.targets.push(batch.targets[i]!);
            }
            if (others.length > 0) assert.deepEqual([batch.counted[i], batch.targets[i]], [0, -1]);
        }
        for (const id of batch.finished) {
            done.push(open.get(id)!);
            open.delete(id);
        }
    }
    expect(open.size).toBe(0);
    return done;
}

const questions = fc.array(
    fc.record({
        prompt: fc.integer({ min: 0, max: 12 }),
        answers: fc.array(fc.integer({ min: 1, max: 15 }), { minLength: 1, maxLength: 9 }),
    }),
    { maxLength: 5 },
);
const options = fc.record({
    batchSize: fc.integer({ min: 2, max: 40 }),
    windowSize: fc.integer({ min: 2, max: 30 }),
    sequences: fc.integer({ min: 1, max: 6 }),
    bos: fc.constantFrom(-1, 999_999),
});

it('answers to one prompt share its tokens and are else as if each came alone', async () => {
    await fc.assert(
        fc.asyncProperty(questions, options, async (list, choice) => {
            let next = 0;
            const fresh = (length: number): number[] => Array.from({ length }, () => next++);
            const samples = list.flatMap(({ prompt, answers }): TokenizedSample[] => {
                const shared = fresh(prompt);
                return answers.map((length) => ({
                    tokens: Int32Array.from([...shared, ...fresh(length)]),
                    promptLength: prompt,
                    characters: prompt + length,
                }));
            });
            const batches = await packed(samples, choice);
            const alone: Sequence[] = [];
            for (const sample of samples) alone.push(...played(await packed([sample], choice), choice.sequences));
            expect(played(batches, choice.sequences)).toEqual(alone);
            expect(batches.reduce((sum, { characters }) => sum + characters, 0)).toBe(
                samples.reduce((sum, { characters }) => sum + characters, 0),
            );
            expect(batches.every(({ tokens }) => tokens.length > 0 && tokens.length <= choice.batchSize)).toBe(true);
        }),
        { numRuns: 400 },
    );
});

it('ten answers of 50 tokens to a prompt of 200 decode it once', async () => {
    const prompt = Array.from({ length: 200 }, (_, i) => i);
    const samples = Array.from({ length: 10 }, (_, a): TokenizedSample => ({
        tokens: Int32Array.from([...prompt, ...Array.from({ length: 50 }, (_, i) => 1000 + 50 * a + i)]),
        promptLength: 200,
        characters: 1,
    }));
    const batches = await packed(samples, { batchSize: 128, windowSize: 512, sequences: 64, bos: -1 });
    // The last token of the prompt goes through with each answer: it scores the answer's first.
    expect(batches.reduce((sum, { tokens }) => sum + tokens.length, 0)).toBe(199 + 10 * 51);
});
