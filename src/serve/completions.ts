import type { AnswerRequest, TokenAnswer } from '../engine/Answering.js';
import type { ToldToken } from '../engine/telling.js';
import { ApiError } from './ApiError.js';
import { answerText, commonOptions, type Exchange, headOf, type Pieces, type Served, usageOf } from './Exchange.js';
import { type CompletionLogprobs, completionLogprobs, type TokenOf } from './logprobs.js';
import { type CompletionRequest, readCompletion } from './requestShapes.js';
import { StreamedText } from './StreamedText.js';

/** OpenAI's. */
const defaultMaxTokens = 16;

/** A prompt, and its text where it is echoed. */
interface CompletionPrompt {
    readonly tokens: Int32Array;
    readonly text: string;
}

/**
 * `/v1/completions`
 * @throws ApiError, LanguageNeuronsError WRONG_USE
 */
export async function completionExchange(served: Served, body: unknown): Promise<Exchange> {
    const request = readCompletion(body);
    const { model, stream, stream_options } = request;
    const { echo, logprobs, best_of: bestOf } = request;
    const { answers, ...options } = commonOptions(request, served.models);
    if (bestOf !== undefined && bestOf !== null && bestOf !== answers)
        throw new ApiError(400, 'best_of: is not supported; leave it out', { param: 'best_of' });
    if (stream === true && echo === true && typeof logprobs === 'number')
        throw new ApiError(400, 'stream: is not supported with echo and logprobs; leave one out', { param: 'stream' });
    const prompts = await promptsOf(served, request);
    const told = typeof logprobs === 'number' ? logprobs : undefined;
    const requests = prompts.flatMap(({ tokens: prompt }, promptNumber) =>
        Array.from({ length: answers }, (_, answerNumber): AnswerRequest => {
            const telling =
                told === undefined
                    ? undefined
                    : { prompt: echo === true && answerNumber === 0, answer: true, likeliest: told };
            const maxTokens = request.max_tokens ?? defaultMaxTokens;
            return { prompt, promptNumber, answerNumber, maxTokens, telling, ...options };
        }),
    );
    for (const one of requests) served.answering.check(one);
    const head = headOf('cmpl', 'text_completion', model);
    const promptOf = (place: number): CompletionPrompt => prompts[Math.floor(place / answers)]!;
    const choice = (all: readonly TokenAnswer[], place: number): object => {
        const answer = all[place]!;
        const prompt = echo === true ? promptOf(place) : undefined;
        const text = answerText(served, answer.tokens, options.stops);
        const ofPrompt = all[place - (place % answers)]!.toldOfPrompt;
        return {
            index: place,
            text: (prompt?.text ?? '') + text,
            logprobs: told === undefined ? null : logprobsOf(served, answer, text, prompt, ofPrompt),
            finish_reason: answer.end,
        };
    };
    return {
        requests,
        whole: (all) => ({
            ...head,
            choices: all.map((_, place) => choice(all, place)),
            usage: usageOf(all, answers),
        }),
        pieces: stream === true ? pieces() : undefined,
    };

    function pieces(): Pieces {
        const texts = requests.map(() => new StreamedText(served.answering.texts, options.stops));
        const lengths = requests.map(() => ({ tokens: 0, text: 0 }));
        const piece = (
            place: number,
            text: string,
            fresh: readonly ToldToken[],
            finish_reason: TokenAnswer['end'] | null,
        ): object => {
            const offset = lengths[place]!.text;
            lengths[place]!.tokens += fresh.length;
            lengths[place]!.text += text.length;
            const tokens = fresh.map((one) => ({ token: one.token, told: one }));
            const logprobs = told === undefined ? null : completionLogprobs(tokens, served.answering.texts, offset);
            return { ...head, choices: [{ index: place, text, logprobs, finish_reason }] };
        };
        return {
            begin: (send) => {
                if (echo !== true) return;
                for (const place of requests.keys()) send(piece(place, promptOf(place).text, [], null));
            },
            grew: (place, tokens, toldSoFar, send) => {
                const text = texts[place]!.grow(tokens);
                if (text !== '') send(piece(place, text, toldSoFar.slice(lengths[place]!.tokens), null));
            },
            ended: (place, answer, send) => {
                const text = texts[place]!.end(answerText(served, answer.tokens, options.stops));
                send(piece(place, text, answer.told.slice(lengths[place]!.tokens), answer.end));
            },
            end: (all, send) => {
                if (stream_options?.include_usage === true)
                    send({ ...head, choices: [], usage: usageOf(all, answers) });
            },
        };
    }
}

async function promptsOf({ answering }: Served, { prompt, echo }: CompletionRequest): Promise<CompletionPrompt[]> {
    const list = typeof prompt === 'string' || typeof prompt[0] === 'number' ? [prompt] : prompt;
    return Promise.all(
        (list as (string | number[])[]).map(async (one) => {
            // As other servers do: a client that writes a chat template itself writes special tokens out.
            if (typeof one === 'string') return { tokens: await answering.tokenize(one, true), text: one };
            const tokens = Int32Array.from(one);
            answering.check({ prompt: tokens, maxTokens: 0 }); // each is one of the vocabulary's
            return { tokens, text: echo === true ? answering.texts.textOf(tokens, true) : '' };
        }),
    );
}

/** Of the prompt too, where it is echoed; without what stands behind a stop. */
function logprobsOf(
    { answering: { texts } }: Served,
    { prompt: whole, tokens, told }: TokenAnswer,
    text: string,
    prompt: CompletionPrompt | undefined,
    toldOfPrompt: readonly ToldToken[],
): CompletionLogprobs {
    const answer = completionLogprobs(
        told.map((one) => ({ token: one.token, told: one })),
        texts,
        prompt?.text.length ?? 0,
    );
    const length = (prompt?.text.length ?? 0) + text.length;
    const stopped = text.length < texts.textOf(tokens).length;
    const kept = stopped ? answer.text_offset.filter((offset) => offset < length).length : told.length;
    const cut = <T>(list: T[]): T[] => list.slice(0, kept);
    const lead = whole.length - (prompt?.tokens.length ?? 0); // 1 where BOS was put before it
    const echoed =
        prompt &&
        completionLogprobs(
            Array.from(prompt.tokens, (token, i): TokenOf => ({ token, told: toldOfPrompt[i + lead - 1] })),
            texts,
            0,
            Math.max(0, texts.textOf(prompt.tokens, true).length - prompt.text.length),
        );
    return {
        tokens: [...(echoed?.tokens ?? []), ...cut(answer.tokens)],
        token_logprobs: [...(echoed?.token_logprobs ?? []), ...cut(answer.token_logprobs)],
        top_logprobs: [...(echoed?.top_logprobs ?? []), ...cut(answer.top_logprobs)],
        text_offset: [...(echoed?.text_offset ?? []), ...cut(answer.text_offset)],
    };
}
