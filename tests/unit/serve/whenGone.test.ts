import { once } from 'node:events';
import { createServer, get, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { whenGone } from '../../../src/serve/whenGone.js';

const server = createServer();
beforeAll(() => once(server.listen(0, '127.0.0.1'), 'listening'));
afterAll(() => void server.close());

/** A request that is under way, and the server's side of it. */
async function asked(): Promise<{ request: ReturnType<typeof get>; response: ServerResponse }> {
    const request = get(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    request.on('error', () => undefined);
    const [, response] = (await once(server, 'request')) as [unknown, ServerResponse];
    return { request, response };
}

it('a client that left before it is asked for is gone', async () => {
    const { request, response } = await asked();
    request.destroy();
    await once(response, 'close');
    expect(whenGone(response).aborted).toBe(true);
});

it('a client is gone when it leaves, and after its answer', async () => {
    const { request, response } = await asked();
    const gone = whenGone(response);
    expect(gone.aborted).toBe(false);
    request.destroy();
    await once(gone, 'abort');
    const other = await asked();
    other.request.on('response', (answer) => answer.resume());
    const answered = whenGone(other.response);
    other.response.end('all');
    await once(answered, 'abort');
});
