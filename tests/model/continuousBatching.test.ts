import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ContinuousBatching, ContinuousBatchingOptions } from '../../src/engine/answers/ContinuousBatching.js';
import type { AnswerRequest, TokenAnswer } from '../../src/engine/scheduler/AnswerRequest.js';
import type { TextEdit } from '../../src/engine/types/edits.js';
import { MeasuredEngine } from '../helpers/MeasuredEngine.js';
import type { Passes } from '../../src/engine/passes/Passes.js';
import type { TokenLogProbability } from '../../src/engine/scheduler/logProbabilities.js';
import { writeLfm2 } from '../helpers/hybridModels.js';
import { embeddedModel } from '../helpers/models.js';
import { writeUnquantized } from '../helpers/unquantized.js';

// Without quantization, rounding does not depend on what is computed beside a token: answers are compared exactly.
import { temporaryFolder } from '../helpers/temporaryFolder.js';
const folder = temporaryFolder();
const path = join(folder, 'model.gguf');
let engine: MeasuredEngine;
let edits: TextEdit[];
beforeAll(async () => {
    await writeUnquantized(embeddedModel, path);
    engine = await MeasuredEngine.open({ model: path, gpu: 'off', f32Cache: true });
    const factors = engine.sites.map(({ width }) => Float32Array.from({ length: width }, (_, j) => (j % 7 ? 1 : 0)));
    edits = [undefined, { factors }];
});
afterAll(() => {
    engine.close();
});

const prompts = ['The farmer', 'Der alte Mann', 'Le professeur lit', 'One day the teacher', 'Die Köchin'];

/** The engine's own, to let a batch of it fail. */
const passesOf = (one: MeasuredEngine): Passes => (one as unknown as { readonly passes: Passes }).passes;

async function withBatching<T>(
    parallel: number,
    work: (batching: ContinuousBatching) => Promise<T>,
    options: Partial<ContinuousBatchingOptions> = {},
): Promise<T> {
    const batching = await engine.batching({ edits, parallel, requestSize: 256, ...options });
    try {
        return await work(batching);
    } finally {
        await batching.close({ stop: true });
    }
}

async function generated(options: { temperature?: number; seed?: number; maxTokens: number }): Promise<string[][]> {
    const asked = edits.flatMap((_, edit) => prompts.map((text, id) => ({ id, text, edit })));
    const texts: string[][] = [[], []];
    for await (const { prompt, edit, text } of engine.generate(asked, { edits, ...options }))
        texts[edit]![prompt] = text;
    return texts;
}

