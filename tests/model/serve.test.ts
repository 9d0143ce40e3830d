import { join } from 'node:path';
import OpenAI, { APIError } from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MeasuredEngine } from '../helpers/MeasuredEngine.js';
import { chatTemplate } from '../../src/questions/templates/chatTemplate.js';
import { embeddedModel } from '../helpers/models.js';
import { type RunningServer, startServer } from '../helpers/served.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';
import { writeUnquantized } from '../helpers/unquantized.js';

// Without quantization, rounding does not depend on what is computed beside a token: answers are compared exactly.
const folder = temporaryFolder();
let engine: MeasuredEngine;
let expected: { readonly whole: string[]; readonly edited: string[]; readonly chat: string };
let server: RunningServer;
let client: OpenAI;
const prompts = ['The farmer', 'Der alte Mann', 'Le professeur lit'];
const question = 'Rosa hat 12 Stühle. Rosa gibt 6 davon weg. Wie viele Stühle bleiben?';
const maxTokens = 24;

beforeAll(async () => {
    const path = join(folder, 'model.gguf');
    await writeUnquantized(embeddedModel, path);
    engine = await MeasuredEngine.open({ model: path, gpu: 'off', f32Cache: true });
    const { models } = (server = await startServer(engine));
    await server.end();
    const edits = models.map(({ edit }) => edit);
    const texts: string[][] = [[], []];
    const asked = [0, 1].flatMap((edit) => prompts.map((text, id) => ({ id, text, edit })));
    for await (const { prompt, edit, text } of engine.generate(asked, { edits, maxTokens }))
        texts[edit]![prompt] = text;
    const written = await (await chatTemplate(engine)).write({ language: 'de', text: question });
    let chat = '';
    for await (const { text } of engine.generate([{ id: 0, text: written, special: true }], { maxTokens: 40 }))
        chat = text;
    expected = { whole: texts[0]!, edited: texts[1]!, chat };
    server = await startServer(engine);
    client = new OpenAI({ baseURL: server.url, apiKey: 'none', maxRetries: 0 });
});
afterAll(async () => {
    await server.end();
    engine.close();
});

const greedy = { model: 'whole', temperature: 0, max_tokens: maxTokens } as const;

async function refusal(asked: Promise<unknown>): Promise<APIError> {
    const cause: unknown = await asked.then(
        () => undefined,
        (error: unknown) => error,
    );
    expect(cause).toBeInstanceOf(APIError);
    return cause as APIError;
}

