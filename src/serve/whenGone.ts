import type { ServerResponse } from 'node:http';

/**
 * Aborts when the connection of an answer ends: after its last byte, or when the client leaves, be it before this is
 * called, as while the request was read.
 */
export function whenGone(response: ServerResponse): AbortSignal {
    const gone = new AbortController();
    if (response.closed) gone.abort();
    else response.once('close', () => gone.abort());
    return gone.signal;
}
