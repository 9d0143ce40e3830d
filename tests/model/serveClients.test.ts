import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MeasuredEngine } from '../helpers/MeasuredEngine.js';
import type { ModelInfo } from '../../src/engine/types/ModelInfo.js';
import type { ServeOptions } from '../../src/serve/ServeOptions.js';
import { embeddedModel } from '../helpers/models.js';
import { type RunningServer, startServer } from '../helpers/served.js';

let engine: MeasuredEngine;
let server: RunningServer;
beforeEach(async () => {
    engine = await MeasuredEngine.open({ model: embeddedModel, gpu: 'off' });
});
afterEach(async () => {
    await server.end();
    engine.close();
});

async function serveBy(template: string | undefined, options: Partial<ServeOptions> = {}): Promise<void> {
    const info: ModelInfo = { ...engine.info, chatTemplate: template ?? engine.info.chatTemplate };
    server = await startServer(Object.create(engine, { info: { value: info } }) as MeasuredEngine, options);
}

async function chat(messages: readonly string[]): Promise<[status: number, error: string | undefined]> {
    const response = await fetch(`${server.url}/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
            model: 'whole',
            messages: messages.map((content) => ({ role: 'user', content })),
            max_tokens: 2,
        }),
    });
    const { error } = (await response.json()) as { error?: { message: string } };
    return [response.status, error?.message];
}

const ok = [200, undefined];
const endless = '{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}';
const whenAsked = (statement: string): string =>
    `{% if messages[0].content == 'now' %}${statement}{% endif %}{{ messages[0].content }}`;

describe('a chat that fails', () => {
    it.each([
        { what: 'takes too long', statement: endless, why: /more than 5 s/ },
        { what: 'takes too much memory', statement: '{% set x = range(2000000000) %}', why: /template/ },
        { what: 'is refused', statement: "{{ raise_exception('not now') }}", why: /not now/ },
    ])('as its template $what fails alone, and names nothing of the server', async ({ statement, why }) => {
        await serveBy(whenAsked(statement));
        const texts = ['a', 'now', 'b', 'c', 'd'];
        const answers = await Promise.all(texts.map((text) => chat([text])));
        for (const [i, answer] of answers.entries()) {
            if (texts[i] === 'now') {
                expect(answer).toEqual([400, expect.stringMatching(why)]);
                expect(answer[1]).not.toContain('.gguf');
                expect(answer[1]).not.toMatch(/\/[a-z]+\/[a-z]/); // a path
            } else expect(answer).toEqual(ok);
        }
    });

    it('of its size fails alone', async () => {
        await serveBy(undefined);
        const answers = await Promise.all([
            chat(['a']),
            chat(Array<string>(80_000).fill('a')),
            chat(['b']),
            chat(Array<string>(300).fill('')),
            chat(['a'.repeat(4_000_000)]),
            chat(['c']),
        ]);
        expect(answers.map(([status]) => status)).toEqual([200, 400, 200, 400, 400, 200]);
    });
});

it('a model without a template says so, and not where it is', async () => {
    await serveBy('');
    const [status, message] = await chat(['a']);
    expect([status, message]).toEqual([400, 'the model has no chat template; use /v1/completions']);
});

it('a client that opens a connection and asks nothing does not keep a server that is stopped', async () => {
    await serveBy(undefined);
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    const closed = once(socket, 'close');
    await once(socket, 'connect');
    expect((await fetch(`${server.url}/models`)).status).toBe(200); // the server has taken up both by now
    await server.end();
    await closed;
}, 30_000);

describe('a client that does not read', () => {
    // More than the buffers of two sockets hold.
    const asked = {
        model: 'whole',
        prompt: 'The',
        n: 64,
        max_tokens: 240,
        temperature: 3,
        logprobs: 20,
    };

    it.each([{ stream: true }, { stream: false }])(
        'is given up after a while, and frees its places: %o',
        async (how) => {
            await serveBy(undefined, { parallel: 64, maxWaiting: 1, patience: 700 });
            const { hostname, port } = new URL(server.url);
            const socket = connect(Number(port), hostname);
            const closed = once(socket, 'close');
            const body = JSON.stringify({ ...asked, ...how });
            socket.on('error', () => undefined);
            socket.pause();
            socket.write(
                `POST /v1/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n` +
                    `content-length: ${body.length}\r\n\r\n${body}`,
            );
            const complete = (): Promise<Response> =>
                fetch(`${server.url}/completions`, {
                    method: 'POST',
                    headers: { 'content-type': 'application/json' },
                    body: JSON.stringify({ model: 'whole', prompt: 'a', n: 8, max_tokens: 1 }),
                });
            await sleep(200);
            expect((await complete()).status).toBe(429); // its places are taken
            let status = 429;
            const begin = performance.now();
            while (status === 429 && performance.now() - begin < 60_000) {
                await sleep(100);
                status = (await complete()).status;
            }
            expect(status).toBe(200);
            socket.resume(); // what lies in the buffers, and then the end
            await closed;
        },
    );
});
