import { setMaxListeners } from 'node:events';
import { randomInt, randomUUID } from 'node:crypto';
import type { ContinuousBatching, SingleRequest } from '../engine/answers/ContinuousBatching.js';
import type { TokenAnswer } from '../engine/scheduler/AnswerRequest.js';
import type { Truncation } from '../engine/scheduler/AnswerRequest.js';
import type { LogProbabilityChoice, TokenLogProbability } from '../engine/scheduler/logProbabilities.js';
import type { ModelInfo } from '../engine/types/ModelInfo.js';
import { textBefore, wholeCharacters } from '../engine/scheduler/stops.js';
import type { ModelState } from '../interventions/ModelState.js';
import { interventionOf } from '../interventions/namedInterventions.js';
import { hasCode } from '../errors.js';
import { sum } from '../support/averages.js';
import { ApiError } from './ApiError.js';
import { Latest } from './Latest.js';
import type { ChatMessage, CommonRequest } from './requestShapes.js';
import type { OwnEdit } from './ownEdits.js';
import { findModel } from './servedNames.js';
import type { TokenNames } from './TokenNames.js';

/** What requests are answered with. */
export interface Served {
    readonly batching: ContinuousBatching;
    readonly names: TokenNames;
    readonly models: readonly ModelState[];
    /** @throws ApiError 400 */
    readonly ownEdit: OwnEdit;
    /** Texts of special tokens and the chat template, for clients that tokenize through the server. */
    readonly info: Pick<ModelInfo, 'bosText' | 'eosText' | 'chatTemplate'>;
    /**
     * Writes a conversation by the model's own chat template.
     * @throws ApiError 400 where it has none, or one that refuses these messages
     */
    readonly writeChat: (messages: readonly ChatMessage[]) => Promise<string>;
}

/**
 * Asks for capacity, before anything of a request's size is made.
 * @param logProbabilities those that are kept until they are sent
 * @throws ApiError 400, 429
 */
export type Admit = (answers: number, logProbabilities: number) => void;

/** One request of a client: what it asks of the model, and how the answers, which are as many, are sent. */
export interface Exchange {
    readonly requests: readonly SingleRequest[];
    /** Where the answers come at once: a document for `jsonPieces`. */
    whole(answers: readonly TokenAnswer[]): object;
    /** Where they come in pieces, each a document for `jsonPieces`; undefined: at once. */
    readonly pieces: Pieces | undefined;
}

export interface Pieces {
    begin(): Iterable<object>;
    /** @param tokens all so far */
    grew(place: number, tokens: readonly number[], logProbabilities: readonly TokenLogProbability[]): Iterable<object>;
    ended(place: number, answer: TokenAnswer): Iterable<object>;
    end(answers: readonly TokenAnswer[]): Iterable<object>;
}

type Chosen = 'edit' | 'ownEdit' | 'temperature' | 'truncation' | 'reuse' | 'seed' | 'stops';

/** What every kind of request has. */
export interface CommonOptions extends Pick<SingleRequest, Chosen> {
    readonly stops: readonly string[];
    /** Answers to each prompt. */
    readonly answers: number;
}

/**
 * Of a request, with OpenAI's defaults.
 * @throws ApiError 400, 404
 */
export async function commonOptions(
    { model, interventions, temperature, top_p, top_k, min_p, cache_prompt, seed, stop, n }: CommonRequest,
    { models, ownEdit }: Pick<Served, 'models' | 'ownEdit'>,
): Promise<CommonOptions> {
    const edit = findModel(models, model);
    return {
        edit,
        ownEdit: interventions?.length ? await ownEdit(models[edit]!, interventions.map(interventionOf)) : undefined,
        temperature: temperature ?? 1,
        truncation: truncationOf(top_k ?? 0, top_p ?? 1, min_p ?? 0),
        reuse: cache_prompt === false ? 0 : undefined,
        seed: seed ?? randomInt(2 ** 47),
        stops: [stop ?? []].flat(),
        answers: n ?? 1,
    };
}

