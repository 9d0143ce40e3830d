import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MeasuredEngine } from '../helpers/MeasuredEngine.js';
import { chatTemplate } from '../../src/questions/templates/chatTemplate.js';
import { embeddedModel } from '../helpers/models.js';
import { type RunningServer, startServer } from '../helpers/served.js';

let engine: MeasuredEngine;
let server: RunningServer;
const origin = 'https://example.org';

beforeAll(async () => {
    engine = await MeasuredEngine.open({ model: embeddedModel, gpu: 'off' });
    server = await startServer(engine, { allowOrigin: [origin] });
});
afterAll(async () => {
    await server.end();
    engine.close();
});

interface Told {
    readonly token: string;
    readonly logprob: number;
    readonly begin?: number;
}
interface Choice {
    readonly index: number;
    readonly text?: string;
    readonly message?: { readonly content: string };
    readonly delta?: { readonly content?: string };
    readonly logprobs: {
        readonly tokens?: string[];
        readonly token_logprobs?: number[];
        readonly text_offset?: number[];
        readonly content?: Told[];
    } | null;
    readonly finish_reason: string | null;
}

function post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(new URL(path, server.url), {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
    });
}

async function choicesOf(path: string, body: object): Promise<Choice[]> {
    const response = await post(path, body);
    expect(response.status).toBe(200);
    const text = await response.text();
    if (!text.startsWith('data: ')) return (JSON.parse(text) as { choices: Choice[] }).choices;
    const pieces = text.split('\n\n').filter((line) => line !== '' && line !== 'data: [DONE]');
    return pieces.flatMap((line) => (JSON.parse(line.slice('data: '.length)) as { choices: Choice[] }).choices);
}

/** Text of the one answer, and what is told of its tokens, at once or from pieces. */
async function answerOf(path: string, body: object): Promise<{ text: string; told: Told[] }> {
    const choices = await choicesOf(path, { model: 'whole', temperature: 0, ...body });
    const text = choices.map(({ text, message, delta }) => text ?? message?.content ?? delta?.content ?? '').join('');
    const told = choices.flatMap(({ logprobs }): Told[] => {
        const { tokens, token_logprobs: own, text_offset: begins, content } = logprobs ?? {};
        return (
            content?.map(({ token, logprob }) => ({ token, logprob })) ??
            tokens?.map((token, i) => ({ token, logprob: own![i]!, begin: begins![i]! })) ??
            []
        );
    });
    return { text, told };
}

const question = 'Rosa hat 12 Stühle. Rosa gibt 6 davon weg. Wie viele Stühle bleiben?';

describe('log-probabilities of an answer that a stop cut', () => {
    it('are of the same tokens in chats and completions, at once and in pieces', async () => {
        const written = await (await chatTemplate(engine)).write({ language: 'de', text: question });
        const completion = { prompt: written, max_tokens: 40, logprobs: 0 };
        const chat = { messages: [{ role: 'user', content: question }], max_tokens: 40, logprobs: true };
        const { text: uncut, told: all } = await answerOf('/v1/completions', completion);
        expect(uncut.length).toBeGreaterThan(12);
        // Within a token, over two of them, at the first character, and what never comes.
        const stops = [uncut.slice(3, 5), uncut.slice(6, 12), uncut.slice(-3), uncut[0]!, '%%%'];
        for (const stop of stops) {
            const text = uncut.includes(stop) ? uncut.slice(0, uncut.indexOf(stop)) : uncut;
            const answers = await Promise.all(
                [false, true].flatMap((stream) => [
                    answerOf('/v1/completions', { ...completion, stop, stream }),
                    answerOf('/v1/chat/completions', { ...chat, stop, stream }),
                ]),
            );
            const places = all.filter(({ begin }) => begin! < [...text].length);
            const expected = text === uncut ? all : places;
            for (const [i, { text: own, told }] of answers.entries()) {
                expect(own).toBe(text);
                // A chat does not tell of the token with which the model ended.
                const tokens = (i % 2 === 1 && text === uncut ? places : expected).map(({ token }) => token);
                expect(told.map(({ token }) => token)).toEqual(tokens);
                for (const [j, { logprob }] of told.entries()) expect(logprob).toBeCloseTo(all[j]!.logprob, 2);
            }
            expect(answers[2]!.told.map(({ begin }) => begin)).toEqual(answers[0]!.told.map(({ begin }) => begin));
        }
    });
});

