import { type IncomingMessage, STATUS_CODES } from 'node:http';
import { fastifyCors } from '@fastify/cors';
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { Admission } from './Admission.js';
import { addAnswers } from './answerRoutes.js';
import { ApiError, errorFor } from './ApiError.js';
import type { Served } from './Exchange.js';
import { addFacts } from './factRoutes.js';
import { checkKey, checkOrigin, isLoopback } from './guards.js';
import { corsOptions } from './origins.js';
import { readBody } from './readBody.js';
import type { ServerOptions } from './ServeOptions.js';

/** Milliseconds for a request to arrive whole. */
const requestTimeout = 60_000;
/** Bodies of the greatest length that may arrive at once. */
const mostArriving = 32;

/** The HTTP server, not listening yet. */
export async function createServer(served: Served, options: ServerOptions): Promise<FastifyInstance> {
    const { host, apiKey, allowOrigin: origins = [], maxBody } = options;
    const mostBytes = maxBody * 1024 * 1024;
    const loopback = isLoopback(host); // requests come from this machine: what another name or page asks is refused
    const app = fastify({
        bodyLimit: mostBytes,
        requestTimeout,
        frameworkErrors: (cause, _request, reply) => void refuse(reply, cause),
        clientErrorHandler: (cause, socket) => {
            const error = ApiError.of(Object.assign(new Error(cause.message), { statusCode: statusOf(cause.code) }));
            if (socket.writable) socket.end(bareResponse(error));
            else socket.destroy();
        },
    });
    const arriving = new Admission(mostArriving * mostBytes, 'bytes');
    app.removeAllContentTypeParsers(); // such as text/plain, which a web page can send without asking
    app.addContentTypeParser('application/json', (_request: FastifyRequest, body: IncomingMessage) =>
        readBody(body, mostBytes, arriving),
    );
    app.setErrorHandler((cause, _request, reply) => refuse(reply, cause));
    app.setNotFoundHandler((request, reply) =>
        refuse(reply, new ApiError(404, `there is no ${request.method} ${request.url.split('?')[0]!}`)),
    );
    // First: it answers what browsers ask before, which carries no key.
    if (origins.length > 0) await app.register(fastifyCors, corsOptions(origins));
    app.addHook('onRequest', async ({ headers, url }) => {
        if (loopback) checkOrigin(headers, origins);
        if (apiKey !== undefined && url !== '/health') checkKey(headers.authorization, apiKey);
    });
    addFacts(app, served, options);
    addAnswers(app, served, options);
    return app;
}

function refuse(reply: FastifyReply, cause: unknown): FastifyReply {
    const error = errorFor(cause);
    if (error.status === 429) reply.header('retry-after', '1');
    if (error.status === 401) reply.header('www-authenticate', 'Bearer');
    return reply.code(error.status).send(error.body);
}

/** Of what is no HTTP request. */
function statusOf(code: string | undefined): number {
    if (code === 'HPE_HEADER_OVERFLOW') return 431;
    return code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
}

function bareResponse(error: ApiError): string {
    const body = JSON.stringify(error.body);
    return [
        `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status]}`,
        'content-type: application/json; charset=utf-8',
        `content-length: ${Buffer.byteLength(body)}`,
        'connection: close',
        '',
        body,
    ].join('\r\n');
}
