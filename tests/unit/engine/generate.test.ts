import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { NativeBatch, NativeTold } from '../../../src/engine/addon.js';
import { Arrivals } from '../../../src/engine/Arrivals.js';
import {
    generate,
    type GeneratedTokens,
    type GenerationModel,
    type GenerationOptions,
    type GenerationRequest,
} from '../../../src/engine/generate.js';
import type { Growing } from '../../../src/engine/Growing.js';

const end = 0;

/** What the model holds of a token after a state. */
const logProbabilityOf = (state: number, token: number): number => -((state * 7 + token * 13) % 101) / 10;

/**
 * A model whose next token follows from all tokens before it, and a KV cache that refuses what
 * llama.cpp would: a gap, a sequence in use begun again, more cells than there are.
 */
class Machine implements GenerationModel {
    steps = 0;
    /** Lists of tokens in each call of `detokenize`. */
    readonly asked: number[] = [];
    tokens = 0;
    full = 0;
    readonly #sequences = new Map<number, { cell: number; token: number }[]>();
    #cell = 0;

    constructor(readonly options: GenerationOptions) {}

    readonly detokenize: GenerationModel['detokenize'] = (lists) => {
        this.asked.push(lists.length);
        return Promise.resolve(lists.map(textOf));
    };

    readonly sample: GenerationModel['sample'] = (batch, draws) => {
        const { rows, sequences, uniforms, steps, ends, temperatures, asked } = draws;
        const all: number[] = [];
        const told = { asked: new ToldRows(asked?.likeliest), drawn: new ToldRows(asked?.likeliest) };
        for (let step = 0, next = batch, from = rows; step < steps; step++) {
            const states = this.#step(next, step === 0 ? (asked?.rows.length ?? 0) : 0);
            const drawn = Array.from(from, (row, i) => {
                const chance = temperatures[i] === 0 ? 0 : Math.floor(uniforms[step * rows.length + i]! * 5);
                const token = (states[row]! + chance) % 12; // now and then the end
                if (asked?.entries[i] === 1) told.drawn.add(states[row]!, token);
                return token;
            });
            if (step === 0) asked?.rows.forEach((row, i) => told.asked.add(states[row]!, asked.targets[i]!));
            all.push(...drawn);
            if (rows.length === 0 || drawn.some((token) => ends.includes(token))) break;
            const positions = Int32Array.from(from, (row) => next.positions[row]! + 1);
            next = {
                ...next,
                tokens: Int32Array.from(drawn),
                positions,
                sequences,
                finished: new Int32Array(),
                trimmed: new Int32Array(),
                moved: new Int32Array(),
                shared: new Int32Array(),
            };
            from = Int32Array.from(rows.keys());
        }
        return Promise.resolve({
            tokens: Int32Array.from(all),
            asked: told.asked.done(),
            drawn: told.drawn.done(),
        });
    };

