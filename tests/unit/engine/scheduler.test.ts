import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { NativeSampled } from '../../../src/engine/native/addon.js';
import { Arrivals } from '../../../src/engine/scheduler/Arrivals.js';
import type { AnswerRequest } from '../../../src/engine/scheduler/AnswerRequest.js';
import { CacheCapacity } from '../../../src/engine/scheduler/CacheCapacity.js';
import { planBatch, targetsOf } from '../../../src/engine/scheduler/planBatch.js';
import { Scheduler, type SchedulerOptions } from '../../../src/engine/scheduler/Scheduler.js';
import { CachedPrompt, type Sequence } from '../../../src/engine/scheduler/Sequence.js';
import { textOf } from '../../helpers/simulatedModel.js';

const options: SchedulerOptions = {
    batchSize: 8,
    layout: { cells: 40, sequences: 4, streams: false },
    endTokens: new Set([0]),
};

/** A request of a prompt of so many tokens: 1, 2, 3, … */
function ask(length: number, more: Partial<AnswerRequest> = {}): AnswerRequest {
    return { prompt: Int32Array.from({ length }, (_, i) => i + 1), maxTokens: 4, ...more };
}

const noRows = { targets: new Float64Array(), likeliest: new Int32Array(), ofLikeliest: new Float64Array() };
const detokenize = (lists: readonly Int32Array[]): Promise<string[]> => Promise.resolve(lists.map(textOf));

function drew(tokens: readonly number[], more: Partial<NativeSampled> = {}): NativeSampled {
    return { tokens: Int32Array.from(tokens), asked: noRows, drawn: noRows, ...more };
}

/** One whole round, in which the model draws these tokens. */
async function round(scheduler: Scheduler, tokens: readonly number[]): Promise<ReturnType<Scheduler['settle']>> {
    await scheduler.admit();
    scheduler.schedule(1);
    await scheduler.take(drew(tokens), detokenize);
    return scheduler.settle();
}

describe('admit', () => {
    it('takes requests in their order as long as the cache has capacity for the longest answer', async () => {
        const scheduler = new Scheduler([ask(10), ask(30), ask(1)], options);
        expect(await scheduler.admit()).toBe(true);
        const { prefills } = scheduler.schedule();
        // The second one waits for cells; the third one, which would fit, waits behind it.
        expect(prefills.map(({ prompt, from, to }) => [prompt.length, from, to])).toEqual([[10, 0, 8]]);
    });

    it('gives the answers of a request sequences that share its prompt', async () => {
        const scheduler = new Scheduler([ask(3, { answers: 3 }), ask(3, { answers: 2 })], options);
        await scheduler.admit();
        const { batch, prefills, draws } = scheduler.schedule();
        expect(prefills).toHaveLength(1); // one sequence is left, the second request needs two
        expect(batch.tokens).toHaveLength(3);
        expect(new Set(draws.map(({ sequence }) => sequence.id)).size).toBe(3);
        expect(batch.shared).toHaveLength(2 * 2 * 3);
    });

    it('waits for a request where there is nothing else to do, passes over abandoned ones, and ends', async () => {
        const arrivals = new Arrivals<AnswerRequest>();
        const scheduler = new Scheduler(arrivals, options);
        const admitted = scheduler.admit();
        arrivals.push(ask(2, { signal: AbortSignal.abort() }));
        arrivals.push(ask(3, { maxTokens: 1 }));
        expect(await admitted).toBe(true);
        expect(await scheduler.admit(), 'does not wait while a prompt is there').toBe(true);
        expect(scheduler.schedule().prefills.map(({ prompt }) => prompt.length)).toEqual([3]);
        await scheduler.take(drew([5]), detokenize);
        expect(scheduler.settle()).toHaveLength(1);
        arrivals.close();
        expect(await scheduler.admit()).toBe(false);
    });
});

