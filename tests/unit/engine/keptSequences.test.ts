import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LanguageNeuronsError } from '../../../src/errors.js';
import type { AnswerRequest, TokenAnswer } from '../../../src/engine/scheduler/AnswerRequest.js';
import { CacheCapacity } from '../../../src/engine/scheduler/CacheCapacity.js';
import { generate, type GenerationModel } from '../../../src/engine/scheduler/generate.js';
import { CachedPrompt } from '../../../src/engine/scheduler/Sequence.js';
import { Scheduler, type SchedulerOptions } from '../../../src/engine/scheduler/Scheduler.js';
import type { TextEdit } from '../../../src/engine/types/edits.js';
import { SimulatedModel } from '../../helpers/simulatedModel.js';

const quiet = { factors: [] };
/** The whole model, one edited throughout, one edited in its answers alone. */
const conditions: readonly TextEdit[] = [
    undefined,
    quiet,
    { edits: [undefined, quiet], at: (position, promptLength) => (position < promptLength ? 0 : 1) },
];
const common = {
    endTokens: new Set([0]),
    editAt: (edit: number, position: number, promptLength: number) =>
        edit === 1 || (edit === 2 && position >= promptLength) ? 1 : 0,
    conditionOf: (edit: number): TextEdit => conditions[edit],
};

function optionsOf(layout: SchedulerOptions['layout'], batchSize = 16): SchedulerOptions {
    return { ...common, batchSize, layout, cache: new CacheCapacity(layout, { keeps: true }) };
}

async function answered(
    options: SchedulerOptions,
    model: GenerationModel,
    request: AnswerRequest,
): Promise<TokenAnswer> {
    for await (const answer of generate(new Scheduler([request], options), model)) return answer;
    throw new Error('no answer');
}

const shared = { cells: 60, sequences: 3, streams: false };
const prompt = Int32Array.from([1, 2, 3, 4, 5, 6]);

describe('a prompt that begins as an earlier one', () => {
    it('goes on from it and from its answer: neither is computed again', async () => {
        const options = optionsOf(shared);
        const model = new SimulatedModel(options);
        const first = await answered(options, model, { prompt, maxTokens: 4 });
        expect(first.cached).toBe(0);
        const said = first.tokens.slice(0, 3); // the last one that was drawn was never computed
        const before = model.tokens;
        const next = Int32Array.from([...prompt, ...said, 9, 8]);
        const second = await answered(options, model, { prompt: next, maxTokens: 1 });
        expect(second.cached).toBe(prompt.length + said.length);
        expect(model.tokens - before).toBe(2);
    });

    it('computes its last token anew, which answers are drawn after', async () => {
        const options = optionsOf(shared);
        const model = new SimulatedModel(options);
        const first = await answered(options, model, { prompt, maxTokens: 4 });
        const again = await answered(options, model, { prompt, maxTokens: 4 });
        expect(again.cached).toBe(prompt.length - 1);
        expect(again.tokens).toEqual(first.tokens);
    });

    it('is read from where its tokens, or their edits, part', async () => {
        const options = optionsOf(shared);
        const model = new SimulatedModel(options);
        const { tokens } = await answered(options, model, { prompt, maxTokens: 4, edit: 2 });
        const next = Int32Array.from([...prompt, ...tokens, 9]);
        // What was the edited answer is the prompt of the next turn, which condition 2 does not edit.
        const kept = await answered(options, model, { prompt: next, maxTokens: 1, edit: 2 });
        expect(kept.cached).toBe(prompt.length);
        expect((await answered(options, model, { prompt: next, maxTokens: 1, edit: 1 })).cached).toBe(0);
    });

    it('is read whole where the request says so, or asks for the log-probabilities of its prompt', async () => {
        const options = optionsOf(shared);
        const model = new SimulatedModel(options);
        await answered(options, model, { prompt, maxTokens: 1 });
        expect((await answered(options, model, { prompt, maxTokens: 1, reuse: 0 })).cached).toBe(0);
        expect((await answered(options, model, { prompt, maxTokens: 1, reuse: 4 })).cached).toBe(4);
        const logProbabilities = { prompt: true, answer: false, likeliest: 0 };
        const scored = await answered(options, model, { prompt, maxTokens: 0, logProbabilities });
        expect([scored.cached, scored.promptLogProbabilities.length]).toEqual([0, prompt.length - 1]);
    });

    it('leaves a longer one alone of which it has less than half, while there is another number', async () => {
        const options = optionsOf(shared);
        const model = new SimulatedModel(options);
        const other = Int32Array.from([1, 2, 9, 9]);
        await answered(options, model, { prompt, maxTokens: 1 });
        expect((await answered(options, model, { prompt: other, maxTokens: 1 })).cached).toBe(0);
        expect((await answered(options, model, { prompt, maxTokens: 1 })).cached).toBe(prompt.length - 1);
    });

    it('finds what was kept last, where the cache has no capacity for more', async () => {
        const options = optionsOf({ cells: 20, sequences: 3, streams: false });
        const model = new SimulatedModel(options);
        for (const first of [1, 2, 3])
            // of up to 9 cells each
            await answered(options, model, { prompt: Int32Array.from([first, 2, 3, 4, 5, 6]), maxTokens: 3 });
        const cachedOf = async (first: number): Promise<number> =>
            (await answered(options, model, { prompt: Int32Array.from([first, 2, 3, 4, 5, 6]), maxTokens: 3 })).cached;
        expect(await cachedOf(3)).toBe(5);
        expect(await cachedOf(1)).toBe(0);
    });
});

