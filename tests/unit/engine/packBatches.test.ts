import { strict as assert } from 'node:assert'; // for each of some 100,000 tokens: `expect` takes far longer
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type PackedBatch, packBatches } from '../../../src/engine/passes/packBatches.js';
import type { TokenizedSample } from '../../../src/engine/types/TokenizedSample.js';

const options = fc.record({
    batchSize: fc.integer({ min: 2, max: 40 }),
    windowSize: fc.integer({ min: 2, max: 30 }),
    sequences: fc.integer({ min: 2, max: 6 }),
    bos: fc.constantFrom(-1, 999),
});
const samples = fc.array(fc.record({ length: fc.nat(60), prompt: fc.double({ min: 0, max: 1, noNaN: true }) }), {
    maxLength: 12,
});

async function packed(
    list: readonly TokenizedSample[],
    choice: Parameters<typeof packBatches>[1],
): Promise<PackedBatch[]> {
    async function* stream(): AsyncGenerator<TokenizedSample> {
        yield* list;
    }
    const batches: PackedBatch[] = [];
    for await (const batch of packBatches(stream(), choice)) batches.push(batch);
    return batches;
}

it('every response token goes through once, in order, in a sequence of its own', async () => {
    await fc.assert(
        fc.asyncProperty(samples, options, async (shape, choice) => {
            let next = 0;
            const list = shape.map(({ length, prompt }): TokenizedSample => ({
                tokens: Int32Array.from({ length }, () => next++),
                promptLength: Math.floor(length * prompt),
                characters: length,
            }));
            const batches = await packed(list, choice);

            const open = new Map<number, { tokens: number[]; counted: number[]; targets: number[] }>();
            const done: { tokens: number[]; counted: number[]; targets: number[] }[] = [];
            for (const [b, batch] of batches.entries()) {
                const n = batch.tokens.length;
                expect(n).toBeGreaterThan(0);
                expect(n).toBeLessThanOrEqual(choice.batchSize);
                // Not full: the last one, or all sequences were in use.
                if (n < choice.batchSize && b < batches.length - 1)
                    expect(new Set(batch.sequences).size).toBe(choice.sequences);
                for (let i = 0; i < n; i++) {
                    const sequence = batch.sequences[i]!;
                    assert(sequence < choice.sequences);
                    if (batch.positions[i] === 0) {
                        assert(!open.has(sequence));
                        open.set(sequence, { tokens: [], counted: [], targets: [] });
                    }
                    const one = open.get(sequence)!;
                    assert.equal(batch.positions[i], one.tokens.length);
                    one.tokens.push(batch.tokens[i]!);
                    one.counted.push(batch.counted[i]!);
                    one.targets.push(batch.targets[i]!);
                }
                for (const sequence of batch.finished) {
                    done.push(open.get(sequence)!);
                    open.delete(sequence);
                }
            }
            expect(open.size).toBe(0);
            // Without any response there is no batch that could carry them.
            const some = list.some(({ tokens, promptLength }) => promptLength < tokens.length);
            expect(batches.reduce((sum, { characters }) => sum + characters, 0)).toBe(
                some ? list.reduce((sum, { characters }) => sum + characters, 0) : 0,
            );

            const responses = list.flatMap(({ tokens, promptLength }) => [...tokens.subarray(promptLength)]);
            expect(
                done.flatMap(({ tokens, counted }) => tokens.filter((_, i) => counted[i] === 1)).sort((a, b) => a - b),
            ).toEqual(responses);
            for (const { tokens, counted, targets } of done) {
                expect(tokens.length).toBeLessThanOrEqual(choice.windowSize);
                if (choice.bos >= 0) expect([tokens[0], counted[0]]).toEqual([choice.bos, 0]);
                for (const [i, target] of targets.entries())
                    assert.equal(target, counted[i + 1] === 1 ? tokens[i + 1] : -1);
                const body = tokens.slice(choice.bos >= 0 ? 1 : 0);
                for (const [i, token] of body.entries()) assert.equal(token, body[0]! + i); // consecutive in the text
            }
        }),
        { numRuns: 400 },
    );
});

it('tells the characters of a long text batch by batch, by tokens', async () => {
    const long: TokenizedSample = { tokens: new Int32Array(5000), promptLength: 0, characters: 20_003 };
    const batches = await packed([long], { batchSize: 100, windowSize: 101, sequences: 4, bos: 1 });
    const passed = batches.reduce((sum, { tokens }) => sum + tokens.length, 0);
    let told = 0;
    for (const { tokens, characters } of batches) {
        expect(Math.abs(characters - (20_003 * tokens.length) / passed)).toBeLessThanOrEqual(1);
        told += characters;
    }
    expect(told).toBe(20_003);
});

it('characters of shared prompts, of windows left out and of texts left out are all told', async () => {
    const sample = (length: number, promptLength: number, characters: number): TokenizedSample => ({
        tokens: Int32Array.from({ length }, (_, i) => i),
        promptLength,
        characters,
    });
    const list = [
        sample(9, 6, 31),
        sample(12, 6, 17),
        sample(8, 6, 5),
        sample(40, 35, 1001),
        sample(7, 7, 13),
        sample(0, 0, 2),
    ];
    for (const batchSize of [2, 5, 16, 100]) {
        const batches = await packed(list, { batchSize, windowSize: 14, sequences: 3, bos: 1 });
        expect(batches.reduce((sum, { characters }) => sum + characters, 0)).toBe(31 + 17 + 5 + 1001 + 13 + 2);
        expect(batches.every(({ characters }) => Number.isInteger(characters) && characters >= 0)).toBe(true);
    }
});
