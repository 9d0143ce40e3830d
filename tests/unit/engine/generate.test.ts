import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { CacheLayout } from '../../../src/engine/loading/loadEngine.js';
import type { AnswerRequest, TokenAnswer } from '../../../src/engine/scheduler/AnswerRequest.js';
import { generate } from '../../../src/engine/scheduler/generate.js';
import { Scheduler, type SchedulerOptions } from '../../../src/engine/scheduler/Scheduler.js';
import { SimulatedModel, textOf } from '../../helpers/simulatedModel.js';

const end = 0;

/** What all requests of a test have in common, and how the cache is laid out. */
interface Settings extends Omit<SchedulerOptions, 'layout' | 'endTokens'>, Partial<CacheLayout> {
    readonly maxTokens?: number;
    readonly temperature?: number;
    readonly seed?: number;
    readonly endTokens?: ReadonlySet<number>;
}

function optionsOf({ sequences = 4, cells = 200, streams = false, endTokens, ...options }: Settings): SchedulerOptions {
    return { ...options, endTokens: endTokens ?? new Set([end]), layout: { sequences, cells, streams } };
}

async function all(
    requests: readonly Partial<AnswerRequest>[],
    settings: Settings,
): Promise<{ answers: TokenAnswer[]; model: SimulatedModel }> {
    const { maxTokens = 20, temperature = 1, seed = 1 } = settings;
    const model = new SimulatedModel(optionsOf(settings));
    const list = requests.map((request, promptNumber): AnswerRequest => ({
        ...{ maxTokens, temperature, seed, promptNumber, prompt: new Int32Array() },
        ...request,
    }));
    const answers: TokenAnswer[] = [];
    for await (const answer of generate(new Scheduler(list, model.options), model)) answers.push(answer);
    return { answers: answers.toSorted(byPlace), model };
}

const byPlace = (a: TokenAnswer, b: TokenAnswer): number =>
    a.request.promptNumber! - b.request.promptNumber! || a.answer - b.answer;
const settings = fc.record({
    maxTokens: fc.integer({ min: 1, max: 12 }),
    seed: fc.nat(1000),
    batchSize: fc.integer({ min: 6, max: 40 }),
    sequences: fc.integer({ min: 3, max: 6 }),
    cells: fc.integer({ min: 60, max: 200 }),
});
const prompts = fc.array(
    fc.record({
        prompt: fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 20 }),
        answers: fc.integer({ min: 1, max: 3 }),
    }),
    { maxLength: 12 },
);

it('the same in streams, each answer in cells of its own, its number following the last one in use', async () => {
    await fc.assert(
        fc.asyncProperty(prompts, settings, async (list, choice) => {
            const options = { ...choice, temperature: 1 };
            const requests = list.map(({ prompt }) => ({ prompt: Int32Array.from(prompt) }));
            const { answers } = await all(requests, { ...options, streams: true, cells: 32 * choice.sequences });
            expect(answers).toEqual((await all(requests, options)).answers);
        }),
    );
});

it('a draft, right, wrong or half right, changes no answer', async () => {
    const changes = fc.array(
        fc.record({
            at: fc.nat(11),
            remove: fc.nat(2),
            put: fc.array(fc.integer({ min: 0, max: 11 }), { maxLength: 2 }),
        }),
        { maxLength: 3 },
    );
    await fc.assert(
        fc.asyncProperty(
            prompts,
            settings,
            fc.boolean(),
            fc.constantFrom(0, 1),
            changes,
            async (list, choice, streams, temperature, edits) => {
                const options = {
                    ...choice,
                    temperature,
                    ...(streams ? { streams, cells: 32 * choice.sequences } : {}),
                };
                const requests = list.map(({ prompt, answers }) => ({
                    prompt: Int32Array.from(prompt),
                    answers: streams ? 1 : answers,
                }));
                const { answers } = await all(requests, options);
                const drafted = requests.map((request, place) => {
                    const draft = [...answers.find((one) => one.request.promptNumber === place)!.tokens];
                    for (const { at, remove, put } of edits) draft.splice(at, remove, ...put);
                    return { ...request, draft: Int32Array.from(draft) };
                });
                const { answers: found } = await all(drafted, options);
                const drawn = ({ request: { promptNumber }, answer, tokens, end: why }: TokenAnswer): unknown => ({
                    promptNumber,
                    answer,
                    tokens,
                    why,
                });
                expect(found.map(drawn)).toEqual(answers.map(drawn));
                for (const { drafted, accepted } of found) expect(accepted).toBeLessThanOrEqual(drafted);
            },
        ),
    );
});

it('a right draft costs one batch, and one that is wrong in a place one more', async () => {
    const options = {
        maxTokens: 40,
        seed: 1,
        batchSize: 64,
        sequences: 4,
        cells: 200,
        temperature: 0,
    };
    const ask = async (draft?: readonly number[]): Promise<{ answers: TokenAnswer[]; model: SimulatedModel }> =>
        all([{ prompt: Int32Array.of(3, 1), draft: draft && Int32Array.from(draft) }], options);
    const {
        answers: [plain],
        model: alone,
    } = await ask();
    const right = [...plain!.tokens];
    expect(right.length).toBeGreaterThan(12);
    expect(alone.steps).toBe(right.length + (plain!.end === 'stop' ? 1 : 0));
    const {
        answers: [found],
        model,
    } = await ask(right);
    expect(found).toMatchObject({ drafted: right.length, accepted: right.length });
    expect(model.steps).toBeLessThan(4);
    const wrong = right.with(5, 99);
    const again = await ask(wrong);
    expect(again.answers[0]!.tokens).toEqual(plain!.tokens);
    expect(again.model.steps).toBeLessThan(alone.steps / 1.5);
});

