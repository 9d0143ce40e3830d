import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { AffineEdit, EditsByToken, TextEdit } from '../../src/engine/types/edits.js';
import type { EditCapacity } from '../../src/engine/loading/editSlots.js';
import type { GeneratedAnswer, Prompt, ScoreResult } from '../../src/engine/types/engineTypes.js';
import { MeasuredEngine, type MeasuredOptions } from '../helpers/MeasuredEngine.js';
import { neuronsAt } from '../../src/engine/types/Site.js';
import { silent } from '../../src/support/progress.js';
import { writeLfm2 } from '../helpers/hybridModels.js';
import { embeddedModel } from '../helpers/models.js';
import { udhrSamples } from '../helpers/texts.js';
import { outOfMemory, watchContexts } from '../helpers/watchedModel.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

const folder = temporaryFolder();

const engines: MeasuredEngine[] = [];
const open = async (more: Partial<MeasuredOptions> = {}): Promise<MeasuredEngine> => {
    const engine = await MeasuredEngine.open({ model: embeddedModel, gpu: 'off', threads: 1, ...more });
    engines.push(engine);
    return engine;
};
afterEach(() => {
    vi.restoreAllMocks();
    engines.splice(0).forEach((engine) => engine.close());
});

/** Edits of which no two do the same; `offsets` is what is added beside. */
function editsOf(engine: MeasuredEngine, count: number, offsets = 0): AffineEdit[] {
    const all = (valueOf: (neuron: number) => number): Float32Array[] =>
        engine.sites.map((site) => Float32Array.from({ length: neuronsAt(site) }, (_, neuron) => valueOf(neuron)));
    return Array.from({ length: count }, (_, k) => ({
        factors: all((neuron) => (neuron % (count + 1) === k ? 0 : 1)),
        ...(offsets === 0 ? {} : { offsets: all((neuron) => (neuron % (count + 1) === k ? offsets : 0)) }),
    }));
}

const texts = ['The farmer', 'Rosa has 12 chairs', 'Jeder hat das Recht'];
const promptsFor = (edits: readonly TextEdit[]): Prompt[] =>
    texts.flatMap((text, id) => edits.map((_, edit) => ({ text, id, edit })));

async function answersOf(engine: MeasuredEngine, edits: readonly TextEdit[]): Promise<GeneratedAnswer[]> {
    const answers: GeneratedAnswer[] = [];
    for await (const answer of engine.generate(promptsFor(edits), { edits, maxTokens: 12, ignoreEnd: true }))
        answers.push(answer);
    return answers;
}

describe('an engine that was opened with a path alone', () => {
    const ways: [string, number, number][] = [1, 3, 40].flatMap((count) => [
        [`${count} edits`, count, 0],
        [`${count} edits with offsets`, count, 0.25],
    ]);
    it.each(ways)('gives with %s what one gives that held them from the beginning', async (_, count, offsets) => {
        const samples = await udhrSamples(['en', 'de'], '28-28');
        const results = async (engine: MeasuredEngine): Promise<unknown[]> => {
            const edits = editsOf(engine, count, offsets);
            const apart: EditsByToken = { edits: [undefined, edits[0]], at: (position) => position % 2 };
            return [
                await answersOf(engine, edits),
                await engine.score(samples, { edit: edits.at(-1) }),
                await engine.score(samples, { edit: apart }),
                await engine.logits('The farmer', { edit: apart }),
                await engine.count(samples),
                await answersOf(engine, [undefined, ...edits]),
            ];
        };
        const contexts = await watchContexts();
        const [fresh, prepared] = [
            await open(),
            await open({ capacity: { edits: count + 1, offsets: offsets !== 0 } }),
        ];
        expect(contexts).toHaveLength(2);
        expect(await results(fresh)).toEqual(await results(prepared));
    });

    it('keeps what it has grown to, and takes no new context for less', async () => {
        const contexts = await watchContexts();
        const engine = await open();
        const samples = await udhrSamples(['en'], '28-28');
        const [edit] = editsOf(engine, 1, 0.5);
        const score = await engine.score(samples, { edit });
        expect(contexts).toHaveLength(2);
        expect(() => contexts[0]!.sites()).toThrow(expect.objectContaining({ code: 'CLOSED' }));
        expect(await engine.score(samples, { edit })).toEqual(score);
        await engine.score(samples);
        await engine.count(samples);
        expect(contexts).toHaveLength(2);
        expect(await engine.stepDown()).toBe(true);
        await engine.score(samples, { edit });
        expect(contexts).toHaveLength(3); // the smaller one holds as much
    });

    it('lays out the cache and makes space for edits by one context', async () => {
        const asked: EditCapacity[] = [];
        await watchContexts(({ edits, offsets }) => void asked.push({ edits, offsets }));
        const engine = await open({ contextSize: 2048 });
        await answersOf(engine, editsOf(engine, 5));
        expect(asked).toEqual([
            { edits: 1, offsets: false },
            { edits: 5, offsets: false },
        ]);
    });

    it('grows a cache that cannot be divided, too', async () => {
        const model = join(folder, 'hybrid.gguf');
        writeLfm2(model, 'rarra', 64);
        const [fresh, prepared] = [await open({ model }), await open({ model, capacity: { edits: 6, offsets: true } })];
        const tokens = Int32Array.from({ length: 300 }, (_, i) => (7 * i) % 60);
        for (const offsets of [0, 0.5]) {
            const edits = editsOf(fresh, 6, offsets);
            const edit = { edits, at: (position: number) => position % 6 };
            const scoreOf = (engine: MeasuredEngine): Promise<ScoreResult> =>
                engine.score([{ tokens, promptLength: 10, characters: 0 }], { edit });
            const score = await scoreOf(fresh);
            expect(score).toEqual(await scoreOf(prepared));
            expect(score.tokens).toBeGreaterThan(250);
        }
    });
});

