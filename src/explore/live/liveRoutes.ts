import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type ErrorCode, LanguageNeuronsError } from '../../errors.js';
import { Admission } from '../../serve/Admission.js';
import { errorFor } from '../../serve/ApiError.js';
import { readBody } from '../../serve/readBody.js';
import { checkText, reader } from '../../serve/requestShapes.js';
import { sendPieces } from '../../serve/sendPieces.js';
import { whenGone } from '../../serve/whenGone.js';
import { askBoth } from './askBoth.js';
import {
    type AskQuestion,
    type LiveFailure,
    livePaths,
    liveSets,
    type RemovalQuestion,
    type SentenceEvent,
    type SentenceQuestion,
} from './liveFormat.js';
import type { LiveModel } from './LiveModel.js';
import { RemovalMeasure } from './RemovalMeasure.js';
import { orStopped } from '../../support/stop.js';

/** Questions that may wait for those before them: of several open pages. */
const mostWaiting = 8;

/** Milliseconds that a page may take nothing of its answer. */
const patience = 60_000;
/** Bytes of a question. */
const mostBytes = 64 * 1024;
const mostNeurons = 256;
const mostLanguages = 256;
const mostFactor = 10;

/** What is wrong with a question, and not with us. */
const toldCodes: ReadonlySet<ErrorCode> = new Set([
    ...(['WRONG_USE', 'NOT_FOUND', 'UNSUPPORTED', 'EMPTY', 'MISMATCH', 'ENCODING', 'DAMAGED'] as const),
]);

const flat = z.int().nonnegative();
const text = z.string().transform((given) => checkText(given, 'text'));
const readSentence = reader<SentenceQuestion>(z.strictObject({ text }));
const readRemoval = reader<RemovalQuestion>(z.strictObject({ neuron: flat }));
const readAsk = reader<AskQuestion>(
    z.strictObject({
        text,
        chat: z.boolean(),
        maxTokens: z.int().positive(),
        languages: z.array(z.string()).max(mostLanguages),
        set: z.enum(liveSets),
        share: z.number().min(0).max(1),
        neurons: z.array(flat).max(mostNeurons),
        factor: z.number().min(0).max(mostFactor),
    }),
);

/** Adds the questions of the live pages, under the server's own path. */
export function addLive(app: FastifyInstance, live: LiveModel, checkToken: (given: string) => void): void {
    const arriving = new Admission(8 * mostBytes, 'bytes');
    app.removeAllContentTypeParsers(); // such as text/plain, which a web page can send without asking
    app.addContentTypeParser('application/json', (_request: FastifyRequest, body: IncomingMessage) =>
        readBody(body, mostBytes, arriving),
    );
    const queue = new OneByOne();
    const removal = new RemovalMeasure(live);
    const answer = <Q, E>(
        path: string,
        read: (body: unknown) => Q,
        work: (question: Q, signal: AbortSignal) => AsyncGenerator<E>,
    ): void => {
        app.post<{ Params: { token: string } }>(`/:token/${path}`, ({ params, body }, reply): FastifyReply => {
            checkToken(params.token);
            const question = read(body);
            const gone = whenGone(reply.raw);
            const answers = queue.answer(gone, () => work(question, gone));
            void reply.headers({
                'content-type': 'application/x-ndjson; charset=utf-8',
                'cache-control': 'no-store',
                'x-content-type-options': 'nosniff',
            });
            return sendPieces(reply, linesOf(answers, gone), patience);
        });
    };
    answer(livePaths.sentence, readSentence, async function* (question, signal): AsyncGenerator<SentenceEvent> {
        yield { kind: 'traced', trace: await live.trace(await live.tokenize(question.text), 0, undefined, signal) };
    });
    answer(livePaths.ask, readAsk, (question, signal) => askBoth(live, question, signal));
    answer(livePaths.removal, readRemoval, (question, signal) => removal.measure(question, signal));
}

/** One line of JSON each; a failure is the last of them. */
async function* linesOf(events: AsyncGenerator<unknown>, gone: AbortSignal): AsyncGenerator<string> {
    try {
        for await (const event of events) yield `${JSON.stringify(event)}\n`;
    } catch (cause) {
        if (gone.aborted) return;
        const message = wordsOf(cause).replaceAll(/\s+/g, ' ');
        yield `${JSON.stringify({ kind: 'failed', message } satisfies LiveFailure)}\n`;
    }
}

function wordsOf(cause: unknown): string {
    const told = cause instanceof LanguageNeuronsError && toldCodes.has(cause.code);
    return told ? cause.message : errorFor(cause).message;
}

/** Lets questions to a model in one after another, in the order in which they come. */
export class OneByOne {
    readonly #admission = new Admission(mostWaiting, 'questions');
    #last: Promise<void> = Promise.resolve();

    /**
     * The answers to a question, once those before it are answered; the next one begins when they are taken, or no
     * longer wanted.
     * @throws ApiError 429 where too many wait, when it is called
     */
    answer<T>(signal: AbortSignal, work: () => AsyncGenerator<T>): AsyncGenerator<T> {
        const leave = this.#admission.enter(1);
        const before = this.#last;
        let end: () => void;
        const ended = new Promise<void>((done) => (end = done));
        this.#last = before.then(() => ended);
        const over = (): void => {
            signal.removeEventListener('abort', over);
            leave();
            end();
        };
        // Until it is begun: what nobody reads is over too.
        if (signal.aborted) over();
        else signal.addEventListener('abort', over);
        return (async function* () {
            signal.removeEventListener('abort', over);
            try {
                await orStopped(before, signal);
                yield* work();
            } finally {
                over();
            }
        })();
    }
}