it('what is kept takes the cells of the tokens that it is known to have, and no more', () => {
    const cache = new CacheCapacity({ cells: 20, sequences: 3, streams: false }, { keeps: true });
    const grown = new CachedPrompt({ prompt, maxTokens: 10 }, cache.reserve({ prompt, maxTokens: 10 })!.ids);
    grown.decoded = prompt.length;
    const [sequence] = grown.sequences;
    sequence!.tokens.push(7, 8, 9);
    sequence!.end = 'stop';
    cache.release(sequence!);
    // Steps may have been computed beyond the end: 6 tokens of the prompt and 2 of the answer are sure.
    expect(cache.changes).toEqual({ finished: [], trimmed: [{ sequence: 0, from: 8 }], moved: [] });
    const other = Int32Array.from([9, 9]);
    expect(cache.reserve({ prompt: other, maxTokens: 10 })).toEqual({ ids: [1], cached: 0 }); // fills the other 12
    expect(cache.changes.finished).toEqual([]);
    expect(cache.reserve({ prompt: other, maxTokens: 1 })).toEqual({ ids: [0], cached: 0 }); // in its place
    expect(cache.changes).toEqual({ finished: [0], trimmed: [], moved: [] });
    expect(cache.reserve({ prompt: other, maxTokens: 4 }), 'what is in use stays').toBeUndefined();
});

const request = fc.record({
    prompt: fc.array(fc.integer({ min: 1, max: 2 }), { minLength: 1, maxLength: 10 }),
    edit: fc.nat(2),
    maxTokens: fc.integer({ min: 0, max: 6 }),
    /** Its prompt is that of the last answer, what was answered, and its own. */
    goesOn: fc.boolean(),
});
/** `stops`: in this batch, before or after the model has done what it says. */
const pass = fc.record({
    requests: fc.array(request, { minLength: 1, maxLength: 4 }),
    stops: fc.option(fc.record({ batch: fc.nat(6), done: fc.boolean() }), { nil: undefined }),
});

it('passes one after another answer as each request is answered alone, also after a stopped one', async () => {
    let reused = 0;
    await fc.assert(
        fc.asyncProperty(fc.array(pass, { minLength: 1, maxLength: 6 }), fc.boolean(), async (passes, streams) => {
            const layout = { cells: streams ? 120 : 70, sequences: 3, streams };
            let options = optionsOf(layout, 12);
            let model = new SimulatedModel(options);
            let said: number[] = [];
            for (const { requests, stops } of passes) {
                if (!options.cache!.isKnown) model = new SimulatedModel((options = optionsOf(layout, 12)));
                let batch = 0;
                const sample: GenerationModel['sample'] = async (...call) => {
                    const stop = batch++ === stops?.batch;
                    const sampled = stop && !stops.done ? undefined : await model.sample(...call);
                    if (!stop) return sampled!;
                    throw new LanguageNeuronsError('ABORTED', 'stopped');
                };
                const list = requests.map(({ prompt, goesOn, ...rest }, promptNumber) => ({
                    ...rest,
                    promptNumber,
                    prompt: Int32Array.from(goesOn && said.length < 16 ? [...said, ...prompt] : prompt),
                }));
                const scheduler = new Scheduler(list, options);
                try {
                    for await (const answer of generate(scheduler, { sample, detokenize: model.detokenize })) {
                        const fresh = { ...optionsOf(layout, 12), cache: undefined };
                        const alone = await answered(fresh, new SimulatedModel(fresh), answer.request);
                        expect({ ...answer, cached: 0 }).toEqual(alone);
                        reused += answer.cached;
                        said = [...answer.request.prompt, ...answer.tokens];
                    }
                } catch (cause) {
                    if (!(cause instanceof LanguageNeuronsError)) throw cause;
                }
            }
        }),
        { numRuns: 200 },
    );
    expect(reused).toBeGreaterThan(0);
});
