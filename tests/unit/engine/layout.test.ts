import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type PackOptions, type PackedBatch, packBatches } from '../../../src/engine/passes/packBatches.js';
import type { TokenizedSample } from '../../../src/engine/types/TokenizedSample.js';

const bos = 100_000;

async function packed(list: readonly TokenizedSample[], options: PackOptions): Promise<PackedBatch[]> {
    const batches: PackedBatch[] = [];
    async function* stream(): AsyncGenerator<TokenizedSample> {
        yield* list;
    }
    for await (const batch of packBatches(stream(), options)) batches.push(batch);
    return batches;
}

function sample(first: number, length: number, promptLength = 0): TokenizedSample {
    return { tokens: Int32Array.from({ length }, (_, i) => first + i), promptLength, characters: length * 3 };
}

/** A batch as lists, for comparison with one written out. */
function lists({
    tokens,
    positions,
    sequences,
    counted,
    targets,
    finished,
    characters,
}: PackedBatch): Record<string, unknown> {
    return {
        tokens: [...tokens],
        positions: [...positions],
        sequences: [...sequences],
        counted: [...counted],
        targets: [...targets],
        finished: [...finished],
        characters,
    };
}

interface Sequence {
    readonly tokens: number[];
    readonly counted: number[];
    readonly targets: number[];
}

/** Sequences written out in full: the samples cut into windows of `room`, those of prompt alone left out. */
function expectedSequences(samples: readonly TokenizedSample[], { windowSize, bos: begin }: PackOptions): Sequence[] {
    const lead = begin >= 0 ? [begin] : [];
    const room = windowSize - lead.length;
    return samples.flatMap((one) => {
        const marked = [...one.tokens].map((token, i) => ({ token, response: i >= one.promptLength }));
        return Array.from({ length: Math.ceil(marked.length / room) }, (_, w) => marked.slice(w * room, (w + 1) * room))
            .filter((window) => window.some(({ response }) => response))
            .map((window) => {
                const whole = [...lead.map((token) => ({ token, response: false })), ...window];
                return {
                    tokens: whole.map(({ token }) => token),
                    counted: whole.map(({ response }) => Number(response)),
                    targets: whole.map((_, i) => (whole[i + 1]?.response === true ? whole[i + 1]!.token : -1)),
                };
            });
    });
}

/** Plays the batches as the native side does: cells of a sequence live until the batch that finishes it has run. */
function play(batches: readonly PackedBatch[], options: PackOptions): Sequence[] {
    const inUse = new Map<number, Sequence>();
    const begun: Sequence[] = [];
    for (const [b, batch] of batches.entries()) {
        expect(batch.tokens.length).toBeGreaterThan(0);
        expect(batch.tokens.length).toBeLessThanOrEqual(options.batchSize);
        expect(Math.min(...batch.sequences)).toBeGreaterThanOrEqual(0);
        expect(Math.max(...batch.sequences)).toBeLessThan(options.sequences);
        const begunAgain: number[] = [];
        const positions: number[] = [];
        for (const [i, token] of batch.tokens.entries()) {
            const id = batch.sequences[i]!;
            if (batch.positions[i] === 0) {
                if (inUse.has(id)) begunAgain.push(id);
                const fresh: Sequence = { tokens: [], counted: [], targets: [] };
                inUse.set(id, fresh);
                begun.push(fresh);
            }
            const sequence = inUse.get(id)!;
            positions.push(sequence.tokens.length);
            sequence.tokens.push(token);
            sequence.counted.push(batch.counted[i]!);
            sequence.targets.push(batch.targets[i]!);
        }
        // once a batch: an expectation of each token takes longer than the packing
        expect(begunAgain, 'sequences in use that begin again').toEqual([]);
        expect(Array.from(batch.positions)).toEqual(positions);
        expect(new Set(batch.finished).size).toBe(batch.finished.length);
        if (batch.tokens.length < options.batchSize && b < batches.length - 1)
            expect(inUse.size, 'not full although an id was free').toBe(options.sequences);
        for (const id of batch.finished) {
            expect(batch.sequences.includes(id), 'finished where it has no token').toBe(true);
            expect(inUse.delete(id)).toBe(true);
        }
        expect(inUse.size, 'the context has cells for one sequence beside a batch').toBeLessThanOrEqual(1);
    }
    expect(inUse.size).toBe(0);
    return begun;
}

