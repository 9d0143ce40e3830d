import type { SingleRequest } from '../engine/answers/ContinuousBatching.js';
import type { TokenAnswer } from '../engine/scheduler/AnswerRequest.js';
import type { TokenTexts } from '../engine/passes/TokenTexts.js';
import { ApiError } from './ApiError.js';
import { checkRequest, tokenizeTexts } from './checkRequest.js';
import {
    type Admit,
    commonOptions,
    type Exchange,
    headOf,
    logProbabilitiesPerToken,
    logProbabilityChoice,
    type Served,
} from './Exchange.js';
import { completionLogprobs } from './logprobs.js';
import { type PlacedToken, PlacedTokens } from './PlacedTokens.js';
import { countPrompts, readPrompts } from './readPrompts.js';
import { readCompletion } from './requestShapes.js';
import { exchangeOf } from './responses.js';
import { charactersOf, TokenPlaces } from './TokenPlaces.js';

/** OpenAI's. */
const defaultMaxTokens = 16;

/** A prompt as the model reads it, without a BOS that was put before it, and its text where it is echoed. */
interface CompletionPrompt {
    readonly whole: Int32Array;
    readonly tokens: Int32Array;
    readonly text: string;
}

/**
 * `/v1/completions`
 * @throws ApiError
 */
export async function completionExchange(served: Served, body: unknown, admit: Admit): Promise<Exchange> {
    const { batching, names } = served;
    const { texts, requestSize } = batching;
    const request = readCompletion(body);
    const echo = request.echo === true;
    const likeliest = request.logprobs ?? undefined;
    const maxTokens = request.max_tokens ?? defaultMaxTokens;
    const { answers, ...options } = await commonOptions(request, served);
    checkTogether(request, answers);
    const count = countPrompts(request.prompt);
    const ofAnswers = Math.min(maxTokens + 1, requestSize) * answers;
    admit(count * answers, count * logProbabilitiesPerToken(likeliest) * (ofAnswers + (echo ? requestSize : 0)));
    const prompts = await promptsOf(served, request.prompt, echo);
    const requests = prompts.flatMap(({ whole }, promptNumber) =>
        Array.from({ length: answers }, (_, answerNumber): SingleRequest => {
            const logProbabilities = logProbabilityChoice(likeliest, echo && answerNumber === 0);
            return { prompt: whole, promptNumber, answerNumber, maxTokens, logProbabilities, ...options };
        }),
    );
    for (let i = 0; i < requests.length; i += answers) checkRequest(batching, requests[i]!);
    const promptOf = (place: number): CompletionPrompt => prompts[Math.floor(place / answers)]!;
    /** @param tokens made only where they are sent */
    const choice = (
        index: number,
        text: string,
        tokens: () => readonly PlacedToken[],
        finish_reason: TokenAnswer['end'] | null,
    ): object => {
        const logprobs = likeliest === undefined ? null : completionLogprobs(tokens(), names);
        return { index, text, logprobs, finish_reason };
    };
    const head = headOf('cmpl', 'text_completion', request.model);
    return exchangeOf(served, {
        ...{ requests, answers, head },
        stops: options.stops,
        stream: request.stream === true,
        includeUsage: request.stream_options?.include_usage === true,
        pieceHead: head,
        ending: true,
        choice(place, text, all) {
            const answer = all[place]!;
            const before = echo ? promptOf(place).text : '';
            const tokens = (): PlacedToken[] => [
                ...(echo ? echoed(texts, promptOf(place), all[place - (place % answers)]!) : []),
                ...PlacedTokens.whole(texts, answer, text, true, charactersOf(before)),
            ];
            return choice(place, before + text, tokens, answer.end);
        },
        opening: (place) => (echo ? [choice(place, promptOf(place).text, () => [], null)] : []),
        growth: (place, text, tokens) => choice(place, text, () => tokens, null),
        closing: (place, text, tokens, end) => [choice(place, text, () => tokens, end)],
    });
}

/** @throws ApiError 400 for fields that are not supported beside others */
function checkTogether(
    { best_of: bestOf, stream, echo, logprobs }: ReturnType<typeof readCompletion>,
    answers: number,
): void {
    if (bestOf !== undefined && bestOf !== null && bestOf !== answers)
        throw new ApiError(400, 'best_of: is not supported; leave it out', { param: 'best_of' });
    if (stream === true && echo === true && typeof logprobs === 'number')
        throw new ApiError(400, 'stream: is not supported with echo and logprobs; leave one out', { param: 'stream' });
}

/** The prompt's tokens, with the log-probabilities that came with its first answer. */
function echoed(
    texts: TokenTexts,
    { whole, tokens, text }: CompletionPrompt,
    { promptLogProbabilities }: TokenAnswer,
): PlacedToken[] {
    // Of tokens the text leaves some out at its beginning, such as a blank.
    const skipped = Math.max(0, charactersOf(texts.textOf(tokens, true)) - charactersOf(text));
    const places = new TokenPlaces(texts, -skipped, true);
    const lead = whole.length - tokens.length; // 1 where BOS was put before it
    return Array.from(tokens, (token, i) => ({
        token,
        logProbabilities: promptLogProbabilities[i + lead - 1],
        begin: Math.max(0, places.next(token)),
    }));
}

async function promptsOf({ batching }: Served, given: unknown, echo: boolean): Promise<CompletionPrompt[]> {
    const read = await readPrompts(given, batching);
    const written = read.filter((one) => typeof one === 'string');
    // As other servers do: a client that writes a chat template itself writes special tokens out.
    const tokenized = await tokenizeTexts(batching, written, 'prompt');
    return read.map((one, i) => {
        const tokens = typeof one === 'string' ? tokenized[i]! : one;
        const text = typeof one === 'string' ? one : echo ? batching.texts.textOf(tokens, true) : '';
        return { whole: batching.withBos(tokens), tokens, text };
    });
}