describe('schedule', () => {
    it('changes no state: twice is the same, and what has begun is known', async () => {
        const [seeded, scored] = [
            ask(5, { temperature: 1, seed: 3 }),
            ask(9, { maxTokens: 0, logProbabilities: { prompt: true, answer: false, likeliest: 1 } }),
        ];
        const scheduler = new Scheduler([seeded, scored, ask(9)], options);
        await scheduler.admit();
        expect(scheduler.begun()).toEqual(new Set());
        const first = scheduler.schedule();
        expect(scheduler.schedule()).toEqual(first);
        expect(first.prefills.map(({ prompt }) => prompt.sequences[0]!.state)).toEqual(['waiting', 'waiting']);
        expect(scheduler.begun()).toEqual(new Set([seeded, scored]));
    });

    it('shares a batch out: growing sequences first, then prompts; drafts and log-probabilities within limits', () => {
        const request = fc.record({
            length: fc.integer({ min: 1, max: 20 }),
            answers: fc.integer({ min: 1, max: 3 }),
            draft: fc.option(fc.constant(new Int32Array(30)), { nil: undefined }),
            scored: fc.boolean(),
            grown: fc.integer({ min: 0, max: 6 }),
        });
        fc.assert(
            fc.property(
                fc.array(request, { maxLength: 6 }),
                fc.record({
                    batchSize: fc.integer({ min: 18, max: 60 }),
                    draftTokens: fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined }),
                    mostPromptLogProbabilities: fc.integer({ min: 1, max: 20 }),
                }),
                fc.boolean(),
                (requests, limits, streams) => {
                    const prompts = requests.map(({ length, answers, draft, scored, grown }) => {
                        const logProbabilities = { prompt: scored, answer: false, likeliest: 0 };
                        const asked = ask(length, { answers, draft, logProbabilities, maxTokens: 8 });
                        const prompt = new CachedPrompt(asked, [0, 1, 2].slice(0, streams ? 1 : answers));
                        prompt.decoded = grown === 0 ? Math.floor(length / 2) : length;
                        for (const { tokens } of prompt.sequences) tokens.push(...new Array<number>(grown).fill(1));
                        return prompt;
                    });
                    const growing = prompts.filter((_, i) => requests[i]!.grown > 0).flatMap((one) => one.sequences);
                    const waiting = prompts.filter((_, i) => requests[i]!.grown === 0);
                    const work = planBatch(growing, waiting, limits, streams ? 32 : undefined);
                    const draws = work.flatMap((one) => one.draws);
                    const prefills = work.flatMap(({ prefill }) => prefill ?? []);
                    const drafted = draws.reduce((sum, draw) => sum + draw.drafted.length, 0);
                    const prefilled = prefills.reduce((sum, { from, to }) => sum + to - from, 0);
                    const used = growing.length + drafted + prefilled;
                    expect(used).toBeLessThanOrEqual(limits.batchSize);
                    expect(draws.slice(0, growing.length).map(({ sequence }) => sequence)).toEqual(growing);
                    const scored = prefills.filter(({ prompt }) => prompt.request.logProbabilities!.prompt);
                    const targets = scored.reduce((sum, prefill) => sum + targetsOf(prefill), 0);
                    expect(targets).toBeLessThanOrEqual(limits.mostPromptLogProbabilities);
                    // What is left of a prompt has found no token of the batch, or no log-probability.
                    const unfinished =
                        waiting.length - prefills.filter(({ prompt, to }) => to === prompt.length).length;
                    if (unfinished > 0)
                        expect(used === limits.batchSize || targets === limits.mostPromptLogProbabilities).toBe(true);
                    const lengths = draws.slice(0, growing.length).map((draw) => draw.drafted.length);
                    if (streams) expect(new Set(lengths).size).toBeLessThan(2);
                    for (const { sequence, drafted: some, ofDraft } of draws) {
                        expect(ofDraft).toBeLessThanOrEqual(some.length);
                        if (sequence.draft === undefined) expect(ofDraft).toBe(0);
                    }
                },
            ),
        );
    });

    it('draws several steps at once where nothing is to do between them', async () => {
        const scheduler = new Scheduler([ask(2, { maxTokens: 9 })], options);
        await round(scheduler, [1]);
        await scheduler.admit();
        expect(scheduler.schedule().native.steps).toBe(8);
        expect(scheduler.schedule(3).native.steps).toBe(3);
    });
});

