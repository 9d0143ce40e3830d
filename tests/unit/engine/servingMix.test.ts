import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Arrivals } from '../../../src/engine/scheduler/Arrivals.js';
import type { AnswerRequest, TokenAnswer } from '../../../src/engine/scheduler/AnswerRequest.js';
import { CacheCapacity } from '../../../src/engine/scheduler/CacheCapacity.js';
import type { TextEdit } from '../../../src/engine/types/edits.js';
import type { EditAt } from '../../../src/engine/scheduler/buildBatch.js';
import { generate } from '../../../src/engine/scheduler/generate.js';
import { Scheduler, type SchedulerOptions } from '../../../src/engine/scheduler/Scheduler.js';
import type { Sequence } from '../../../src/engine/scheduler/Sequence.js';
import { SimulatedModel } from '../../helpers/simulatedModel.js';

const tokens = (min: number, most: number, maxLength: number): fc.Arbitrary<Int32Array> =>
    fc.array(fc.integer({ min, max: most }), { minLength: min, maxLength }).map((list) => Int32Array.from(list));
const rarely = <T>(value: fc.Arbitrary<T>, freq: number): fc.Arbitrary<T | undefined> =>
    fc.option(value, { nil: undefined, freq });

/** A request of a server's client, with settings of its own. */
const request = fc.record({
    prompt: fc.oneof(tokens(1, 50, 14), tokens(1, 2, 14)), // of two tokens, prompts often begin alike
    answers: fc.integer({ min: 1, max: 3 }),
    edit: fc.nat(2),
    maxTokens: fc.integer({ min: 0, max: 14 }),
    temperature: fc.constantFrom(0, 1),
    truncation: rarely(
        fc.record({ topK: fc.integer({ min: 0, max: 4 }), topP: fc.constant(1), minP: fc.constant(0) }),
        2,
    ),
    seed: fc.nat(5),
    answerNumber: fc.nat(2),
    stops: fc.constantFrom([], [], ['dd', 'ef']),
    draft: rarely(tokens(1, 11, 6), 2),
    logProbabilities: rarely(
        fc.record({ prompt: fc.boolean(), answer: fc.boolean(), likeliest: fc.integer({ min: 0, max: 4 }) }),
        2,
    ),
});
/** `comes`: after so many batches; `leaves`: it is aborted when an answer has so many tokens, 0: while it waits. */
const visit = fc.record({ request, comes: fc.nat(12), leaves: rarely(fc.nat(8), 5) });
const capacity = fc.record({
    batchSize: fc.integer({ min: 6, max: 40 }),
    sequences: fc.integer({ min: 3, max: 6 }),
    cells: fc.integer({ min: 60, max: 200 }),
    streams: fc.boolean(),
    keeps: fc.boolean(),
    mostPromptLogProbabilities: fc.integer({ min: 1, max: 20 }),
    draftTokens: rarely(fc.integer({ min: 1, max: 40 }), 2),
    pace: rarely(fc.constant(30), 2),
});

/** Conditions 1 and 2 edit answers: from the prompt's last token on, or its second one. */
const editAt: EditAt = (edit, position, promptLength) =>
    edit === 0 || position < (edit === 1 ? promptLength - 1 : 1) ? 0 : edit;
const conditions = [0, 1, 2].map((edit): TextEdit => ({
    edits: [undefined, edit === 0 ? undefined : { factors: [] }],
    at: (position, promptLength) => Math.min(1, editAt(edit, position, promptLength)),
}));
const common = { endTokens: new Set([0]), editAt, conditionOf: (edit: number): TextEdit => conditions[edit] };

/** What each answer of a request is where nothing is computed beside it, nothing is drafted and nobody leaves. */
async function alone(request: AnswerRequest): Promise<unknown[]> {
    const model = new SimulatedModel({
        ...common,
        batchSize: 64,
        layout: { cells: 500, sequences: 6, streams: false },
    });
    const scheduler = new Scheduler([{ ...request, draft: undefined, signal: undefined }], model.options);
    const answers: unknown[] = [];
    for await (const answer of generate(scheduler, model)) answers[answer.answer] = resultOf(answer);
    return answers;
}

function resultOf({ tokens, end, promptLogProbabilities, logProbabilities }: TokenAnswer): unknown {
    return { tokens, end, promptLogProbabilities, logProbabilities };
}

it('each answer of a serving mix is the one that its request gets alone', async () => {
    await fc.assert(
        fc.asyncProperty(fc.array(visit, { minLength: 1, maxLength: 14 }), capacity, async (visits, limits) => {
            const { sequences, streams, keeps, pace, ...batch } = limits;
            const cells = streams ? 32 * sequences : limits.cells;
            const layout = { cells, sequences, streams };
            const cache = new CacheCapacity(layout, { keeps });
            const options: SchedulerOptions = { ...common, ...batch, layout, cache };
            const leaving = visits.map(() => new AbortController());
            const requests = visits.map(({ request }, promptNumber) => ({
                ...request,
                promptNumber,
                answers: streams ? 1 : request.answers,
                signal: leaving[promptNumber]!.signal,
            }));
            // The last one takes the whole cache: what others leave behind would keep it out.
            const answers = streams ? 1 : sequences;
            const prompt = new Int32Array((streams ? 32 : cells) - 3 * answers).fill(1);
            const last = { prompt, answers, maxTokens: 3, promptNumber: visits.length, signal: undefined };
            const everyone: readonly AnswerRequest[] = [...requests, last];
            const expected = await Promise.all(everyone.map(alone));

            const arrivals = new Arrivals<AnswerRequest>();
            let round = 0;
            const arrive = (): void => {
                for (const [i, { comes, leaves }] of visits.entries()) {
                    if (comes === round) arrivals.push(requests[i]!);
                    if (comes + 1 === round && leaves === 0) leaving[i]!.abort();
                }
                if (++round < 14) return;
                if (round === 14) arrivals.push(last);
                arrivals.close();
            };
            const onGrowth = (grown: readonly Sequence[]): Promise<void> => {
                for (const { prompt, tokens } of grown) {
                    const place = prompt.request.promptNumber!;
                    if (tokens.length >= (visits[place]?.leaves ?? Infinity)) leaving[place]!.abort();
                }
                arrive();
                return Promise.resolve();
            };
            arrive();
            const feeding = setInterval(arrive, 0); // where nothing grows, time passes all the same
            const found = everyone.map((): unknown[] => []);
            const model = new SimulatedModel(options);
            try {
                for await (const answer of generate(new Scheduler(arrivals, options), model, { onGrowth, pace })) {
                    const place = answer.request.promptNumber!;
                    expect(answer.accepted).toBeLessThanOrEqual(answer.drafted);
                    expect(answer.cached).toBeLessThan(keeps ? answer.request.prompt.length : 1);
                    expect(found[place]![answer.answer], 'an answer comes once').toBeUndefined();
                    found[place]![answer.answer] = resultOf(answer);
                }
            } finally {
                clearInterval(feeding);
            }
            for (const [place, { signal }] of everyone.entries()) {
                if (signal?.aborted !== true) expect(found[place]).toEqual(expected[place]);
                else for (const [i, one] of found[place]!.entries()) if (one) expect(one).toEqual(expected[place]![i]);
            }
        }),
        { numRuns: 100 },
    );
});
