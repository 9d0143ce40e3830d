import { PassThrough } from 'node:stream';
import { fastify, type FastifyInstance, type FastifyReply } from 'fastify';
import { Admission } from './Admission.js';
import { ApiError } from './ApiError.js';
import { chatExchange } from './chatCompletions.js';
import { completionExchange } from './completions.js';
import { answerExchange, type Exchange, type Send, type Served } from './Exchange.js';
import { checkKey, checkOrigin } from './guards.js';
import { readDetokenize, readTokenize } from './requestShapes.js';
import { findModel } from './ServedModel.js';

export interface ServerOptions {
    /** Answers under way or waiting, at most. */
    readonly mostAnswers: number;
    /** Bytes of a request's body, at most. */
    readonly mostBytes: number;
    /** Asked for with every request but that for health. Default: none. */
    readonly apiKey?: string | undefined;
    /** Requests come from this machine: what another name or web page asks is refused. */
    readonly loopback: boolean;
    /** Texts of special tokens and the chat template, for clients that tokenize through the server. */
    readonly info: { readonly bosText: string; readonly eosText: string; readonly chatTemplate: string };
}

/** Milliseconds for a request to arrive whole. */
const requestTimeout = 60_000;

/** The HTTP server, not listening yet. */
export function createServer(served: Served, options: ServerOptions): FastifyInstance {
    const { mostAnswers, mostBytes, apiKey, loopback, info } = options;
    const app = fastify({ bodyLimit: mostBytes, requestTimeout });
    const admission = new Admission(mostAnswers);
    app.removeContentTypeParser('text/plain'); // what a web page can send without asking
    app.setErrorHandler((cause, _request, reply) => refuse(reply, cause));
    app.setNotFoundHandler((request, reply) =>
        refuse(reply, new ApiError(404, `there is no ${request.method} ${request.url.split('?')[0]!}`)),
    );
    app.addHook('onRequest', async ({ headers, url }) => {
        if (loopback) checkOrigin(headers);
        if (apiKey !== undefined && url !== '/health') checkKey(headers.authorization, apiKey);
    });

    const created = Math.floor(Date.now() / 1000);
    const model = (id: string): object => ({ id, object: 'model', created, owned_by: 'language-neurons' });
    app.get('/health', () => ({ status: 'ok' }));
    app.get('/v1/models', () => ({ object: 'list', data: served.models.map(({ id }) => model(id)) }));
    app.get<{ Params: { id: string } }>('/v1/models/:id', ({ params: { id } }) => {
        findModel(served.models, id);
        return model(id);
    });
    for (const [path, exchangeOf] of [
        ['/v1/completions', completionExchange],
        ['/v1/chat/completions', chatExchange],
    ] as const) {
        app.post(path, async ({ body }, reply) => answer(await exchangeOf(served, body), reply));
    }
    // As vLLM has them: lm-evaluation-harness tokenizes by these where its user gives it no tokenizer.
    app.get('/tokenizer_info', () => ({
        bos_token: info.bosText === '' ? null : info.bosText,
        eos_token: info.eosText === '' ? null : info.eosText,
        chat_template: info.chatTemplate === '' ? null : info.chatTemplate,
    }));
    app.post('/tokenize', async ({ body }) => {
        const tokens = [...(await served.answering.tokenize(readTokenize(body).prompt, true))];
        return { tokens, count: tokens.length, max_model_len: served.answering.requestSize };
    });
    app.post('/detokenize', ({ body }) => ({
        prompt: served.answering.texts.textOf(readDetokenize(body).tokens, true),
    }));
    return app;

    async function answer(exchange: Exchange, reply: FastifyReply): Promise<unknown> {
        const leave = admission.enter(exchange.requests.length);
        const gone = new AbortController();
        reply.raw.once('close', () => gone.abort()); // also after the last byte, when it changes nothing
        try {
            if (exchange.pieces !== undefined) return await streamAnswer(exchange, reply, gone.signal);
            return exchange.whole(await answerExchange(served, exchange, gone.signal, () => undefined));
        } finally {
            leave();
        }
    }

    /** Server-sent events, one a piece; a failure after the first is one of them. */
    async function streamAnswer(exchange: Exchange, reply: FastifyReply, gone: AbortSignal): Promise<FastifyReply> {
        const events = new PassThrough();
        const send: Send = (piece) => void events.write(`data: ${JSON.stringify(piece)}\n\n`);
        events.on('error', () => undefined); // the client has gone; its requests are given up by then
        reply.header('content-type', 'text/event-stream; charset=utf-8').header('cache-control', 'no-cache');
        reply.send(events);
        try {
            exchange.pieces!.begin(send);
            const answers = await answerExchange(served, exchange, gone, send);
            exchange.pieces!.end(answers, send);
            events.write('data: [DONE]\n\n');
        } catch (cause) {
            if (!gone.aborted) send(told(cause).body);
        } finally {
            events.end();
        }
        return reply;
    }
}

function refuse(reply: FastifyReply, cause: unknown): FastifyReply {
    const error = told(cause);
    if (error.status === 429) reply.header('retry-after', '1');
    if (error.status === 401) reply.header('www-authenticate', 'Bearer');
    return reply.code(error.status).send(error.body);
}

/** What a client is told; what it is not told of a fault stands on stderr. */
function told(cause: unknown): ApiError {
    const error = ApiError.of(cause);
    if (error.status === 500) process.stderr.write(`language-neurons: a request failed: ${String(cause)}\n`);
    return error;
}