describe('a pass that is aborted while its edit is set', () => {
    const passes: Record<string, (engine: MeasuredEngine, edit: TextEdit, signal?: AbortSignal) => Promise<unknown>> = {
        score: async (engine, edit, signal) =>
            engine.score(await udhrSamples(['en'], '28-28'), { edit, ...(signal !== undefined && { signal }) }),
        generate: async (engine, edit, signal) => {
            const answers: GeneratedAnswer[] = [];
            const prompts = texts.map((text, id) => ({ text, id }));
            for await (const answer of engine.generate(prompts, { edits: [edit], maxTokens: 4, signal }))
                answers.push(answer);
            return answers;
        },
    };
    const names = Object.keys(passes);
    it.each(names.flatMap((left) => names.map((next) => [left, next] as const)))(
        '%s leaves nothing of it to the next %s',
        async (left, next) => {
            const fresh = await open();
            const [one, other] = editsOf(fresh, 2);
            const expected = await passes[next]!(fresh, other);
            const whole = await passes[next]!(await open(), undefined);
            expect(whole).not.toEqual(expected);
            let stop: AbortController | undefined;
            await watchContexts(undefined, () => stop?.abort());
            const engine = await open();
            for (const [edit, result] of [[other, expected] as const, [undefined, whole] as const]) {
                await passes[left]!(engine, undefined); // lays the cache out
                stop = new AbortController();
                await expect(passes[left]!(engine, one, stop.signal)).rejects.toMatchObject({ code: 'ABORTED' });
                expect(stop.signal.aborted).toBe(true);
                stop = undefined;
                expect(await passes[next]!(engine, edit)).toEqual(result);
            }
        },
    );
});

describe('a call that takes more than the engine holds, while answers are generated', () => {
    it('is BUSY and changes nothing; after them it grows', async () => {
        const contexts = await watchContexts();
        const engine = await open();
        const edits = editsOf(engine, 3);
        const alone = await answersOf(engine, edits);
        const samples = await udhrSamples(['en'], '28-28');
        const made = contexts.length;
        const [edit] = editsOf(engine, 1, 0.5);
        let refused = 0;
        const answers: GeneratedAnswer[] = [];
        const refuse = async (): Promise<void> => {
            await expect(engine.score(samples, { edit })).rejects.toMatchObject({ code: 'BUSY' });
            await expect(engine.generate(['x'], { edits: editsOf(engine, 9) }).next()).rejects.toMatchObject({
                code: 'BUSY',
            });
            refused++;
        };
        for await (const answer of engine.generate(promptsFor(edits), { edits, maxTokens: 12, ignoreEnd: true })) {
            answers.push(answer);
            await refuse();
        }
        expect(refused).toBe(9);
        expect(answers).toEqual(alone);
        expect(contexts).toHaveLength(made);
        expect((await engine.score(samples, { edit })).tokens).toBeGreaterThan(0);
        expect(contexts).toHaveLength(made + 1);
    });

    it('waits for the batch of one that was left', async () => {
        const engine = await open();
        const samples = await udhrSamples(['en'], '28-28');
        const [edit] = editsOf(engine, 1, 0.5);
        const score = await engine.score(samples, { edit });
        const other = await open();
        for await (const answer of other.generate(['The', 'A', 'Rosa'], { maxTokens: 40 })) {
            expect(answer.tokens).toBeGreaterThan(0);
            break; // others are still growing
        }
        const stop = new AbortController();
        const stopped = other.count(samples, { signal: stop.signal });
        stop.abort();
        await expect(stopped).rejects.toMatchObject({ code: 'ABORTED' });
        expect(await other.score(samples, { edit })).toEqual(score);
    });
});

