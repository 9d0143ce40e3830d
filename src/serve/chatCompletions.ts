import type { AnswerRequest, TokenAnswer } from '../engine/Answering.js';
import type { ToldToken } from '../engine/telling.js';
import { ApiError } from './ApiError.js';
import { answerText, commonOptions, type Exchange, headOf, type Pieces, type Served, usageOf } from './Exchange.js';
import { chatLogprobs } from './logprobs.js';
import { readChat } from './requestShapes.js';
import { StreamedText } from './StreamedText.js';

/**
 * `/v1/chat/completions`
 * @throws ApiError, LanguageNeuronsError WRONG_USE, UNSUPPORTED where the model has no chat template
 */
export async function chatExchange(served: Served, body: unknown): Promise<Exchange> {
    const { answering, writeChat } = served;
    const request = readChat(body);
    const { model, messages, logprobs, top_logprobs: likeliest, stream, stream_options } = request;
    if (typeof likeliest === 'number' && logprobs !== true)
        throw new ApiError(400, 'top_logprobs: needs logprobs to be true', { param: 'top_logprobs' });
    const { answers, ...options } = commonOptions(request, served.models);
    const prompt = await answering.tokenize(await writeChat(messages), true);
    const room = answering.requestSize - answering.withBos(prompt).length;
    const maxTokens = request.max_completion_tokens ?? request.max_tokens ?? Math.max(1, room);
    const telling = logprobs === true ? { prompt: false, answer: true, likeliest: likeliest ?? 0 } : undefined;
    const requests = Array.from({ length: answers }, (_, answerNumber): AnswerRequest => ({
        prompt,
        answerNumber,
        maxTokens,
        telling,
        ...options,
    }));
    answering.check(requests[0]!);
    const tell = (told: readonly ToldToken[]): object | null =>
        telling === undefined ? null : chatLogprobs(told, answering.texts);
    const head = headOf('chatcmpl', 'chat.completion', model);
    return {
        requests,
        whole: (all) => ({
            ...head,
            choices: all.map(({ tokens, told, end }, index) => ({
                index,
                message: {
                    role: 'assistant',
                    content: answerText(served, tokens, options.stops),
                    refusal: null,
                },
                logprobs: tell(told.slice(0, tokens.length)),
                finish_reason: end,
            })),
            usage: usageOf(all, answers),
        }),
        pieces: stream === true ? pieces() : undefined,
    };

    function pieces(): Pieces {
        const texts = requests.map(() => new StreamedText(answering.texts, options.stops));
        const toldOf = requests.map(() => 0);
        const chunk = { ...head, object: 'chat.completion.chunk' };
        const piece = (
            index: number,
            delta: object,
            logprobs: object | null,
            finish_reason: TokenAnswer['end'] | null,
        ): object => ({ ...chunk, choices: [{ index, delta, logprobs, finish_reason }] });
        const fresh = (index: number, told: readonly ToldToken[]): object | null => {
            const rest = told.slice(toldOf[index]);
            toldOf[index] = told.length;
            return tell(rest);
        };
        return {
            begin: (send) => {
                for (const index of requests.keys()) send(piece(index, { role: 'assistant', content: '' }, null, null));
            },
            grew: (index, tokens, told, send) => {
                const content = texts[index]!.grow(tokens);
                if (content !== '') send(piece(index, { content }, fresh(index, told), null));
            },
            ended: (index, { tokens, told, end }, send) => {
                const content = texts[index]!.end(answerText(served, tokens, options.stops));
                if (content !== '') send(piece(index, { content }, fresh(index, told.slice(0, tokens.length)), null));
                send(piece(index, {}, null, end));
            },
            end: (all, send) => {
                if (stream_options?.include_usage === true)
                    send({ ...chunk, choices: [], usage: usageOf(all, answers) });
            },
        };
    }
}