describe('offsets of tokens in a text', () => {
    it('count code points, and cut the text into its tokens', async () => {
        for (const prompt of ['a🙂b 🙃中', '\uFEFFa é', '<|begin|>a🙂', '🙂'.repeat(5)]) {
            const [{ text, logprobs }] = (await choicesOf('/v1/completions', {
                model: 'whole',
                prompt,
                echo: true,
                logprobs: 0,
                max_tokens: 6,
                temperature: 0,
            })) as [Choice];
            expect(text!.startsWith(prompt)).toBe(true);
            const characters = [...text!];
            const begins = logprobs!.text_offset!;
            for (const [i, token] of logprobs!.tokens!.entries()) {
                const own = characters.slice(begins[i], begins[i + 1]).join('');
                if (!token.startsWith('bytes:') && own !== '') expect(own).toBe(token);
            }
            const [, , last] = [0, 0, begins.at(-1)!];
            expect(last).toBeLessThanOrEqual(characters.length);
        }
    });
});

describe('U+FEFF', () => {
    it('at the beginning of a text is one of its tokens', async () => {
        const tokens = async (prompt: string): Promise<number[]> =>
            ((await (await post('/tokenize', { prompt, add_special_tokens: false })).json()) as { tokens: number[] })
                .tokens;
        const marked = await tokens('\uFEFFa');
        expect(marked.length).toBeGreaterThan((await tokens('a')).length);
        const back = (await (await post('/detokenize', { tokens: marked })).json()) as { prompt: string };
        expect(back.prompt).toBe('\uFEFFa');
    });
});

describe('tokens', () => {
    it('have a BOS first unless it is left out, and names where asked for', async () => {
        const tokenize = async (more: object): Promise<{ tokens: number[]; count: number; token_strs: string[] }> =>
            (await (await post('/tokenize', { prompt: 'Der Mann', ...more })).json()) as never;
        const plain = [...(await engine.tokenize('Der Mann', { special: true }))];
        const { bos, bosText } = engine.info;
        for (const more of [{}, { add_special_tokens: true, return_token_strs: true, model: 'whole' }])
            expect(await tokenize(more)).toMatchObject({ tokens: [bos, ...plain], count: plain.length + 1 });
        const named = await tokenize({ return_token_strs: true });
        expect(named.token_strs.join('')).toBe(`${bosText}Der Mann`);
        expect((await tokenize({ add_special_tokens: false })).tokens).toEqual(plain);
        expect((await tokenize({ prompt: bosText })).tokens).toEqual([bos]); // not twice
        expect((await post('/tokenize', { prompt: 'a', messages: [] })).status).toBe(400);
    });

    it.each([-1, 1.5, 1024, 99_999, 2 ** 31, 2 ** 32, 2 ** 32 + 5, -(2 ** 32), 1e300, null, '5', [5], true])(
        'that the model has not are refused: %o',
        async (token) => {
            for (const [path, body] of [
                ['/detokenize', { tokens: [5, token] }],
                ['/v1/completions', { model: 'whole', prompt: [5, token], max_tokens: 1 }],
                ['/v1/completions', { model: 'whole', prompt: [[5], [5, token]], max_tokens: 1 }],
            ] as const) {
                const response = await post(path, body);
                const { error } = (await response.json()) as { error: { message: string; type: string } };
                expect([response.status, error.type]).toEqual([400, 'invalid_request_error']);
                expect(error.message).toMatch(/has no token|only numbers/);
            }
        },
    );

    it('of a text longer than a part of it that is sent at once come back as they were', async () => {
        const { vocabulary } = engine.info;
        const tokens = Array.from({ length: 40_000 }, (_, i) => (i * 7) % vocabulary);
        const { prompt } = (await (await post('/detokenize', { tokens })).json()) as { prompt: string };
        await server.end();
        const batching = await engine.batching({ parallel: 1, requestSize: 256 });
        expect(prompt).toBe(batching.texts.textOf(tokens, true));
        await batching.close();
        server = await startServer(engine, { allowOrigin: [origin] });
    });
});