it('every answer is the one its prompt gets alone, however it is batched', async () => {
    await fc.assert(
        fc.asyncProperty(prompts, settings, async (list, choice) => {
            const options = { ...choice, temperature: 1 };
            const requests = list.map(({ prompt, answers }) => ({ prompt: Int32Array.from(prompt), answers }));
            const { answers } = await all(requests, options);
            expect(answers).toHaveLength(list.reduce((sum, one) => sum + one.answers, 0));
            // One after another, in batches of other shapes.
            const { answers: alone } = await all(requests, { ...options, batchSize: 6, sequences: 3, cells: 60 });
            expect(answers).toEqual(alone);
            for (const { tokens, end: why } of answers) {
                expect(tokens).not.toContain(end);
                expect(tokens.length).toBeLessThanOrEqual(choice.maxTokens);
                if (why === 'length') expect(tokens).toHaveLength(choice.maxTokens);
            }
        }),
        { numRuns: 200 },
    );
});

it('keeps batches full while prompts are waiting, and decodes a prompt once for all its answers', async () => {
    const requests = Array.from({ length: 30 }, (_, i) => ({
        prompt: Int32Array.from({ length: 40 }, (_, j) => 1 + ((i * j) % 50)),
        answers: 4,
    }));
    const { answers, model } = await all(requests, {
        maxTokens: 20,
        seed: 1,
        temperature: 1,
        endTokens: new Set([-1]),
        batchSize: 64,
        sequences: 16,
        cells: 2000,
    });
    expect(answers).toHaveLength(120);
    expect(model.tokens).toBe(30 * 40 + 120 * 19); // the last token drawn is not decoded
    // 161 steps; 150 are as many as keep all sequences busy.
    expect(model.steps).toBeLessThan(2.2 * (120 / 16) * 20);
});

it('an answer ends with the token that completes a stop, and is else as without any', async () => {
    const requests = Array.from({ length: 20 }, (_, id) => ({
        prompt: Int32Array.of(1 + (id % 7), 2, id),
        answers: 2,
    }));
    const options = {
        maxTokens: 60,
        seed: 3,
        temperature: 1,
        batchSize: 30,
        sequences: 8,
        cells: 900,
    };
    const stops = ['dd', 'ef', 'cgc'];
    const { answers: whole } = await all(requests, options);
    const stopped = await all(
        requests.map((request) => ({ ...request, stops })),
        options,
    );
    const drawn = ({ tokens, end: why }: TokenAnswer): unknown => [[...tokens], why];
    const expected = whole.map(({ tokens, end: why }) => {
        const textUpTo = (i: number): string => textOf(tokens.subarray(0, i + 1));
        const until = [...tokens.keys()].find((i) => stops.some((stop) => textUpTo(i).endsWith(stop)));
        return until === undefined ? [[...tokens], why] : [[...tokens.subarray(0, until + 1)], 'stop'];
    });
    expect(stopped.answers.map(drawn)).toEqual(expected);
    expect(stopped.answers.map(drawn)).not.toEqual(whole.map(drawn));
});

it('asks for texts once a step, of the answers that have stops alone', async () => {
    const requests = Array.from({ length: 12 }, (_, id) => ({
        prompt: Int32Array.of(1, 2, 3),
        stops: id % 2 === 0 ? ['no such text'] : [],
    }));
    const options = {
        maxTokens: 20,
        seed: 1,
        temperature: 1,
        endTokens: new Set([-1]),
        batchSize: 64,
        sequences: 12,
        cells: 2000,
    };
    const { model } = await all(requests, options);
    expect(model.asked).toEqual(Array<number>(model.steps).fill(6));
    const { model: without } = await all(
        requests.map((request) => ({ ...request, stops: [] })),
        options,
    );
    expect(without.asked).toEqual([]);
});

it('refuses in one line a prompt that the cache has no capacity for', async () => {
    const options = {
        maxTokens: 50,
        seed: 1,
        temperature: 0,
        batchSize: 8,
        sequences: 4,
        cells: 100,
    };
    const code = async (request: Partial<AnswerRequest>): Promise<unknown> =>
        all([request], options).then(
            () => 'done',
            (error: { code: string; message: string }) => error,
        );
    expect(await code({ prompt: new Int32Array(60) })).toMatchObject({
        code: 'WRONG_USE',
        message: expect.stringContaining('110 cells'),
    });
    expect(await code({ prompt: new Int32Array(3), answers: 5 })).toMatchObject({
        code: 'WRONG_USE',
        message: expect.stringContaining('sequences'),
    });
    expect(await code({ prompt: new Int32Array(0) })).toMatchObject({ code: 'WRONG_USE' });
});