describe("OpenAI's client", () => {
    it('lists the whole model and each intervention', async () => {
        const ids: string[] = [];
        for await (const { id, object } of client.models.list()) {
            expect(object).toBe('model');
            ids.push(id);
        }
        expect(ids).toEqual(['whole', 'without-some']);
        expect((await client.models.retrieve('without-some')).id).toBe('without-some');
        expect((await refusal(client.models.retrieve('without-som'))).status).toBe(404);
    });

    it('gets of a list of texts what the engine generates, whole and edited at once', async () => {
        const [whole, edited] = await Promise.all([
            client.completions.create({ ...greedy, prompt: prompts }),
            client.completions.create({ ...greedy, prompt: prompts, model: 'without-some' }),
        ]);
        expect(whole.choices.map(({ text }) => text)).toEqual(expected.whole);
        expect(edited.choices.map(({ text }) => text)).toEqual(expected.edited);
        expect(expected.whole).not.toEqual(expected.edited);
        expect(whole.choices.map(({ index }) => index)).toEqual([0, 1, 2]);
        expect(whole.usage!.completion_tokens).toBe(3 * maxTokens);
        expect(whole.usage!.total_tokens).toBe(whole.usage!.prompt_tokens + whole.usage!.completion_tokens);
    });

    it('may give tokens, and lists of them', async () => {
        const lists = await Promise.all(prompts.map(async (text) => [...(await tokenize(text))]));
        const one = await client.completions.create({ ...greedy, prompt: lists[1]! });
        const all = await client.completions.create({ ...greedy, prompt: lists });
        expect(one.choices.map(({ text }) => text)).toEqual([expected.whole[1]]);
        expect(all.choices.map(({ text }) => text)).toEqual(expected.whole);
    });

    it('gets several answers to a prompt, each by chance, the same for the same seed', async () => {
        const asked = { ...greedy, prompt: prompts[0]!, n: 4, temperature: 1.2 };
        const [first, again, other] = await Promise.all([
            client.completions.create({ ...asked, seed: 5 }),
            client.completions.create({ ...asked, seed: 5 }),
            client.completions.create({ ...asked, seed: 6 }),
        ]);
        const texts = first.choices.map(({ text }) => text);
        expect(new Set(texts).size).toBe(4);
        expect(again.choices.map(({ text }) => text)).toEqual(texts);
        expect(other.choices.map(({ text }) => text)).not.toEqual(texts);
    });

    it('gets an answer up to a stop, and is told so', async () => {
        const whole = expected.whole[0]!;
        const stop = whole.slice(8, 12);
        const { choices } = await client.completions.create({ ...greedy, prompt: prompts[0]!, stop: ['%%%', stop] });
        expect(choices[0]!.finish_reason).toBe('stop');
        expect(choices[0]!.text).toBe(whole.slice(0, whole.indexOf(stop)));
        let text = '';
        for await (const { choices } of await client.completions.create({
            ...greedy,
            prompt: prompts[0]!,
            stop,
            stream: true,
        }))
            text += choices[0]!.text;
        expect(text).toBe(whole.slice(0, whole.indexOf(stop)));
    });

    it('gets its prompt back with log-probabilities, of nothing but the prompt too', async () => {
        const scored = await client.completions.create({ ...greedy, prompt: prompts[1]!, echo: true, logprobs: 3 });
        const [{ text, logprobs }] = scored.choices as [OpenAI.CompletionChoice];
        expect(text.startsWith(prompts[1]!)).toBe(true);
        expect(logprobs!.tokens!.join('')).toBe(text);
        expect(logprobs!.text_offset!.map((from, i) => text.slice(from, logprobs!.text_offset![i + 1]))).toEqual(
            logprobs!.tokens,
        );
        const { choices } = await client.completions.create({
            ...greedy,
            prompt: prompts[1]!,
            echo: true,
            logprobs: 3,
            max_tokens: 0,
        });
        const length = choices[0]!.logprobs!.tokens!.length;
        expect(choices[0]!.text).toBe(prompts[1]);
        expect(logprobs!.tokens!.slice(0, length)).toEqual(choices[0]!.logprobs!.tokens);
        expect(logprobs!.tokens!.length - length).toBe(maxTokens);
        for (const [i, top] of logprobs!.top_logprobs!.entries()) {
            const own = logprobs!.token_logprobs![i]!;
            expect(top[logprobs!.tokens![i]!]).toBe(own);
            if (i >= length) expect(Math.max(...Object.values(top))).toBe(own); // drawn at temperature 0
        }
    });

    it('is told of the token with which the model ended an answer, which has no text', async () => {
        const written = await (await chatTemplate(engine)).write({ language: 'de', text: question });
        const { choices } = await client.completions.create({
            ...greedy,
            prompt: written,
            max_tokens: 40,
            logprobs: 1,
        });
        const [{ text, logprobs, finish_reason: end }] = choices as [OpenAI.CompletionChoice];
        expect([text, end]).toEqual([expected.chat, 'stop']);
        const last = logprobs!.tokens!.at(-1)!;
        expect(last).not.toBe('');
        expect(logprobs!.tokens!.join('')).toBe(text + last);
        expect(logprobs!.text_offset!.at(-1)).toBe(text.length);
    });

    it('gets answers in pieces that make the same text', async () => {
        const asked = { ...greedy, prompt: prompts, stream: true, stream_options: { include_usage: true } } as const;
        const texts = ['', '', ''];
        let usage: unknown;
        for await (const { choices, usage: told } of await client.completions.create(asked)) {
            for (const { index, text } of choices) texts[index] += text;
            usage = told ?? usage;
        }
        expect(texts).toEqual(expected.whole);
        expect(usage).toMatchObject({ completion_tokens: 3 * maxTokens });
    });

    it("chats by the model's own template, at once and in pieces", async () => {
        const messages = [{ role: 'user' as const, content: [{ type: 'text' as const, text: question }] }];
        const asked = { model: 'whole', messages, temperature: 0, max_completion_tokens: 40 };
        const { choices } = await client.chat.completions.create({ ...asked, logprobs: true, top_logprobs: 2 });
        const { message, logprobs } = choices[0]!;
        expect(message).toMatchObject({ role: 'assistant', content: expected.chat });
        expect(logprobs!.content!.map(({ token }) => token).join('')).toBe(expected.chat);
        for (const { logprob, top_logprobs: top } of logprobs!.content!) expect(top[0]!.logprob).toBe(logprob);
        const stream = client.chat.completions.stream({ ...asked, stream: true });
        let pieces = 0;
        for await (const { choices } of stream) pieces += choices[0]?.delta.content ? 1 : 0;
        expect(pieces).toBeGreaterThan(0);
        expect(await stream.finalContent()).toBe(expected.chat);
        const edited = await client.chat.completions.create({ ...asked, model: 'without-some' });
        expect(edited.choices[0]!.message.content).not.toBe(expected.chat);
    });

    it('is told by name what is refused', async () => {
        const wrong: [object, number, string | null, RegExp][] = [
            [{ model: 'without' }, 404, 'model', /no model without/],
            [{ top_p: 0 }, 400, 'top_p', /^400 top_p/],
            [{ top_p: 1.5 }, 400, 'top_p', /^400 top_p/],
            [{ min_p: -1 }, 400, 'min_p', /^400 min_p/],
            [{ logit_bias: { 5: 1 } }, 400, 'logit_bias', /not supported/],
            [{ top_a: 3 }, 400, 'top_a', /not supported/],
            [{ max_tokens: 400 }, 400, null, /longer than the 256 tokens/],
            [{ temperature: -1 }, 400, 'temperature', /temperature/],
            [{ prompt: [] }, 400, 'prompt', /list of texts/],
            [{ prompt: [[99_999]] }, 400, null, /no token 99999/],
            [{ stream: true, echo: true, logprobs: 1 }, 400, 'stream', /echo/],
        ];
        for (const [more, status, param, why] of wrong) {
            const error = await refusal(client.completions.create({ ...greedy, prompt: 'a', ...more }));
            expect([error.status, error.param]).toEqual([status, param]);
            expect(error.message).toMatch(why);
        }
        const tools = [{ type: 'function' as const, function: { name: 'f' } }];
        const messages = [{ role: 'user' as const, content: 'a' }];
        expect((await refusal(client.chat.completions.create({ model: 'whole', messages, tools }))).param).toBe(
            'tools',
        );
        const harmless = { ...greedy, prompt: prompts[0]!, user: 'me', top_p: 1, presence_penalty: 0, n: null };
        const { choices } = await client.completions.create(harmless);
        expect(choices[0]!.text).toBe(expected.whole[0]);
    });

    it('reads of a conversation what is new alone, where server and request allow it', async () => {
        await server.end();
        const keeping = await startServer(engine, { prefixCaching: true });
        try {
            const { chat } = new OpenAI({ baseURL: keeping.url, apiKey: 'none', maxRetries: 0 });
            const ask = async (turns: readonly string[], more = {}): Promise<{ text: string; cached: number }> => {
                const messages = turns.map((content, i) => ({
                    role: (['user', 'assistant'] as const)[i % 2]!,
                    content,
                }));
                const { choices, usage } = await chat.completions.create({ ...greedy, messages, ...more });
                return { text: choices[0]!.message.content!, cached: usage!.prompt_tokens_details!.cached_tokens! };
            };
            const first = await ask([question]);
            expect(first.cached).toBe(0);
            const turns = [question, first.text, 'Und dann?'];
            const anew = await ask(turns, { cache_prompt: false });
            expect(anew.cached).toBe(0);
            const kept = await ask(turns);
            expect(kept.cached).toBeGreaterThan(20);
            expect(kept.text).toBe(anew.text);
            // Another model has nothing in common with it.
            expect((await ask(turns, { model: 'without-some' })).cached).toBe(0);
        } finally {
            await keeping.end();
            server = await startServer(engine);
            client = new OpenAI({ baseURL: server.url, apiKey: 'none', maxRetries: 0 });
        }
    });

    it('that goes away frees its answer', async () => {
        const gone = new AbortController();
        const long = client.completions.create(
            { ...greedy, prompt: Array<string>(8).fill(prompts[0]!), max_tokens: 250, stream: true },
            { signal: gone.signal },
        );
        for await (const piece of await long) {
            expect(piece.object).toBe('text_completion');
            gone.abort();
        }
        const { choices } = await client.completions.create({ ...greedy, prompt: prompts });
        expect(choices.map(({ text }) => text)).toEqual(expected.whole);
    });
});

async function tokenize(text: string): Promise<number[]> {
    const response = await fetch(new URL('/tokenize', server.url), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ prompt: text }),
    });
    return ((await response.json()) as { tokens: number[] }).tokens;
}
