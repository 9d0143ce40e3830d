import { join } from 'node:path';
import OpenAI, { APIError } from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileInterventions } from '../../src/interventions/compile.js';
import type { Intervention } from '../../src/interventions/Intervention.js';
import { embeddedModel } from '../helpers/models.js';
import { MeasuredEngine } from '../helpers/MeasuredEngine.js';
import { type RunningServer, startServer } from '../helpers/served.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';
import { writeUnquantized } from '../helpers/unquantized.js';

// Without quantization, rounding does not depend on what is computed beside a token: answers are compared exactly.
const folder = temporaryFolder();
const prompt = 'The farmer';
const maxTokens = 24;
const greedy = { model: 'whole', temperature: 0, max_tokens: maxTokens, prompt } as const;
/** Nine different edits, more than the server holds at once. */
const lists: Intervention[][] = Array.from({ length: 9 }, (_, i) => [
    { neurons: neuronsOf(i % 4, 34), op: 'zero' },
    { neurons: neuronsOf((i + 1) % 4, 9), op: 'add', value: 2 + i / 4, where: i % 2 === 0 ? 'both' : 'response' },
]);
let engine: MeasuredEngine;
let server: RunningServer;
let client: OpenAI;
let expected: { readonly own: string[]; readonly after: string };

function neuronsOf(site: number, step: number): [number, number][] {
    return Array.from({ length: 30 }, (_, i) => [site, i * step]);
}

async function generated(interventions: readonly Intervention[]): Promise<string> {
    const edits = [compileInterventions(interventions, engine)];
    for await (const { text } of engine.generate([{ id: 0, text: prompt }], { edits, maxTokens })) return text;
    throw new Error('no answer');
}

beforeAll(async () => {
    const path = join(folder, 'model.gguf');
    await writeUnquantized(embeddedModel, path);
    engine = await MeasuredEngine.open({ model: path, gpu: 'off', f32Cache: true });
    const own = [];
    for (const list of lists) own.push(await generated(list));
    server = await startServer(engine, { ownInterventions: 3 });
    await server.end();
    const after = await generated([...server.models[1]!.interventions, ...lists[2]!]);
    expected = { own, after };
    server = await startServer(engine, { ownInterventions: 3 });
    client = new OpenAI({ baseURL: server.url, apiKey: 'none', maxRetries: 0 });
});
afterAll(async () => {
    await server.end();
    engine.close();
});

async function answered(interventions: unknown, more: object = {}): Promise<string> {
    const body = { ...greedy, interventions, ...more } as OpenAI.CompletionCreateParamsNonStreaming;
    return (await client.completions.create(body)).choices[0]!.text;
}

async function refusal(interventions: unknown, more: object = {}): Promise<APIError> {
    const cause: unknown = await answered(interventions, more).catch((error: unknown) => error);
    expect(cause).toBeInstanceOf(APIError);
    return cause as APIError;
}

describe('interventions of a request', () => {
    it('give what the engine gives under them, many different ones at once beside the whole model', async () => {
        const whole = await answered(undefined);
        const asked = [...lists, ...lists].map((list) => answered(list));
        const wholes = [answered(null), answered([])];
        expect(await Promise.all(asked)).toEqual([...expected.own, ...expected.own]);
        expect(await Promise.all(wholes)).toEqual([whole, whole]);
        expect(new Set([whole, ...expected.own]).size).toBeGreaterThan(5);
    });

    it('apply after those of a served model, also in a stream and of several answers', async () => {
        const more = { model: 'without-some' };
        expect(await answered(lists[2], more)).toBe(expected.after);
        let text = '';
        const body = { ...greedy, ...more, interventions: lists[2], stream: true as const };
        for await (const { choices } of await client.completions.create(body)) text += choices[0]!.text;
        expect(text).toBe(expected.after);
        const several = { ...greedy, ...more, interventions: lists[2], n: 3 };
        const { choices } = await client.completions.create(several);
        expect(choices.map((choice) => choice.text)).toEqual([expected.after, expected.after, expected.after]);
    });

    it('apply in a chat', async () => {
        const messages = [{ role: 'user' as const, content: 'Rosa has 12 chairs and gives 6 away.' }];
        const asked = (interventions: unknown): Promise<OpenAI.ChatCompletion> =>
            client.chat.completions.create({
                ...{ model: 'whole', temperature: 0, max_tokens: maxTokens, messages },
                interventions,
            } as OpenAI.ChatCompletionCreateParamsNonStreaming);
        const [whole, off] = await Promise.all([asked(undefined), asked(lists[0])]);
        expect(off.choices[0]!.message.content).not.toBe(whole.choices[0]!.message.content);
    });

    it('free their place where the client goes', async () => {
        const gone = lists.slice(0, 3).map(async (list) => {
            const stop = new AbortController();
            const body = { ...greedy, max_tokens: 200, interventions: list, stream: true as const };
            const stream = await client.completions.create(body, { signal: stop.signal });
            for await (const piece of stream) {
                expect(piece.choices).toHaveLength(1);
                stop.abort();
                break;
            }
        });
        await Promise.all(gone);
        expect(await Promise.all(lists.map((list) => answered(list)))).toEqual(expected.own);
    });

    it('are refused where they cannot be', async () => {
        const cases: [interventions: unknown, why: RegExp][] = [
            ['zh', /^400 interventions: /],
            [[{ op: 'zero' }], /names either a language or neurons/],
            [[{ op: 'off', neurons: [[0, 1]] }], /^400 interventions\.0\.op: /],
            [[{ op: 'zero', neurons: [[99, 1]] }], /^400 interventions: intervention 1 \(zero\): /],
            [[{ op: 'zero', language: 'zh' }], /there is no analysis to take the neurons of zh from/],
            [[{ op: 'add', value: 'mean:de', neurons: [[0, 1]] }], /^400 interventions: intervention 1 \(add\): /],
            [
                [
                    { op: 'zero', neurons: [[0, 1]], where: 'prompt' },
                    { op: 'zero', neurons: [[0, 2]], where: { from: 1, to: 2 } },
                ],
                /a request may bring 2; let all interventions have the same `where`$/,
            ],
            [[{ op: 'zero', neurons: Array(16_385).fill([0, 1]) }], /name more than 16384 neurons/],
            [Array(17).fill(lists[0]![0]), /has more than 16 items/],
        ];
        for (const [interventions, why] of cases) {
            const { status, message } = await refusal(interventions);
            expect({ status, message }).toEqual({ status: 400, message: expect.stringMatching(why) as string });
        }
    });

    it('are refused by a server that admits none', async () => {
        await server.end();
        server = await startServer(engine, { ownInterventions: 0 });
        client = new OpenAI({ baseURL: server.url, apiKey: 'none', maxRetries: 0 });
        expect((await refusal(lists[0])).message).toMatch(/^400 requests cannot bring edits/);
        expect(await answered(undefined)).not.toBe(expected.own[0]);
    });
});
