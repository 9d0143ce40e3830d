import type { AnswerRequest, TokenAnswer } from '../engine/scheduler/AnswerRequest.js';
import { ApiError } from './ApiError.js';
import { checkRequest, checkTextLength, tokenizeTexts } from './checkRequest.js';
import {
    type Admit,
    answerText,
    commonOptions,
    type Exchange,
    headOf,
    type Pieces,
    type Served,
    logProbabilitiesPerToken,
    logProbabilityChoice,
    usageOf,
} from './Exchange.js';
import { JsonList } from './json.js';
import { chatLogprobs } from './logprobs.js';
import { readMessages } from './readMessages.js';
import { readChat } from './requestShapes.js';
import { StreamedText } from './StreamedText.js';
import { type PlacedToken, PlacedTokens } from './PlacedTokens.js';

/**
 * `/v1/chat/completions`
 * @throws ApiError
 */
export async function chatExchange(served: Served, body: unknown, admit: Admit): Promise<Exchange> {
    const { batching, writeChat, names } = served;
    const { texts, requestSize } = batching;
    const request = readChat(body);
    const { model, logprobs, top_logprobs, stream, stream_options } = request;
    if (typeof top_logprobs === 'number' && logprobs !== true)
        throw new ApiError(400, 'top_logprobs: needs logprobs to be true', { param: 'top_logprobs' });
    const likeliest = logprobs === true ? (top_logprobs ?? 0) : undefined;
    const { answers, ...options } = commonOptions(request, served.models);
    const asked = request.max_completion_tokens ?? request.max_tokens ?? undefined;
    admit(answers, answers * logProbabilitiesPerToken(likeliest) * Math.min((asked ?? requestSize) + 1, requestSize));
    const written = await writeChat(await readMessages(request.messages, batching));
    checkTextLength(batching, written, 'messages');
    const [plain] = await tokenizeTexts(batching, [written], 'messages');
    const prompt = batching.withBos(plain!);
    const maxTokens = asked ?? Math.max(1, requestSize - prompt.length);
    const requests = Array.from({ length: answers }, (_, answerNumber): AnswerRequest => ({
        prompt,
        answerNumber,
        maxTokens,
        logProbabilities: logProbabilityChoice(likeliest, false),
        ...options,
    }));
    checkRequest(batching, requests[0]!);
    const logprobsOf = (tokens: readonly PlacedToken[]): object | null =>
        likeliest === undefined ? null : chatLogprobs(tokens, names);
    const head = headOf('chatcmpl', 'chat.completion', model);
    return {
        requests,
        whole: (all) => ({
            ...head,
            choices: JsonList.of(all, (answer, index) => {
                const content = answerText(served, answer, options.stops);
                return {
                    index,
                    message: { role: 'assistant', content, refusal: null },
                    logprobs: logprobsOf(PlacedTokens.whole(texts, answer, content, false)),
                    finish_reason: answer.end,
                };
            }),
            usage: usageOf(all, answers),
        }),
        pieces: stream === true ? pieces() : undefined,
    };

    function pieces(): Pieces {
        const streams = requests.map(() => ({
            text: new StreamedText(texts, options.stops),
            placed: new PlacedTokens(texts, { ending: false }),
        }));
        const chunk = { ...head, object: 'chat.completion.chunk' };
        const piece = (
            index: number,
            delta: object,
            logprobs: object | null,
            finish_reason: TokenAnswer['end'] | null,
        ): object => ({ ...chunk, choices: JsonList.of([{ index, delta, logprobs, finish_reason }]) });
        return {
            *begin() {
                for (const index of requests.keys()) yield piece(index, { role: 'assistant', content: '' }, null, null);
            },
            *grew(index, tokens, logProbabilities) {
                const { text, placed } = streams[index]!;
                const content = text.grow(tokens);
                if (content === '') return;
                yield piece(index, { content }, logprobsOf(placed.grow(logProbabilities, text.characters)), null);
            },
            *ended(index, answer) {
                const { text, placed } = streams[index]!;
                const whole = answerText(served, answer, options.stops);
                const content = text.end(whole);
                const rest = placed.rest(answer, whole, text.characters);
                if (content !== '' || rest.length > 0) yield piece(index, { content }, logprobsOf(rest), null);
                yield piece(index, {}, null, answer.end);
            },
            *end(all) {
                if (stream_options?.include_usage === true)
                    yield { ...chunk, choices: [], usage: usageOf(all, answers) };
            },
        };
    }
}