describe('packing', () => {
    it('makes of every window one sequence: all tokens, in order, counted and scored as they should be', async () => {
        const options = fc.record({
            batchSize: fc.integer({ min: 1, max: 24 }),
            windowSize: fc.integer({ min: 2, max: 20 }),
            sequences: fc.integer({ min: 1, max: 5 }),
            bos: fc.constantFrom(-1, bos),
        });
        const shapes = fc.array(fc.record({ length: fc.nat(50), share: fc.constantFrom(0, 0, 0.3, 0.8, 1) }), {
            maxLength: 12,
        });
        await fc.assert(
            fc.asyncProperty(shapes, options, async (shape, choice) => {
                const samples = shape.map(({ length, share }, i) =>
                    sample(i * 1000, length, Math.floor(length * share)),
                );
                const batches = await packed(samples, choice);
                expect(play(batches, choice)).toEqual(expectedSequences(samples, choice));
            }),
            { numRuns: 400 },
        );
    });

    it('lays two samples and the edge between batches as written out here', async () => {
        const batches = await packed([sample(1, 4, 2), sample(11, 3)], {
            batchSize: 6,
            windowSize: 10,
            sequences: 2,
            bos,
        });
        expect(batches.map(lists)).toEqual([
            {
                tokens: [bos, 1, 2, 3, 4, bos],
                positions: [0, 1, 2, 3, 4, 0],
                sequences: [0, 0, 0, 0, 0, 1],
                counted: [0, 0, 0, 1, 1, 0],
                targets: [-1, -1, 3, 4, -1, 11],
                finished: [0],
                characters: 12 + 2,
            },
            {
                tokens: [11, 12, 13],
                positions: [1, 2, 3],
                sequences: [1, 1, 1],
                counted: [1, 1, 1],
                targets: [12, 13, -1],
                finished: [1],
                characters: 9 - 2,
            }, // BOS of the second was one token of its four
        ]);
    });

    it('cuts a long sample into windows that begin anew', async () => {
        const batches = await packed([sample(1, 7, 4)], { batchSize: 100, windowSize: 4, sequences: 8, bos });
        expect(batches.map(lists)).toEqual([
            {
                // the first window is prompt alone
                tokens: [bos, 4, 5, 6, bos, 7],
                positions: [0, 1, 2, 3, 0, 1],
                sequences: [0, 0, 0, 0, 1, 1],
                counted: [0, 0, 1, 1, 0, 1],
                targets: [-1, 5, 6, -1, 7, -1],
                finished: [0, 1],
                characters: 21,
            },
        ]);
        // Without BOS nothing precedes a window's first token: it is counted, not scored.
        const [only] = await packed([sample(1, 4)], { batchSize: 100, windowSize: 2, sequences: 8, bos: -1 });
        expect([[...only!.counted], [...only!.targets]]).toEqual([
            [1, 1, 1, 1],
            [2, -1, 4, -1],
        ]);
    });

    it('ends a batch early only where no sequence is left', async () => {
        const samples = [sample(1, 2), sample(11, 2), sample(21, 2)];
        const few = await packed(samples, { batchSize: 100, windowSize: 8, sequences: 2, bos: -1 });
        expect(few.map(({ tokens }) => [...tokens])).toEqual([
            [1, 2, 11, 12],
            [21, 22],
        ]);
        const enough = await packed(samples, { batchSize: 100, windowSize: 8, sequences: 3, bos: -1 });
        expect(enough.map(({ tokens }) => tokens.length)).toEqual([6]);
    });

    it('of nothing to count is no batch', async () => {
        const options = { batchSize: 8, windowSize: 8, sequences: 2, bos };
        expect(await packed([], options)).toEqual([]);
        expect(await packed([sample(1, 0), sample(1, 5, 5)], options)).toEqual([]);
    });
});