describe('take', () => {
    it('takes a token for each step, up to the one that ends the answer', async () => {
        const scheduler = new Scheduler([ask(2, { maxTokens: 9 }), ask(3, { maxTokens: 9 })], options);
        await scheduler.admit();
        const [a, b] = scheduler.schedule().draws.map(({ sequence }) => sequence) as [Sequence, Sequence];
        await scheduler.take(drew([4, 5, 6, 0, 7, 8]), detokenize);
        expect([a.tokens, a.state, b.tokens, b.state]).toEqual([[4, 6, 7], 'growing', [5], 'finished']);
        expect(scheduler.settle().map(({ tokens, end }) => [[...tokens], end])).toEqual([[[5], 'stop']]);
    });

    it('accepts drafted tokens up to the first that the model would not have drawn', async () => {
        const scheduler = new Scheduler([ask(2, { maxTokens: 9, draft: Int32Array.of(4, 5, 6, 7) })], {
            ...options,
            batchSize: 16,
        });
        await scheduler.admit();
        const [draw] = scheduler.schedule().draws;
        expect([...draw!.drafted]).toEqual([4, 5, 6, 7]);
        await scheduler.take(drew([4, 5, 9, 7, 8]), detokenize);
        expect(draw!.sequence).toMatchObject({ tokens: [4, 5, 9], rejected: 2, position: 4 });
        expect(draw!.sequence.draft).toMatchObject({ drafted: 4, accepted: 2 });
        scheduler.settle();
        await scheduler.admit();
        // The cells from the last token's position on are taken back, and it is computed there.
        const { batch } = scheduler.schedule();
        expect([...batch.trimmed]).toEqual([draw!.sequence.id, 4]);
        expect([batch.tokens[0], batch.positions[0]]).toEqual([9, 4]);
    });

    it('gives each token its log-probability, with as many of the likeliest as its request asks for', async () => {
        const requests = [2, 1].map((likeliest) =>
            ask(3, { maxTokens: 2, logProbabilities: { prompt: true, answer: true, likeliest } }),
        );
        const scheduler = new Scheduler(requests, options);
        await scheduler.admit();
        const { native } = scheduler.schedule(1);
        expect(native.asked).toMatchObject({ rows: Int32Array.of(0, 1, 3, 4), targets: Int32Array.of(2, 3, 2, 3) });
        expect(native.asked).toMatchObject({ entries: Uint8Array.of(1, 1), likeliest: 2 });
        const rowsFrom = (first: number, count: number): NativeSampled['drawn'] => ({
            targets: Float64Array.from({ length: count }, (_, i) => -first - i),
            likeliest: Int32Array.from({ length: 2 * count }, (_, i) => 10 * first + i),
            ofLikeliest: Float64Array.from({ length: 2 * count }, (_, i) => -i / 10),
        });
        await scheduler.take(drew([4, 5], { asked: rowsFrom(1, 4), drawn: rowsFrom(7, 2) }), detokenize);
        scheduler.settle();
        await scheduler.admit();
        const [first, second] = scheduler.schedule(1).draws.map(({ sequence }) => sequence);
        expect(first!.prompt.logProbabilities.map(({ logProbability }) => logProbability)).toEqual([-1, -2]);
        expect(second!.prompt.logProbabilities).toEqual([
            { token: 2, logProbability: -3, likeliest: [{ token: 14, logProbability: -0.4 }] },
            { token: 3, logProbability: -4, likeliest: [{ token: 16, logProbability: -0.6 }] },
        ]);
        expect(first!.logProbabilities[0]!.likeliest.map(({ token }) => token)).toEqual([70, 71]);
        expect(second!.logProbabilities).toMatchObject([{ token: 5, logProbability: -8 }]);
    });

    it('ends an answer at a stop text, at its length, and at logits that are not finite', async () => {
        const stops = ['ef']; // tokens 4 and 5
        const scheduler = new Scheduler([ask(1, { stops }), ask(1, { maxTokens: 2 }), ask(1)], options);
        expect(await round(scheduler, [4, 4, ~4])).toMatchObject([{ end: 'nonfinite', tokens: new Int32Array() }]);
        const answers = await round(scheduler, [5, 5]);
        expect(answers.map(({ end, tokens }) => [end, ...tokens])).toEqual([
            ['stop', 4, 5],
            ['length', 4, 5],
        ]);
        const lenient = new Scheduler([ask(1, { maxTokens: 1 })], { ...options, allowNonfinite: true });
        expect(await round(lenient, [~4])).toMatchObject([{ end: 'length', tokens: Int32Array.of(4) }]);
    });
});