describe('requests that come while others are under way', () => {
    it.each([{ maxTokens: 40 }, { maxTokens: 30, temperature: 0.8, seed: 5 }])(
        'are answered as the same prompts are in one pass: %o',
        async (options) => {
            const expected = await generated(options);
            const answers = await withBatching(3, async (batching) =>
                Promise.all(
                    edits.flatMap((_, edit) =>
                        prompts.map(async (text, promptNumber) => {
                            await sleep(7 * promptNumber); // some wait, some join
                            const prompt = await batching.tokenize(text, false);
                            const answer = await batching.ask({ prompt, promptNumber, edit, ...options });
                            expect(answer.end).toBe('length');
                            return batching.texts.textOf(answer.tokens);
                        }),
                    ),
                ),
            );
            expect(answers).toEqual(expected.flat());
            expect(new Set(answers).size).toBeGreaterThan(prompts.length);
        },
    );

    it.each([1, 3, 5])('go on from what earlier ones left in a cache of %i, to the same answers', async (parallel) => {
        const factors = engine.sites.map(({ width }) => new Float32Array(width).fill(0.9));
        // Prompts alone or answers alone are edited: what was an answer is in the next turn's prompt.
        const byPlace = [1, 0].map((ofPrompt): TextEdit => ({
            edits: [undefined, { factors }],
            at: (position, promptLength) => (position < promptLength ? ofPrompt : 1 - ofPrompt),
        }));
        const states = [undefined, edits[1], ...byPlace];
        const maxTokens = 12;
        const turns: { prompt: Int32Array; ownEdit: TextEdit; text: string; turn: number; cached: number }[] = [];
        await withBatching(
            parallel,
            async (batching) => {
                const more = await batching.tokenize(' So', false);
                const talk = async (ownEdit: TextEdit, place: number): Promise<void> => {
                    let prompt = batching.withBos(await batching.tokenize(prompts[place]!, false));
                    for (let turn = 0; turn < 3; turn++) {
                        const asked = { prompt, maxTokens, ...(ownEdit && { ownEdit }) };
                        const { tokens, cached } = await batching.ask(asked);
                        turns.push({ prompt, ownEdit, text: batching.texts.textOf(tokens), turn, cached });
                        prompt = Int32Array.from([...prompt, ...tokens, ...more]);
                    }
                };
                if (parallel > 1) await Promise.all(states.map(talk));
                else for (const [place, state] of states.entries()) await talk(state, place);
            },
            { prefixCaching: true, ownEdits: 3 },
        );
        expect(turns).toHaveLength(3 * states.length);
        for (const { prompt, ownEdit, text } of turns) {
            for await (const alone of engine.generate([{ id: 0, text: prompt }], { edits: [ownEdit], maxTokens }))
                expect(text).toBe(alone.text);
        }
        const reused = turns.filter(({ turn, cached }) => turn > 0 && cached > 0).length;
        // One after another all do; of five, those whose answers are edited as their prompts are; of three, some may.
        expect(reused).toBeGreaterThanOrEqual(parallel === 1 ? 8 : parallel === 5 ? 4 : 0);
    });

    it('go through one after another where there is room for one', async () => {
        const expected = (await generated({ maxTokens: 20 }))[0]!;
        const texts = await withBatching(1, async (batching) =>
            Promise.all(
                prompts.map(async (text) => {
                    const prompt = await batching.tokenize(text, false);
                    return batching.texts.textOf((await batching.ask({ prompt, maxTokens: 20 })).tokens);
                }),
            ),
        );
        expect(texts).toEqual(expected);
    });

    it('have each its own length, temperature and stops', async () => {
        const whole = (await generated({ maxTokens: 40 }))[0]![0]!;
        const stop = whole.slice(10, 14);
        await withBatching(8, async (batching) => {
            const prompt = await batching.tokenize(prompts[0]!, false);
            const [short, stopped, hot, again] = await Promise.all([
                batching.ask({ prompt, maxTokens: 7 }),
                batching.ask({ prompt, maxTokens: 40, stops: [stop] }),
                batching.ask({ prompt, maxTokens: 40, temperature: 1.5, seed: 9 }),
                batching.ask({ prompt, maxTokens: 40, temperature: 1.5, seed: 9 }),
            ]);
            expect(short.tokens).toHaveLength(7);
            expect(stopped.end).toBe('stop');
            const text = batching.texts.textOf(stopped.tokens);
            expect(text).toContain(stop);
            expect(batching.texts.textOf(stopped.tokens.subarray(0, -1))).not.toContain(stop);
            expect(hot.tokens).toEqual(again.tokens);
            expect(batching.texts.textOf(hot.tokens)).not.toContain(text);
        });
    });

    it('report how they grow', async () => {
        await withBatching(2, async (batching) => {
            const prompt = await batching.tokenize(prompts[1]!, false);
            const lengths: number[] = [];
            const { tokens } = await batching.ask({
                prompt,
                maxTokens: 120,
                onGrowth: (soFar) => lengths.push(soFar.length),
            });
            expect(lengths.length).toBeGreaterThan(2);
            expect(lengths).toEqual(lengths.toSorted((a, b) => a - b));
            expect(lengths.at(-1)).toBe(tokens.length);
        });
    });

    it('of which one is abandoned leave the others as they are, and its place free', async () => {
        const expected = (await generated({ maxTokens: 60 }))[0]!;
        await withBatching(2, async (batching) => {
            const ask = async (place: number, signal?: AbortSignal): Promise<TokenAnswer> => {
                const prompt = await batching.tokenize(prompts[place]!, false);
                return batching.ask({ prompt, maxTokens: signal === undefined ? 60 : 200, signal });
            };
            const gone = new AbortController();
            const lost = [0, 1, 2, 3].map((place) => ask(place, gone.signal));
            const kept = [0, 1, 2, 3, 4].map((place) => ask(place));
            await sleep(30);
            gone.abort();
            for (const one of lost) await expect(one).rejects.toMatchObject({ code: 'ABORTED' });
            const texts = (await Promise.all(kept)).map(({ tokens }) => batching.texts.textOf(tokens));
            expect(texts).toEqual(expected);
            expect(batching.open).toBe(0);
            await expect(ask(0, AbortSignal.abort())).rejects.toMatchObject({ code: 'ABORTED' });
        });
    });

    it('that nothing can be made of are refused by themselves', async () => {
        await withBatching(2, async (batching) => {
            const prompt = await batching.tokenize(prompts[0]!, false);
            for (const [wrong, why] of [
                [{ prompt, maxTokens: 256 }, /longer than the 256 tokens/],
                [{ prompt: Int32Array.of(1_000_000), maxTokens: 1 }, /no token 1000000/],
                [{ prompt, maxTokens: 1, edit: 2 }, /edit 2, but there are 2 edits/],
                [{ prompt, maxTokens: -1 }, /cannot have -1 tokens/],
                [{ prompt, maxTokens: 1, reuse: -1 }, /`reuse` takes a whole number of tokens from 0, not -1/],
                [{ prompt, maxTokens: 1, reuse: 2.5 }, /not 2\.5/],
                [{ prompt, maxTokens: 1, reuse: NaN }, /not NaN/],
            ] as const)
                await expect(batching.ask(wrong)).rejects.toMatchObject({
                    code: 'WRONG_USE',
                    message: expect.stringMatching(why) as string,
                });
            expect((await batching.ask({ prompt, maxTokens: 3 })).tokens).toHaveLength(3);
        });
        for (const parallel of [0, 65, 1.5])
            await expect(engine.batching({ parallel, requestSize: 64 })).rejects.toMatchObject({ code: 'WRONG_USE' });
    });

    it('are rejected with what a pass fails of, and the next begins another', async () => {
        await withBatching(2, async (batching) => {
            const prompt = await batching.tokenize(prompts[0]!, false);
            const scoring = engine.score([{ language: 'en', prompt: '', response: 'The farmer. '.repeat(200) }]);
            const lost = await Promise.allSettled([1, 2, 3].map(() => batching.ask({ prompt, maxTokens: 5 })));
            for (const one of lost) expect(one).toMatchObject({ status: 'rejected', reason: { code: 'BUSY' } });
            await scoring;
            expect((await batching.ask({ prompt, maxTokens: 5 })).tokens).toHaveLength(5);
        });
    });

    it('fail alone with the batch that they are in: those that wait are answered', async () => {
        await withBatching(2, async (batching) => {
            const prompt = await batching.tokenize(prompts[0]!, false);
            const grown = new Set<number>();
            const asked = [0, 1, 2, 3, 4].map((place) =>
                batching.ask({ prompt, maxTokens: 100, onGrowth: () => grown.add(place) }),
            );
            const ended = Promise.allSettled(asked);
            while (grown.size < 2) await sleep(1);
            passesOf(engine).context.abort(); // the batch under way, which is what a failing one does
            const results = await ended;
            expect(results.map(({ status }) => status).sort()).toEqual([
                'fulfilled',
                'fulfilled',
                'fulfilled',
                'rejected',
                'rejected',
            ]);
            expect(batching.open).toBe(0);
            expect((await batching.ask({ prompt, maxTokens: 5 })).tokens).toHaveLength(5);
        });
    });

    it('that are open when it is closed are answered, or told that they are not; then the engine is free', async () => {
        const batching = await engine.batching({ edits, parallel: 2, requestSize: 256 });
        const prompt = await batching.tokenize(prompts[0]!, false);
        const asked = [1, 2, 3].map(() => batching.ask({ prompt, maxTokens: 20 }));
        await expect(engine.score([])).rejects.toMatchObject({ code: 'BUSY' });
        await batching.close();
        for (const answer of await Promise.all(asked)) expect(answer.tokens).toHaveLength(20);
        await expect(batching.ask({ prompt, maxTokens: 1 })).rejects.toMatchObject({ code: 'CLOSED' });

        const other = await engine.batching({ edits, parallel: 2, requestSize: 256 });
        const lost = [1, 2, 3].map(() => other.ask({ prompt, maxTokens: 200 }));
        const ended = Promise.allSettled(lost);
        await other.close({ stop: true });
        for (const one of await ended) expect(one).toMatchObject({ status: 'rejected', reason: { code: 'ABORTED' } });
        expect((await engine.score([{ language: 'en', prompt: '', response: 'The farmer' }])).tokens).toBeGreaterThan(
            0,
        );
    });
});

