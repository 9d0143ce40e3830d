import type { SingleRequest } from '../engine/answers/ContinuousBatching.js';
import type { TokenAnswer } from '../engine/scheduler/AnswerRequest.js';
import { ApiError } from './ApiError.js';
import { checkRequest, checkTextLength, tokenizeTexts } from './checkRequest.js';
import {
    type Admit,
    commonOptions,
    type Exchange,
    headOf,
    logProbabilitiesPerToken,
    logProbabilityChoice,
    type Served,
} from './Exchange.js';
import { chatLogprobs } from './logprobs.js';
import { type PlacedToken, PlacedTokens } from './PlacedTokens.js';
import { readMessages } from './readMessages.js';
import { readChat } from './requestShapes.js';
import { exchangeOf } from './responses.js';

/**
 * `/v1/chat/completions`
 * @throws ApiError
 */
export async function chatExchange(served: Served, body: unknown, admit: Admit): Promise<Exchange> {
    const { batching, names } = served;
    const { texts, requestSize } = batching;
    const request = readChat(body);
    const likeliest = likeliestOf(request);
    const { answers, ...options } = await commonOptions(request, served);
    const asked = request.max_completion_tokens ?? request.max_tokens ?? undefined;
    admit(answers, answers * logProbabilitiesPerToken(likeliest) * Math.min((asked ?? requestSize) + 1, requestSize));
    const prompt = await promptOf(served, request.messages);
    const maxTokens = asked ?? Math.max(1, requestSize - prompt.length);
    const logProbabilities = logProbabilityChoice(likeliest, false);
    const requests = Array.from({ length: answers }, (_, answerNumber): SingleRequest => ({
        ...{ prompt, answerNumber, maxTokens, logProbabilities },
        ...options,
    }));
    checkRequest(batching, requests[0]!);
    const logprobsOf = (tokens: readonly PlacedToken[]): object | null =>
        likeliest === undefined ? null : chatLogprobs(tokens, names);
    const piece = (
        index: number,
        delta: object,
        logprobs: object | null,
        finish_reason: TokenAnswer['end'] | null,
    ): object => ({ index, delta, logprobs, finish_reason });
    const head = headOf('chatcmpl', 'chat.completion', request.model);
    return exchangeOf(served, {
        ...{ requests, answers, head },
        stops: options.stops,
        stream: request.stream === true,
        includeUsage: request.stream_options?.include_usage === true,
        pieceHead: { ...head, object: 'chat.completion.chunk' },
        ending: false,
        choice: (index, content, all) => ({
            index,
            message: { role: 'assistant', content, refusal: null },
            logprobs: logprobsOf(PlacedTokens.whole(texts, all[index]!, content, false)),
            finish_reason: all[index]!.end,
        }),
        opening: (index) => [piece(index, { role: 'assistant', content: '' }, null, null)],
        growth: (index, content, tokens) => piece(index, { content }, logprobsOf(tokens), null),
        closing: (index, content, tokens, end) => [
            ...(content === '' && tokens.length === 0 ? [] : [piece(index, { content }, logprobsOf(tokens), null)]),
            piece(index, {}, null, end),
        ],
    });
}

/** Log-probabilities of the likeliest tokens that are sent for each token; undefined: none are. */
function likeliestOf({ logprobs, top_logprobs: top }: ReturnType<typeof readChat>): number | undefined {
    if (typeof top === 'number' && logprobs !== true)
        throw new ApiError(400, 'top_logprobs: needs logprobs to be true', { param: 'top_logprobs' });
    return logprobs === true ? (top ?? 0) : undefined;
}

/** The conversation by the model's chat template, as tokens. */
async function promptOf({ batching, writeChat }: Served, messages: readonly unknown[]): Promise<Int32Array> {
    const written = await writeChat(await readMessages(messages, batching));
    checkTextLength(batching, written, 'messages');
    const [plain] = await tokenizeTexts(batching, [written], 'messages');
    return batching.withBos(plain!);
}