describe('where memory does not hold what is asked for', () => {
    /** An engine whose contexts hold so many edits at most, and no offsets. */
    async function limited(most: number): Promise<{ engine: MeasuredEngine; made: EditCapacity[] }> {
        const made: EditCapacity[] = [];
        await watchContexts(({ edits, offsets }) => {
            if (edits > most || offsets) throw outOfMemory();
            made.push({ edits, offsets });
        });
        return { engine: await open(), made };
    }

    it('says so, and the engine is what it was', async () => {
        const { engine } = await limited(3);
        const samples = await udhrSamples(['en'], '28-28');
        const edits = editsOf(engine, 3);
        const before = [await engine.score(samples, { edit: edits[0] }), await answersOf(engine, edits)];
        await expect(engine.score(samples, { edit: editsOf(engine, 1, 0.5)[0] })).rejects.toMatchObject({
            code: 'OUT_OF_MEMORY',
            message: '3 edits at a time, with offsets do not fit into memory: no memory for the compute buffers',
        });
        const four: TextEdit = { edits: [undefined, ...edits], at: () => 3 };
        await expect(answersOf(engine, [four])).rejects.toMatchObject({
            code: 'OUT_OF_MEMORY',
            message: expect.stringContaining('4 edits at a time'),
        });
        await expect(
            engine.batching({ edits: [...edits, undefined], parallel: 2, requestSize: 256 }),
        ).rejects.toMatchObject({ code: 'OUT_OF_MEMORY', message: expect.stringContaining('4 edits at a time') });
        expect([await engine.score(samples, { edit: edits[0] }), await answersOf(engine, edits)]).toEqual(before);
    });

    it('answers under more conditions in groups, each as if it were asked alone', async () => {
        const { engine, made } = await limited(3);
        const edits = editsOf(engine, 8);
        const answers = await answersOf(engine, edits);
        expect(made.slice(1).every(({ edits: held }) => held <= 3)).toBe(true);
        const alone: GeneratedAnswer[] = [];
        for (let first = 0; first < 8; first += 2) {
            const group = await answersOf(engine, edits.slice(first, first + 2));
            alone.push(...group.map((answer) => ({ ...answer, edit: first + answer.edit })));
        }
        expect(answers).toEqual(alone);
    });

    it('is closed where not even what it had can be made again', async () => {
        let fails = false;
        await watchContexts(() => {
            if (fails) throw outOfMemory('nothing is left');
        });
        const engine = await open();
        fails = true;
        const samples = await udhrSamples(['en'], '28-28');
        const refused = engine.score(samples, { edit: editsOf(engine, 1, 0.5)[0] });
        await expect(refused).rejects.toMatchObject({ code: 'OUT_OF_MEMORY', message: 'nothing is left' });
        await expect(engine.count(samples)).rejects.toMatchObject({ code: 'CLOSED' });
    });
});

describe('while an engine grows', () => {
    it.each([undefined, outOfMemory()])('closing it wins, and all that was made is freed: %s', async (failure) => {
        let opened = false;
        let growing = (): void => undefined;
        const begun = new Promise<void>((resolve) => (growing = resolve));
        const contexts = await watchContexts(async ({ offsets }) => {
            if (opened) {
                growing();
                await sleep(20);
            }
            if (offsets && failure !== undefined) throw failure;
        });
        const engine = await open();
        opened = true;
        const samples = await udhrSamples(['en'], '28-28');
        const scoring = engine.score(samples, { edit: editsOf(engine, 1, 0.5)[0] });
        await begun;
        engine.close();
        await expect(scoring).rejects.toMatchObject({ code: 'CLOSED' });
        for (const context of contexts)
            expect(() => context.sites()).toThrow(expect.objectContaining({ code: 'CLOSED' }));
    });

    it.each([
        [0, []],
        [1200, ['making space in memory for 7 edits at a time, with offsets']],
    ])('says so where it takes over a second: %d ms', async (pause, expected) => {
        let opened = false;
        await watchContexts(() => (opened ? sleep(pause) : undefined));
        const notes: string[] = [];
        const engine = await open({ progress: { ...silent, note: (line) => notes.push(line) } });
        opened = true;
        await answersOf(engine, editsOf(engine, 7, 0.5));
        expect(notes).toEqual(expected);
    });
});

describe('continuous batching', () => {
    let samples: Awaited<ReturnType<typeof udhrSamples>>;
    beforeAll(async () => {
        samples = await udhrSamples(['en'], '28-28');
    });

    it('takes its memory when it is opened, not at the first request', async () => {
        const contexts = await watchContexts();
        const engine = await open();
        const edits = editsOf(engine, 4, 0.5);
        const batching = await engine.batching({ edits, parallel: 2, requestSize: 256 });
        const made = contexts.length;
        expect(made).toBe(2);
        const prompt = await batching.tokenize('The farmer', false);
        const { tokens } = await batching.ask({ prompt, edit: 3, maxTokens: 4 });
        expect(tokens.length).toBeGreaterThan(0);
        expect(contexts).toHaveLength(made);
        await batching.close();
        expect((await engine.score(samples)).tokens).toBeGreaterThan(0);
    });
});
