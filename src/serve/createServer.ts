import { type IncomingMessage, STATUS_CODES } from 'node:http';
import { fastifyCors } from '@fastify/cors';
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { Admission } from './Admission.js';
import { ApiError } from './ApiError.js';
import { chatExchange } from './chatCompletions.js';
import { completionExchange } from './completions.js';
import { type Admit, answerExchange, type Exchange, exchangePieces, type Served } from './Exchange.js';
import { checkKey, checkOrigin } from './guards.js';
import { grain, jsonPieces } from './json.js';
import { corsOptions } from './origins.js';
import { readBody } from './readBody.js';
import { sendPieces } from './sendPieces.js';
import { findModel } from './servedNames.js';
import { detokenize, tokenize } from './tokenizing.js';

export interface ServerOptions {
    /** Answers under way or waiting, at most. */
    readonly mostAnswers: number;
    /** Bytes of a request's body, at most. */
    readonly mostBytes: number;
    /** Asked for with every request but that for health. Default: none. */
    readonly apiKey?: string | undefined;
    /** Requests come from this machine: what another name or web page asks is refused. */
    readonly loopback: boolean;
    /** Web pages of these origins may ask, and read what they are answered. Default: none. */
    readonly origins?: readonly string[] | undefined;
    /** Milliseconds that a client may take nothing of what it is sent. Default 60,000. */
    readonly patience?: number | undefined;
    /** Texts of special tokens and the chat template, for clients that tokenize through the server. */
    readonly info: { readonly bosText: string; readonly eosText: string; readonly chatTemplate: string };
}

/** Milliseconds for a request to arrive whole. */
const requestTimeout = 60_000;
/** Bodies of the greatest length that may arrive at once. */
const mostArriving = 32;
/** Log-probabilities that are kept until they are sent: some 200 MB. */
const mostLogProbabilities = 2 ** 22;
/** The greatest request has so many a token. */
const mostPerToken = 21;

/** The HTTP server, not listening yet. */
export async function createServer(served: Served, options: ServerOptions): Promise<FastifyInstance> {
    const { mostAnswers, mostBytes, apiKey, loopback, origins = [], patience = 60_000, info } = options;
    const { batching, names, models } = served;
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
    const seats = new Admission(mostAnswers);
    const kept = new Admission(
        Math.max(mostLogProbabilities, 2 * mostPerToken * batching.requestSize),
        'log-probabilities',
    );
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

    const created = Math.floor(Date.now() / 1000);
    const model = (id: string): object => ({ id, object: 'model', created, owned_by: 'language-neurons' });
    app.get('/health', () => ({ status: 'ok' }));
    app.get('/v1/models', () => ({ object: 'list', data: models.map(({ name }) => model(name)) }));
    app.get<{ Params: { id: string } }>('/v1/models/:id', ({ params: { id } }) => {
        findModel(models, id);
        return model(id);
    });
    for (const [path, exchangeOf] of [
        ['/v1/completions', completionExchange],
        ['/v1/chat/completions', chatExchange],
    ] as const) {
        app.post(path, (request, reply) => answer(exchangeOf, request, reply));
    }
    app.get('/tokenizer_info', () => ({
        bos_token: info.bosText === '' ? null : info.bosText,
        eos_token: info.eosText === '' ? null : info.eosText,
        chat_template: info.chatTemplate === '' ? null : info.chatTemplate,
    }));
    app.post('/tokenize', async ({ body }, reply) => send(reply, await tokenize(batching, names, body)));
    app.post('/detokenize', async ({ body }, reply) => send(reply, await detokenize(batching, body)));
    return app;

    function send(reply: FastifyReply, document: object): FastifyReply {
        reply.type('application/json; charset=utf-8');
        return sendPieces(reply, jsonPieces(document), patience);
    }

    async function answer(
        exchangeOf: typeof completionExchange,
        { body }: FastifyRequest,
        reply: FastifyReply,
    ): Promise<FastifyReply> {
        const gone = new AbortController();
        const leave: (() => void)[] = [];
        // Also after the last byte. What the answers take is kept until then, whether or not they are read.
        reply.raw.once('close', () => {
            gone.abort();
            for (const one of leave) one();
        });
        const admit: Admit = (answers, logProbabilities) => {
            leave.push(seats.enter(answers), kept.enter(logProbabilities));
            if (reply.raw.closed) for (const one of leave) one();
        };
        const exchange = await exchangeOf(served, body, admit);
        if (exchange.pieces === undefined)
            return send(reply, exchange.whole(await answerExchange(served, exchange, gone.signal)));
        reply.header('content-type', 'text/event-stream; charset=utf-8').header('cache-control', 'no-cache');
        return sendPieces(reply, events(exchange, gone.signal), patience);
    }

    /** Server-sent events, one a piece; a failure after the first is one of them. */
    async function* events(exchange: Exchange, gone: AbortSignal): AsyncGenerator<string> {
        try {
            for await (const piece of exchangePieces(served, exchange, gone)) {
                let text = 'data: ';
                for await (const part of jsonPieces(piece)) {
                    if (text.length >= grain) {
                        yield text;
                        text = '';
                    }
                    text += part;
                }
                yield `${text}\n\n`;
            }
            yield 'data: [DONE]\n\n';
        } catch (cause) {
            if (!gone.aborted) yield `data: ${JSON.stringify(errorFor(cause).body)}\n\n`;
        }
    }
}

function refuse(reply: FastifyReply, cause: unknown): FastifyReply {
    const error = errorFor(cause);
    if (error.status === 429) reply.header('retry-after', '1');
    if (error.status === 401) reply.header('www-authenticate', 'Bearer');
    return reply.code(error.status).send(error.body);
}

/** The error that a client gets; what it does not say of a fault stands on stderr. */
function errorFor(cause: unknown): ApiError {
    const error = ApiError.of(cause);
    if (error.status === 500) process.stderr.write(`language-neurons: a request failed: ${String(cause)}\n`);
    return error;
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
