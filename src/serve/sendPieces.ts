import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { jsonPieces } from './json.js';

/**
 * Sends text as the client takes it: the next piece is made once there is room for it. A client that takes nothing for
 * a while is given up.
 * @param patience milliseconds
 */
export function sendPieces(reply: FastifyReply, pieces: AsyncGenerator<string>, patience: number): FastifyReply {
    return reply.send(Readable.from(watched(pieces, reply.raw, patience), { objectMode: false }));
}

/** Sends a document for `jsonPieces`; see `sendPieces`. */
export function sendJson(reply: FastifyReply, document: object, patience: number): FastifyReply {
    reply.type('application/json; charset=utf-8');
    return sendPieces(reply, jsonPieces(document), patience);
}

async function* watched(
    pieces: AsyncGenerator<string>,
    response: ServerResponse,
    patience: number,
): AsyncGenerator<string> {
    let timer: NodeJS.Timeout | undefined;
    const wait = (): void => {
        timer = setTimeout(() => response.destroy(), patience);
    };
    try {
        for await (const piece of pieces) {
            wait();
            yield piece;
            clearTimeout(timer);
        }
    } finally {
        clearTimeout(timer);
    }
    if (response.closed) return;
    wait(); // for what is still in our buffers
    response.once('close', () => clearTimeout(timer));
}