/** @param topK as other servers have it: -1 or 0 for all */
function truncationOf(topK: number, topP: number, minP: number): Truncation | undefined {
    return topK < 1 && topP >= 1 && minP <= 0 ? undefined : { topK: Math.max(0, topK), topP, minP };
}

/** Log-probabilities that are sent for a token: its own, and those of the likeliest. */
export function logProbabilitiesPerToken(likeliest: number | undefined): number {
    return likeliest === undefined ? 0 : 1 + likeliest;
}

/** Fields that begin a response, all of its pieces alike. */
export function headOf(kind: 'cmpl' | 'chatcmpl', object: string, model: string): Record<string, unknown> {
    return { id: `${kind}-${randomUUID()}`, object, created: Math.floor(Date.now() / 1000), model };
}

/** OpenAI's account of a request's tokens. */
interface Usage {
    readonly prompt_tokens: number;
    readonly completion_tokens: number;
    readonly total_tokens: number;
    readonly prompt_tokens_details: { readonly cached_tokens: number };
}

/** Tokens of prompts, each once, of these those that were in the KV cache, and tokens of the answers. */
export function usageOf(answers: readonly TokenAnswer[], perPrompt: number): Usage {
    const first = answers.filter((_, i) => i % perPrompt === 0);
    const prompt_tokens = sum(first, ({ request }) => request.prompt.length);
    const cached_tokens = sum(first, ({ cached }) => cached);
    const completion_tokens = sum(answers, ({ tokens }) => tokens.length);
    const total_tokens = prompt_tokens + completion_tokens;
    return { prompt_tokens, completion_tokens, total_tokens, prompt_tokens_details: { cached_tokens } };
}

/** The text of an answer, up to the first of its stops. */
export function answerText({ batching }: Served, { tokens, end }: TokenAnswer, stops: readonly string[]): string {
    const text = batching.texts.textOf(tokens);
    return textBefore(end === 'length' ? wholeCharacters(text) : text, stops);
}

/**
 * Asks all at once; where one fails, or the client has gone, the others are given up.
 * @param latest takes what is new of answers that come in pieces
 */
export async function answerExchange(
    { batching }: Pick<Served, 'batching'>,
    { requests }: Pick<Exchange, 'requests'>,
    client: AbortSignal,
    latest?: Latest,
): Promise<TokenAnswer[]> {
    const failed = new AbortController();
    const signal = AbortSignal.any([client, failed.signal]);
    setMaxListeners(0, signal); // as many as there are requests, and no warning of it
    try {
        return await Promise.all(
            requests.map(async (request, place) => {
                const onGrowth =
                    latest &&
                    ((tokens: readonly number[], logProbabilities: readonly TokenLogProbability[]): void =>
                        latest.grew(place, { tokens, logProbabilities }));
                const answer = await batching.ask({ ...request, signal, onGrowth });
                latest?.ended(place, answer);
                return answer;
            }),
        );
    } catch (cause) {
        failed.abort();
        // Only an edit that a request brings meets a model that cannot take it here: the others were set before.
        if (!hasCode(cause, 'UNSUPPORTED')) throw cause;
        throw new ApiError(400, `interventions: ${cause.message}`, { param: 'interventions', cause });
    } finally {
        latest?.close();
    }
}

/** The pieces of an exchange, made when they are taken: a client that reads slowly gets fewer and longer ones. */
export async function* exchangePieces(served: Served, exchange: Exchange, client: AbortSignal): AsyncGenerator<object> {
    const pieces = exchange.pieces!;
    const latest = new Latest();
    const all = answerExchange(served, exchange, client, latest);
    all.catch(() => undefined); // met again below, unless the client goes first
    yield* pieces.begin();
    for await (const { place, grown, answer } of latest) {
        yield* answer === undefined
            ? pieces.grew(place, grown!.tokens, grown!.logProbabilities)
            : pieces.ended(place, answer);
    }
    yield* pieces.end(await all);
}

/** Log-probabilities of an answer; undefined: none. */
export function logProbabilityChoice(likeliest: number | undefined, prompt: boolean): LogProbabilityChoice | undefined {
    return likeliest === undefined ? undefined : { prompt, answer: true, likeliest };
}