it('a model without a vocabulary is refused in one line', async () => {
    const bare = join(folder, 'lfm2.gguf');
    writeLfm2(bare, 'rarra', 96);
    using other = await MeasuredEngine.open({ model: bare, gpu: 'off', windowSize: 64 });
    await expect(other.batching({ parallel: 2, requestSize: 64 })).rejects.toMatchObject({
        code: 'UNSUPPORTED',
        message: expect.stringMatching(/no vocabulary/) as string,
    });
});

describe('log-probabilities', () => {
    it('of a prompt are those of the logits, whatever is computed beside it, and the likeliest ones too', async () => {
        await withBatching(8, async (batching) => {
            const asked = await Promise.all(prompts.map((text) => batching.tokenize(text, false)));
            const [, ...answers] = await Promise.all([
                batching.ask({ prompt: asked[0]!, maxTokens: 60 }),
                ...asked.map((prompt) =>
                    batching.ask({
                        prompt,
                        maxTokens: 0,
                        edit: 1,
                        logProbabilities: { prompt: true, answer: true, likeliest: 3 },
                    }),
                ),
            ]);
            await batching.close();
            for (const [place, { request, tokens, promptLogProbabilities, ...answer }] of answers.entries()) {
                const { prompt } = request;
                expect([...tokens, ...answer.logProbabilities]).toEqual([]);
                const logits = await engine.logits(asked[place]!, { edit: edits[1] });
                const vocabulary = logits.length / prompt.length;
                expect(promptLogProbabilities.map(({ token }) => token)).toEqual([...prompt.subarray(1)]);
                for (const [i, { token, logProbability, likeliest }] of promptLogProbabilities.entries()) {
                    const row = logits.subarray(i * vocabulary, (i + 1) * vocabulary);
                    const sum = Math.log(row.reduce((total, x) => total + Math.exp(x - row[token]!), 0));
                    expect(logProbability).toBeCloseTo(-sum, 4);
                    const best = Array.from(row.keys()).sort((a, b) => row[b]! - row[a]! || a - b);
                    expect(likeliest.map((one) => one.token)).toEqual(best.slice(0, 3));
                    expect(likeliest[0]!.logProbability).toBeGreaterThanOrEqual(logProbability);
                }
            }
        });
    });

    it('of scored prompts and answers beside growing ones are those that each has alone', async () => {
        const logProbabilities = { prompt: true, answer: true, likeliest: 2 };
        const mixed = await withBatching(16, async (batching) => {
            const tokens = await Promise.all(prompts.map((text) => batching.tokenize(text, false)));
            // Scores of short and long prompts, with and without an answer, beside answers that grow for several steps.
            const requests = Array.from({ length: 80 }, (_, i): AnswerRequest => {
                const whole = tokens[i % tokens.length]!;
                const prompt = whole.subarray(0, 2 + (i % (whole.length - 1)));
                if (i % 5 < 3) return { prompt, maxTokens: 20 + i, edit: i % 2, promptNumber: i };
                if (i % 5 === 3) return { prompt, maxTokens: 0, logProbabilities };
                return { prompt, maxTokens: i % 12, temperature: 1, seed: i, logProbabilities };
            });
            const together = await Promise.all(
                requests.map(async (request, i) => {
                    await sleep(3 * (i % 40));
                    return batching.ask(request);
                }),
            );
            const alone: TokenAnswer[] = [];
            for (const request of requests) alone.push(await batching.ask(request));
            return { together, alone };
        });
        const rounded = (list: readonly TokenLogProbability[]): unknown =>
            list.map(({ token, logProbability }) => [token, expect.closeTo(logProbability, 4) as number]);
        for (const [i, { tokens, end, logProbabilities, promptLogProbabilities }] of mixed.alone.entries()) {
            const beside = mixed.together[i]!;
            expect([beside.tokens, beside.end]).toEqual([tokens, end]);
            const pairs = [...beside.promptLogProbabilities, ...beside.logProbabilities].map((one) => [
                one.token,
                one.logProbability,
            ]);
            expect(pairs).toEqual(rounded([...promptLogProbabilities, ...logProbabilities]));
        }
    });

    it('of an answer are those that it has when it is read as a prompt', async () => {
        await withBatching(4, async (batching) => {
            const prompt = await batching.tokenize(prompts[0]!, false);
            const logProbabilities = { prompt: true, answer: true, likeliest: 2 };
            const said = await batching.ask({ prompt, maxTokens: 12, temperature: 1, logProbabilities });
            const whole = Int32Array.from([...said.request.prompt, ...said.tokens]);
            const read = await batching.ask({ prompt: whole, maxTokens: 0, logProbabilities });
            expect(said.logProbabilities.map(({ token }) => token)).toEqual([...said.tokens]);
            for (const [i, one] of [...said.promptLogProbabilities, ...said.logProbabilities].entries()) {
                expect(one.logProbability).toBeCloseTo(read.promptLogProbabilities[i]!.logProbability, 4);
                expect(one.likeliest[0]!.token).toBe(read.promptLogProbabilities[i]!.likeliest[0]!.token);
            }
        });
    });
});