describe('a refusal', () => {
    it('has one shape, whatever refuses', async () => {
        const completion = { model: 'whole', prompt: 'a', max_tokens: 1 };
        const long = { ...completion, prompt: 'word '.repeat(400) };
        const longer = { ...completion, prompt: 'a'.repeat(1_000_000) };
        const chat = (content: string) => ({ model: 'whole', messages: [{ role: 'user', content }] });
        const tooLong = 'context_length_exceeded';
        const cases: [Promise<Response>, number, string | null][] = [
            [post('/v1/completions', '{'), 400, null],
            [post('/v1/completions', ''), 400, null],
            [post('/v1/completions', Buffer.from('{"model":"\xff"}', 'latin1')), 400, null],
            [post('/v1/completions', completion, { 'content-type': 'text/plain' }), 415, null],
            [post('/v1/completions', { ...completion, prompt: '\ud800' }), 400, null],
            [post('/v1/completions', { ...completion, stop: 'a\udc00' }), 400, null],
            [post('/v1/chat/completions', chat('\udfff')), 400, null],
            [post('/v1/chat/completions', { model: 'whole', messages: [] }), 400, null],
            [post('/v1/completions', { ...completion, max_tokens: 999 }), 400, tooLong],
            [post('/v1/completions', long), 400, tooLong],
            [post('/v1/completions', longer), 400, tooLong],
            [post('/v1/completions', { ...completion, prompt: Array(300).fill(5) }), 400, tooLong],
            [post('/v1/completions', { ...completion, prompt: [[5], Array(300).fill(5)] }), 400, tooLong],
            [post('/v1/chat/completions', chat('word '.repeat(400))), 400, tooLong],
            [post('/v1/chat/completions', chat('a'.repeat(1_000_000))), 400, tooLong],
            [post('/v1/chat/completions', { ...chat('a'), max_tokens: 999 }), 400, tooLong],
            [post('/v1/completions', { ...completion, prompt: Array(2000).fill('a') }), 400, null],
            [post('/v1/completions', { ...completion, extra: 1 }), 400, 'unsupported_parameter'],
            [post('/v1/other', completion), 404, null],
            [fetch(new URL('/v1/models/%ff', server.url)), 400, null],
            [fetch(new URL('/v1/models/none', server.url)), 404, 'model_not_found'],
            [raw('GET /health HTTP/1.1\r\nbad header\r\n\r\n'), 400, null],
            [raw('nonsense\r\n\r\n'), 400, null],
            [raw(`GET /health HTTP/1.1\r\nhost: localhost\r\na: ${'a'.repeat(20_000)}\r\n\r\n`), 431, null],
        ];
        for (const [i, [asked, status, code]] of cases.entries()) {
            const response = await asked;
            const body = (await response.json()) as { error: Record<string, unknown> };
            expect([i, response.status, body.error.code]).toEqual([i, status, code]);
            expect(Object.keys(body)).toEqual(['error']);
            expect(Object.keys(body.error)).toEqual(['message', 'type', 'param', 'code']);
            expect(body.error.type).toBe('invalid_request_error');
        }
    });
});

/** What the server answers to bytes that need not be HTTP. */
function raw(bytes: string): Promise<Response> {
    const { hostname, port } = new URL(server.url);
    return new Promise((resolve, reject) => {
        let text = '';
        const socket = connect(Number(port), hostname, () => socket.write(bytes));
        socket.on('data', (part) => (text += part.toString()));
        socket.on('error', reject);
        socket.on('close', () => {
            const [, status] = /^HTTP\/1.1 (\d+) /.exec(text)!;
            resolve(new Response(text.slice(text.indexOf('\r\n\r\n') + 4), { status: Number(status) }));
        });
    });
}

describe('a web page', () => {
    it('of a named origin may ask and read; of any other, neither', async () => {
        const preflight = (from: string): Promise<Response> =>
            fetch(new URL('/v1/completions', server.url), {
                method: 'OPTIONS',
                headers: {
                    origin: from,
                    'access-control-request-method': 'POST',
                    'access-control-request-headers': 'content-type,authorization',
                },
            });
        const asked = (from: string): Promise<Response> =>
            post('/v1/completions', { model: 'whole', prompt: 'a', max_tokens: 1 }, { origin: from });
        const allowed = await preflight(origin);
        expect(allowed.status).toBe(204);
        expect(allowed.headers.get('access-control-allow-origin')).toBe(origin);
        expect(allowed.headers.get('access-control-allow-methods')).toContain('POST');
        expect(allowed.headers.get('access-control-allow-headers')).toBe('content-type,authorization');
        const answer = await asked(origin);
        expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([200, origin]);
        expect(answer.headers.get('vary')).toMatch(/origin/i);
        for (const other of ['https://example.org:8443', 'http://example.org', 'https://evil.com', 'null']) {
            expect((await preflight(other)).headers.get('access-control-allow-origin')).toBeNull();
            const refused = await asked(other);
            expect([refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([403, null]);
        }
    });

    it('streamed to carries the header too; without --allow-origin nobody is let in', async () => {
        const body = { model: 'whole', prompt: 'a', max_tokens: 2, stream: true };
        const streamed = await post('/v1/completions', body, { origin });
        expect(streamed.headers.get('access-control-allow-origin')).toBe(origin);
        await streamed.text();
        await server.end();
        server = await startServer(engine);
        expect((await post('/v1/completions', body, { origin })).status).toBe(403);
        const { headers } = await post('/v1/completions', body);
        expect(headers.get('access-control-allow-origin')).toBeNull();
    });
});
