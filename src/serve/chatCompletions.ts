import type { AnswerRequest, TokenAnswer } from '../engine/Answering.js';
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
    tellingOf,
    toldOfToken,
    usageOf,
} from './Exchange.js';
import { JsonList } from './json.js';
import { chatLogprobs } from './logprobs.js';
import { readMessages } from './readMessages.js';
import { readChat } from './requestShapes.js';
import { StreamedText } from './StreamedText.js';
import { type PlacedToken, ToldAnswer } from './ToldAnswer.js';

/**
 * `/v1/chat/completions`
 * @throws ApiError
 */
export async function chatExchange(served: Served, body: unknown, admit: Admit): Promise<Exchange> {
    const { answering, writeChat, names } = served;
    const { texts, requestSize } = answering;
    const request = readChat(body);
    const { model, logprobs, top_logprobs, stream, stream_options } = request;
    if (typeof top_logprobs === 'number' && logprobs !== true)
        throw new ApiError(400, 'top_logprobs: needs logprobs to be true', { param: 'top_logprobs' });
    const told = logprobs === true ? (top_logprobs ?? 0) : undefined;
    const { answers, ...options } = commonOptions(request, served.models);
    const asked = request.max_completion_tokens ?? request.max_tokens ?? undefined;
    admit(answers, answers * toldOfToken(told) * Math.min((asked ?? requestSize) + 1, requestSize));
    const written = await writeChat(await readMessages(request.messages, answering));
    checkTextLength(answering, written, 'messages');
    const [plain] = await tokenizeTexts(answering, [written], 'messages');
    const prompt = answering.withBos(plain!);
    const maxTokens = asked ?? Math.max(1, requestSize - prompt.length);
    const requests = Array.from({ length: answers }, (_, answerNumber): AnswerRequest => ({
        prompt,
        answerNumber,
        maxTokens,
        telling: tellingOf(told, false),
        ...options,
    }));
    checkRequest(answering, requests[0]!);
    const tell = (tokens: readonly PlacedToken[]): object | null =>
        told === undefined ? null : chatLogprobs(tokens, names);
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
                    logprobs: tell(ToldAnswer.whole(texts, answer, content, false)),
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
            told: new ToldAnswer(texts, { ending: false }),
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
            *grew(index, tokens, toldSoFar) {
                const { text, told } = streams[index]!;
                const content = text.grow(tokens);
                if (content !== '') yield piece(index, { content }, tell(told.grow(toldSoFar, text.characters)), null);
            },
            *ended(index, answer) {
                const { text, told } = streams[index]!;
                const whole = answerText(served, answer, options.stops);
                const content = text.end(whole);
                const rest = told.rest(answer, whole, text.characters);
                if (content !== '' || rest.length > 0) yield piece(index, { content }, tell(rest), null);
                yield piece(index, {}, null, answer.end);
            },
            *end(all) {
                if (stream_options?.include_usage === true)
                    yield { ...chunk, choices: [], usage: usageOf(all, answers) };
            },
        };
    }
}