describe('settle', () => {
    it('frees a finished sequence with the next batch, its prompt with the last of its answers', async () => {
        const whole = ask(30, { answers: 2, maxTokens: 5 });
        const scheduler = new Scheduler([whole, ask(30, { maxTokens: 5 })], { ...options, batchSize: 64 });
        expect(await round(scheduler, [0, 7])).toMatchObject([{ answer: 0, request: whole }]);
        await scheduler.admit();
        const { batch, prefills, draws } = scheduler.schedule(1);
        expect(prefills, 'the shared prompt is still there').toEqual([]);
        expect(batch.finished).toHaveLength(1);
        expect([...batch.finished]).not.toContain(draws[0]!.sequence.id);
        await scheduler.take(drew([0]), detokenize);
        expect(scheduler.settle()).toMatchObject([{ answer: 1, end: 'stop', tokens: Int32Array.of(7) }]);
        await scheduler.admit();
        expect(scheduler.schedule().prefills).toHaveLength(1);
    });

    it('frees what is abandoned, waiting, prefilling or growing, and gives no answer to it', async () => {
        const leaving = new AbortController();
        const { signal } = leaving;
        const requests = [ask(2, { signal }), ask(9, { signal }), ask(9, { signal }), ask(2)];
        const scheduler = new Scheduler(requests, { ...options, layout: { cells: 50, sequences: 4, streams: false } });
        await round(scheduler, [5]);
        await scheduler.admit();
        const { draws, prefills } = scheduler.schedule();
        const sequences = [
            ...draws.map(({ sequence }) => sequence),
            ...prefills.flatMap(({ prompt }) => prompt.sequences),
        ];
        const leavers = [...new Set(sequences)];
        expect(leavers.map(({ state }) => state)).toEqual(['growing', 'prefilling', 'waiting']);
        leaving.abort();
        await scheduler.take(drew([5, 5]), detokenize);
        expect(scheduler.settle()).toEqual([]);
        expect(leavers.map(({ state }) => state)).toEqual(['finished', 'finished', 'finished']);
        await scheduler.admit();
        const { batch, prefills: next } = scheduler.schedule();
        expect(next.map(({ prompt }) => prompt.request)).toEqual([requests[3]]);
        expect([...batch.finished].sort()).toEqual(leavers.map(({ id }) => id).sort());
    });
});

it('capacity in streams: those in use have the lowest numbers after each change, and all come back', () => {
    fc.assert(
        fc.property(fc.array(fc.nat(9), { maxLength: 40 }), (moves) => {
            const capacity = new CacheCapacity({ cells: 60, sequences: 6, streams: true });
            const inUse: Sequence[] = [];
            for (const move of moves) {
                capacity.forgetChanges();
                const given = move < 5 ? capacity.reserve(ask(6)) : undefined;
                expect(given !== undefined || move >= 5 || inUse.length === 6).toBe(true);
                if (given !== undefined) inUse.push(new CachedPrompt(ask(6), given.ids).sequences[0]!);
                for (const gone of move < 5 ? [] : inUse.splice(move % Math.max(1, inUse.length), 1 + (move % 2))) {
                    gone.end = 'stop';
                    capacity.release(gone);
                }
                const before = new Map(inUse.map((sequence) => [sequence.id, sequence]));
                capacity.closeGaps(inUse);
                for (const { from, to } of capacity.changes.moved) expect(before.get(from)!.id).toBe(to);
                expect(inUse.map(({ id }) => id).sort()).toEqual([...inUse.keys()]);
            }
        }),
    );
});