describe('edits that requests bring', () => {
    /** The pass of `edits` with places for as many of the requests' own. */
    async function withOwn<T>(ownEdits: number, work: (batching: ContinuousBatching) => Promise<T>): Promise<T> {
        const batching = await engine.batching({ edits, ownEdits, parallel: 4, requestSize: 256 });
        try {
            return await work(batching);
        } finally {
            await batching.close({ stop: true });
        }
    }
    const every = (n: number): TextEdit & object => ({
        factors: engine.sites.map(({ width }) => Float32Array.from({ length: width }, (_, j) => (j % n ? 1 : 0))),
    });

    it('give what they give as edits of the pass, one after another where places are few', async () => {
        const [, expected] = await generated({ maxTokens: 20 });
        const texts = await withOwn(1, (batching) =>
            Promise.all(
                prompts.map(async (text, i) => {
                    const ownEdit = every(i === 0 ? 7 : 7 + i); // each an edit of its own
                    const answer = await batching.ask({
                        prompt: await batching.tokenize(text, false),
                        maxTokens: 20,
                        ownEdit,
                    });
                    return batching.texts.textOf(answer.tokens);
                }),
            ),
        );
        expect(texts[0]).toBe(expected![0]);
        expect(texts.slice(1)).not.toEqual(expected!.slice(1));
    });

    it('fail alone where the model does not take one', async () => {
        const expected = (await generated({ maxTokens: 20 })).flat();
        await withOwn(1, async (batching) => {
            const prompt = await batching.tokenize(prompts[0]!, false);
            const asked = [undefined, { factors: [new Float32Array(3)] }, every(7)].map((ownEdit) =>
                batching.ask({ prompt, maxTokens: 20, ownEdit }).then(
                    ({ tokens }) => batching.texts.textOf(tokens),
                    (cause: { readonly code: string }) => cause.code,
                ),
            );
            expect(await Promise.all(asked)).toEqual([expected[0], 'WRONG_USE', expected[prompts.length]]);
        });
    });

    it.each([true, false])('end with the pass, those that wait for a place too; stopped: %s', async (stop) => {
        await withOwn(1, async (batching) => {
            const prompt = await batching.tokenize(prompts[0]!, false);
            const asked = [3, 4, 5].map((n) =>
                batching.ask({ prompt, maxTokens: 200, ownEdit: every(n) }).then(
                    ({ end }) => end,
                    (cause: { readonly code: string }) => cause.code,
                ),
            );
            await sleep(30);
            await batching.close({ stop });
            const ends = stop ? ['ABORTED'] : ['stop', 'length'];
            for (const end of await Promise.all(asked)) expect(ends).toContain(end);
            expect(batching.open).toBe(0);
        });
    });

    it('of a pass that fails before it computes anything are all rejected', async () => {
        await withOwn(1, async (batching) => {
            const prompt = await batching.tokenize(prompts[0]!, false);
            const { context } = passesOf(engine);
            const relay = context.relay.bind(context);
            context.relay = () => Promise.reject(new Error('no memory'));
            const asked = [3, 4, 5].map((n) => batching.ask({ prompt, maxTokens: 4, ownEdit: every(n) }));
            const ends = await Promise.allSettled(asked);
            context.relay = relay;
            expect(ends.map(({ status }) => status)).toEqual(Array(3).fill('rejected'));
            expect(batching.open).toBe(0);
            expect((await batching.ask({ prompt, maxTokens: 4 })).tokens).toHaveLength(4);
        });
    });
});