    /** Streams given to prompts of which no token has fitted into a batch yet: at most where this one is full. */
    #waiting(batch: NativeBatch, told: number): number {
        const full = batch.tokens.length === this.options.batchSize || told >= (this.options.mostTold ?? Infinity);
        return full ? this.options.sequences : 0;
    }

    /** @returns what follows each token of the batch from, as a number */
    #step(batch: NativeBatch, told: number): number[] {
        this.steps++;
        this.tokens += batch.tokens.length;
        this.full += batch.tokens.length === this.options.batchSize ? 1 : 0;
        expect(batch.tokens.length).toBeGreaterThan(0);
        expect(batch.tokens.length).toBeLessThanOrEqual(this.options.batchSize);
        for (const id of batch.finished) expect(this.#sequences.delete(id)).toBe(true);
        for (let pair = 0; pair < batch.trimmed.length; pair += 2) {
            const sequence = this.#sequences.get(batch.trimmed[pair]!)!;
            expect(sequence.length).toBeGreaterThan(batch.trimmed[pair + 1]!);
            sequence.length = batch.trimmed[pair + 1]!;
        }
        for (let pair = 0; pair < batch.moved.length; pair += 2) {
            const [from, to] = [batch.moved[pair]!, batch.moved[pair + 1]!];
            expect(this.#sequences.has(to)).toBe(false);
            const moved = this.#sequences.get(from);
            if (moved !== undefined) this.#sequences.set(to, moved);
            this.#sequences.delete(from);
        }
        if (this.options.streams === true) {
            expect([...batch.sequences]).toEqual([...batch.sequences].sort((a, b) => a - b));
            // Growing or beginning, those in use are the lowest ones.
            const used = new Set([...this.#sequences.keys(), ...batch.sequences]);
            expect(Math.max(...used)).toBeLessThan(used.size + this.#waiting(batch, told));
            for (const sequence of this.#sequences.values())
                expect(sequence.length).toBeLessThanOrEqual(Math.floor(this.options.cells / this.options.sequences));
        }
        const behind: number[][] = [];
        for (const [i, token] of batch.tokens.entries()) {
            const others = Array.from({ length: batch.shared.length / 2 }, (_, pair) => pair)
                .filter((pair) => batch.shared[2 * pair] === i)
                .map((pair) => batch.shared[2 * pair + 1]!);
            const cell = this.#cell++;
            for (const id of [batch.sequences[i]!, ...others]) {
                expect(id).toBeLessThan(this.options.sequences);
                if (batch.positions[i] === 0) {
                    expect(this.#sequences.has(id)).toBe(false);
                    this.#sequences.set(id, []);
                }
                const sequence = this.#sequences.get(id)!;
                expect(batch.positions[i]).toBe(sequence.length);
                sequence.push({ cell, token });
            }
            behind.push(this.#sequences.get(batch.sequences[i]!)!.map((one) => one.token));
        }
        const cells = new Set([...this.#sequences.values()].flatMap((sequence) => sequence.map((one) => one.cell)));
        expect(cells.size).toBeLessThanOrEqual(this.options.cells);
        return behind.map((tokens) => tokens.reduce((sum, token) => (sum * 31 + token) % 9973, 7));
    }
}

/** Log-probabilities as the addon gives them. */
class ToldRows {
    readonly #targets: number[] = [];
    readonly #likeliest: number[] = [];
    readonly #ofLikeliest: number[] = [];

    constructor(readonly count = 0) {}

    add(state: number, token: number): void {
        this.#targets.push(logProbabilityOf(state, token));
        for (let i = 0; i < this.count; i++) {
            this.#likeliest.push((state + i) % 50);
            this.#ofLikeliest.push(logProbabilityOf(state, (state + i) % 50));
        }
    }

    done(): NativeTold {
        return {
            targets: Float64Array.from(this.#targets),
            likeliest: Int32Array.from(this.#likeliest),
            ofLikeliest: Float64Array.from(this.#ofLikeliest),
        };
    }
}

async function all(
    requests: readonly GenerationRequest[],
    options: GenerationOptions,
): Promise<{ answers: GeneratedTokens[]; machine: Machine }> {
    const machine = new Machine(options);
    const answers: GeneratedTokens[] = [];
    for await (const answer of generate(requests, options, machine)) answers.push(answer);
    return { answers, machine };
}

/** Each token is a letter. */
function textOf(tokens: Int32Array): string {
    return String.fromCharCode(...tokens.map((token) => 'a'.charCodeAt(0) + token));
}

const byPlace = (answers: readonly GeneratedTokens[]): GeneratedTokens[] =>
    answers.toSorted((a, b) => a.request.id - b.request.id || a.answer - b.answer);
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
            const options = { ...choice, temperature: 1, endTokens: new Set([end]) };
            const requests = list.map(({ prompt }, id) => ({ id, prompt: Int32Array.from(prompt), answers: 1 }));
            const { answers } = await all(requests, { ...options, streams: true, cells: 32 * choice.sequences });
            expect(byPlace(answers)).toEqual(byPlace((await all(requests, options)).answers));
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
                    endTokens: new Set([end]),
                    ...(streams ? { streams, cells: 32 * choice.sequences } : {}),
                };
                const requests = list.map(({ prompt, answers }, id) => ({
                    id,
                    prompt: Int32Array.from(prompt),
                    answers: streams ? 1 : answers,
                }));
                const { answers } = await all(requests, options);
                const drafted = requests.map((request) => {
                    const draft = [...answers.find((answer) => answer.request.id === request.id)!.tokens];
                    for (const { at, remove, put } of edits) draft.splice(at, remove, ...put);
                    return { ...request, draft: Int32Array.from(draft) };
                });
                const { answers: found } = await all(drafted, options);
                const told = ({ request: { id }, answer, tokens, end: why }: GeneratedTokens): unknown => ({
                    id,
                    answer,
                    tokens,
                    why,
                });
                expect(byPlace(found).map(told)).toEqual(byPlace(answers).map(told));
                for (const { tried, held } of found) expect(held).toBeLessThanOrEqual(tried);
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
        endTokens: new Set([end]),
    };
    const ask = async (draft?: readonly number[]): Promise<{ answers: GeneratedTokens[]; machine: Machine }> =>
        all(
            [
                {
                    id: 0,
                    prompt: Int32Array.of(3, 1),
                    answers: 1,
                    ...(draft === undefined ? {} : { draft: Int32Array.from(draft) }),
                },
            ],
            options,
        );
    const {
        answers: [plain],
        machine: alone,
    } = await ask();
    const right = [...plain!.tokens];
    expect(right.length).toBeGreaterThan(12);
    expect(alone.steps).toBe(right.length + (plain!.end === 'stop' ? 1 : 0));
    const {
        answers: [found],
        machine,
    } = await ask(right);
    expect(found).toMatchObject({ tried: right.length, held: right.length });
    expect(machine.steps).toBeLessThan(4);
    const wrong = right.with(5, 99);
    const again = await ask(wrong);
    expect(again.answers[0]!.tokens).toEqual(plain!.tokens);
    expect(again.machine.steps).toBeLessThan(alone.steps / 1.5);
});

it('every answer is the one its prompt gets alone, however it is batched', async () => {
    await fc.assert(
        fc.asyncProperty(prompts, settings, async (list, choice) => {
            const options = { ...choice, temperature: 1, endTokens: new Set([end]) };
            const requests = list.map(({ prompt, answers }, id) => ({ id, prompt: Int32Array.from(prompt), answers }));
            const { answers } = await all(requests, options);
            expect(answers).toHaveLength(list.reduce((sum, one) => sum + one.answers, 0));
            // One after another, in batches of other shapes.
            const { answers: alone } = await all(requests, { ...options, batchSize: 6, sequences: 3, cells: 60 });
            expect(byPlace(answers)).toEqual(byPlace(alone));
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
        id: i,
        prompt: Int32Array.from({ length: 40 }, (_, j) => 1 + ((i * j) % 50)),
        answers: 4,
    }));
    const { answers, machine } = await all(requests, {
        maxTokens: 20,
        seed: 1,
        temperature: 1,
        endTokens: new Set([-1]),
        batchSize: 64,
        sequences: 16,
        cells: 2000,
    });
    expect(answers).toHaveLength(120);
    expect(machine.tokens).toBe(30 * 40 + 120 * 19); // the last token drawn is not decoded
    // 161 steps; 150 are as many as keep all sequences busy.
    expect(machine.steps).toBeLessThan(2.2 * (120 / 16) * 20);
});

it('an answer ends with the token that completes a stop, and is else as without any', async () => {
    const requests = Array.from({ length: 20 }, (_, id) => ({
        id,
        prompt: Int32Array.of(1 + (id % 7), 2, id),
        answers: 2,
    }));
    const options = {
        maxTokens: 60,
        seed: 3,
        temperature: 1,
        endTokens: new Set([end]),
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
    const expected = byPlace(whole).map(({ tokens, end: why }) => {
        const textUpTo = (i: number): string => textOf(tokens.subarray(0, i + 1));
        const until = [...tokens.keys()].find((i) => stops.some((stop) => textUpTo(i).endsWith(stop)));
        return until === undefined ? [[...tokens], why] : [[...tokens.subarray(0, until + 1)], 'stop'];
    });
    expect(byPlace(stopped.answers).map(({ tokens, end: why }) => [[...tokens], why])).toEqual(expected);
    expect(byPlace(stopped.answers)).not.toEqual(byPlace(whole));
});

it('asks for texts once a step, of the answers that have stops alone', async () => {
    const requests = Array.from({ length: 12 }, (_, id) => ({
        id,
        prompt: Int32Array.of(1, 2, 3),
        answers: 1,
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
    const { machine } = await all(requests, options);
    expect(machine.asked).toEqual(Array<number>(machine.steps).fill(6));
    const { machine: without } = await all(
        requests.map((request) => ({ ...request, stops: [] })),
        options,
    );
    expect(without.asked).toEqual([]);
});

/** A request of a server's client; `gone`: it is given up when it has so many tokens. */
const served = fc.record({
    prompt: fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 14 }),
    maxTokens: fc.integer({ min: 0, max: 14 }),
    temperature: fc.constantFrom(0, 1),
    seed: fc.nat(5),
    stops: fc.constantFrom([], [], ['dd', 'ef']),
    telling: fc.option(
        fc.record({ prompt: fc.boolean(), answer: fc.boolean(), likeliest: fc.integer({ min: 0, max: 4 }) }),
        { nil: undefined },
    ),
    draft: fc.option(fc.array(fc.integer({ min: 1, max: 11 }), { maxLength: 6 }), { nil: undefined, freq: 2 }),
    gone: fc.option(fc.integer({ min: 1, max: 8 }), { nil: undefined, freq: 5 }),
    comes: fc.nat(12),
});

it('scored prompts, log-probabilities, plain and seeded answers: each result is the one it has alone', async () => {
    await fc.assert(
        fc.asyncProperty(
            fc.array(served, { minLength: 1, maxLength: 14 }),
            settings,
            fc.boolean(),
            fc.integer({ min: 1, max: 20 }),
            async (list, choice, streams, mostTold) => {
                const options = { ...choice, temperature: 1, endTokens: new Set([end]), mostTold };
                const layout = streams ? { streams, cells: 32 * choice.sequences } : {};
                const requests = list.map(({ prompt, gone, comes, draft, ...request }, id) => {
                    const leaving = new AbortController();
                    const { signal } = leaving;
                    return {
                        ...request,
                        id,
                        prompt: Int32Array.from(prompt),
                        answers: 1,
                        ...(draft === undefined ? {} : { draft: Int32Array.from(draft) }),
                        gone,
                        comes,
                        leaving,
                        signal,
                    };
                });
                const wanted = async ({ signal: _, ...request }: (typeof requests)[number]): Promise<unknown> =>
                    resultOf((await all([request], options)).answers[0]!);
                const alone = await Promise.all(requests.map(wanted));

                const arrivals = new Arrivals<(typeof requests)[number]>();
                let step = 0;
                const arrive = (): void => {
                    for (const request of requests) if (request.comes === step) arrivals.push(request);
                    if (++step > 12) arrivals.close();
                };
                arrive();
                const feeding = setInterval(arrive, 0); // where nothing grows, time passes all the same
                const found = new Map<number, unknown>();
                const machine = new Machine({ ...options, ...layout });
                const growing = {
                    ...machine.options,
                    pace: 30,
                    onGrowth: (grown: readonly Growing<(typeof requests)[number]>[]): Promise<void> => {
                        for (const { started, tokens } of grown) {
                            const { gone = Infinity, leaving } = started.request;
                            if (tokens.length >= gone) leaving.abort();
                        }
                        arrive();
                        return Promise.resolve();
                    },
                };
                try {
                    for await (const answer of generate(arrivals, growing, machine))
                        found.set(answer.request.id, resultOf(answer));
                } finally {
                    clearInterval(feeding);
                }
                for (const { id, signal } of requests)
                    if (!signal.aborted || found.has(id)) expect(found.get(id)).toEqual(alone[id]);
            },
        ),
        { numRuns: 150 },
    );
});

function resultOf({ tokens, end: why, toldOfPrompt, told }: GeneratedTokens): unknown {
    return { tokens, why, toldOfPrompt, told };
}

it('refuses a prompt without room in one line', async () => {
    const options = {
        maxTokens: 50,
        seed: 1,
        temperature: 0,
        endTokens: new Set([end]),
        batchSize: 8,
        sequences: 4,
        cells: 100,
    };
    const code = async (request: GenerationRequest): Promise<unknown> =>
        all([request], options).then(
            () => 'done',
            (error: { code: string; message: string }) => error,
        );
    expect(await code({ id: 0, prompt: new Int32Array(60), answers: 1 })).toMatchObject({
        code: 'WRONG_USE',
        message: expect.stringContaining('110 cells'),
    });
    expect(await code({ id: 0, prompt: new Int32Array(3), answers: 5 })).toMatchObject({
        code: 'WRONG_USE',
        message: expect.stringContaining('sequences'),
    });
    expect(await code({ id: 0, prompt: new Int32Array(0), answers: 1 })).toMatchObject({ code: 'WRONG_USE' });
});
