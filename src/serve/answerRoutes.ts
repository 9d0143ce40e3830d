import type { FastifyInstance, FastifyReply } from 'fastify';
import { Admission } from './Admission.js';
import { errorFor } from './ApiError.js';
import { chatExchange } from './chatCompletions.js';
import { completionExchange } from './completions.js';
import { type Admit, answerExchange, type Exchange, exchangePieces, type Served } from './Exchange.js';
import { grain, jsonPieces } from './json.js';
import { sendJson, sendPieces } from './sendPieces.js';
import type { ServerOptions } from './ServeOptions.js';
import { whenGone } from './whenGone.js';

/** Log-probabilities that are kept until they are sent: some 200 MB. */
const mostLogProbabilities = 2 ** 22;
/** The greatest request has so many a token. */
const mostPerToken = 21;

/** Adds what the model answers: completions and chats. */
export function addAnswers(
    app: FastifyInstance,
    served: Served,
    { parallel, maxWaiting, patience }: ServerOptions,
): void {
    const seats = new Admission(parallel + maxWaiting);
    const kept = new Admission(
        Math.max(mostLogProbabilities, 2 * mostPerToken * served.batching.requestSize),
        'log-probabilities',
    );
    const answer =
        (exchangeOf: typeof completionExchange) =>
        async ({ body }: { readonly body: unknown }, reply: FastifyReply): Promise<FastifyReply> => {
            const gone = whenGone(reply.raw);
            const leave: (() => void)[] = [];
            const leaveAll = (): void => leave.forEach((one) => one());
            // What the answers take is kept until then, whether or not they are read.
            gone.addEventListener('abort', leaveAll);
            const admit: Admit = (answers, logProbabilities) => {
                leave.push(seats.enter(answers), kept.enter(logProbabilities));
                if (gone.aborted) leaveAll();
            };
            const exchange = await exchangeOf(served, body, admit);
            if (exchange.pieces === undefined) {
                const answers = await answerExchange(served, exchange, gone);
                return sendJson(reply, exchange.whole(answers), patience);
            }
            reply.header('content-type', 'text/event-stream; charset=utf-8').header('cache-control', 'no-cache');
            return sendPieces(reply, events(served, exchange, gone), patience);
        };
    app.post('/v1/completions', answer(completionExchange));
    app.post('/v1/chat/completions', answer(chatExchange));
}

/** Server-sent events, one a piece; a failure after the first is one of them. */
async function* events(served: Served, exchange: Exchange, gone: AbortSignal): AsyncGenerator<string> {
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
