import { randomInt, randomUUID } from 'node:crypto';
import type { Answering, AnswerRequest, TokenAnswer } from '../engine/Answering.js';
import type { ToldToken } from '../engine/telling.js';
import { textBefore } from '../engine/stops.js';
import type { ChatMessage, CommonRequest } from './requestShapes.js';
import { findModel, type ServedModel } from './ServedModel.js';

/** What requests are answered with. */
export interface Served {
    readonly answering: Answering;
    readonly models: readonly ServedModel[];
    /**
     * Writes a conversation by the model's own chat template.
     * @throws LanguageNeuronsError UNSUPPORTED where it has none
     */
    readonly writeChat: (messages: readonly ChatMessage[]) => Promise<string>;
}

/** Sends a piece of a streamed answer. */
export type Send = (piece: object) => void;

/** One request of a client: what it asks of the model, and what it is told of the answers, which are as many. */
export interface Exchange {
    readonly requests: readonly AnswerRequest[];
    /** Where the answers come at once. */
    whole(answers: readonly TokenAnswer[]): object;
    /** Where they come in pieces; undefined: at once. */
    readonly pieces: Pieces | undefined;
}

export interface Pieces {
    begin(send: Send): void;
    /** @param tokens all so far */
    grew(place: number, tokens: readonly number[], told: readonly ToldToken[], send: Send): void;
    ended(place: number, answer: TokenAnswer, send: Send): void;
    end(answers: readonly TokenAnswer[], send: Send): void;
}

/** What every kind of request has. */
export interface CommonOptions extends Pick<AnswerRequest, 'edit' | 'temperature' | 'seed' | 'stops'> {
    readonly stops: readonly string[];
    /** Answers to each prompt. */
    readonly answers: number;
}

/** Of a request, with OpenAI's defaults. */
export function commonOptions(
    { model, temperature, seed, stop, n }: CommonRequest,
    models: readonly ServedModel[],
): CommonOptions {
    return {
        edit: findModel(models, model),
        temperature: temperature ?? 1,
        seed: seed ?? randomInt(2 ** 47),
        stops: [stop ?? []].flat(),
        answers: n ?? 1,
    };
}

/** Fields that begin a response, all of its pieces alike. */
export function headOf(kind: 'cmpl' | 'chatcmpl', object: string, model: string): Record<string, unknown> {
    return { id: `${kind}-${randomUUID()}`, object, created: Math.floor(Date.now() / 1000), model };
}

/** Tokens of prompts, each once, and of their answers. */
export function usageOf(
    answers: readonly TokenAnswer[],
    perPrompt: number,
): Record<'prompt_tokens' | 'completion_tokens' | 'total_tokens', number> {
    const prompt_tokens = answers.reduce((sum, { prompt }, i) => sum + (i % perPrompt === 0 ? prompt.length : 0), 0);
    const completion_tokens = answers.reduce((sum, { tokens }) => sum + tokens.length, 0);
    return { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens };
}

/** The text of an answer, up to the first of its stops. */
export function answerText({ answering }: Served, tokens: ArrayLike<number>, stops: readonly string[]): string {
    return textBefore(answering.texts.textOf(tokens), stops);
}

/**
 * Asks all at once; where one fails, or the client has gone, the others are given up.
 * @param send where they come in pieces
 */
export async function answerExchange(
    { answering }: Served,
    { requests, pieces }: Exchange,
    client: AbortSignal,
    send: Send,
): Promise<TokenAnswer[]> {
    const failed = new AbortController();
    const signal = AbortSignal.any([client, failed.signal]);
    try {
        return await Promise.all(
            requests.map(async (request, place) => {
                const onGrowth =
                    pieces &&
                    ((tokens: readonly number[], told: readonly ToldToken[]): void =>
                        pieces.grew(place, tokens, told, send));
                const answer = await answering.ask({ ...request, signal, onGrowth });
                pieces?.ended(place, answer, send);
                return answer;
            }),
        );
    } catch (cause) {
        failed.abort();
        throw cause;
    }
}
