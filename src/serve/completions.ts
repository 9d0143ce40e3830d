import type { AnswerRequest, TokenAnswer } from '../engine/scheduler/AnswerRequest.js';
import { ApiError } from './ApiError.js';
import { checkRequest, tokenizeTexts } from './checkRequest.js';
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
import { completionLogprobs } from './logprobs.js';
import { countPrompts, readPrompts } from './readPrompts.js';
import { readCompletion } from './requestShapes.js';
import { StreamedText } from './StreamedText.js';
import { type PlacedToken, PlacedTokens } from './PlacedTokens.js';
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
    const { texts } = batching;
    const request = readCompletion(body);
    const { model, stream, stream_options, logprobs, best_of: bestOf } = request;
    const echo = request.echo === true;
    const likeliest = logprobs ?? undefined;
    const maxTokens = request.max_tokens ?? defaultMaxTokens;
    const { answers, ...options } = commonOptions(request, served.models);
    if (bestOf !== undefined && bestOf !== null && bestOf !== answers)
        throw new ApiError(400, 'best_of: is not supported; leave it out', { param: 'best_of' });
    if (stream === true && echo && likeliest !== undefined)
        throw new ApiError(400, 'stream: is not supported with echo and logprobs; leave one out', { param: 'stream' });
    const count = countPrompts(request.prompt);
    const ofAnswers = Math.min(maxTokens + 1, batching.requestSize) * answers;
    admit(
        count * answers,
        count * logProbabilitiesPerToken(likeliest) * (ofAnswers + (echo ? batching.requestSize : 0)),
    );
    const prompts = await promptsOf(served, request.prompt, echo);
    const requests = prompts.flatMap(({ whole }, promptNumber) =>
        Array.from({ length: answers }, (_, answerNumber): AnswerRequest => {
            const logProbabilities = logProbabilityChoice(likeliest, echo && answerNumber === 0);
            return { prompt: whole, promptNumber, answerNumber, maxTokens, logProbabilities, ...options };
        }),
    );
    for (let i = 0; i < requests.length; i += answers) checkRequest(batching, requests[i]!);
    const head = headOf('cmpl', 'text_completion', model);
    const promptOf = (place: number): CompletionPrompt => prompts[Math.floor(place / answers)]!;
    const choice = (all: readonly TokenAnswer[], place: number): object => {
        const answer = all[place]!;
        const text = answerText(served, answer, options.stops);
        const before = echo ? promptOf(place).text : '';
        const tokens = (): PlacedToken[] => [
            ...(echo ? echoed(promptOf(place), all[place - (place % answers)]!) : []),
            ...PlacedTokens.whole(texts, answer, text, true, charactersOf(before)),
        ];
        return {
            index: place,
            text: before + text,
            logprobs: likeliest === undefined ? null : completionLogprobs(tokens(), names),
            finish_reason: answer.end,
        };
    };
    return {
        requests,
        whole: (all) => ({
            ...head,
            choices: JsonList.of(all, (_, place) => choice(all, place)),
            usage: usageOf(all, answers),
        }),
        pieces: stream === true ? pieces() : undefined,
    };

    /** The prompt's tokens, with the log-probabilities that came with its first answer. */
    function echoed({ whole, tokens, text }: CompletionPrompt, { promptLogProbabilities }: TokenAnswer): PlacedToken[] {
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

    function pieces(): Pieces {
        const streams = requests.map(() => ({
            text: new StreamedText(texts, options.stops),
            placed: new PlacedTokens(texts, { ending: true }),
        }));
        const piece = (
            place: number,
            text: string,
            tokens: readonly PlacedToken[],
            finish_reason: TokenAnswer['end'] | null,
        ): object => {
            const logprobs = likeliest === undefined ? null : completionLogprobs(tokens, names);
            return { ...head, choices: JsonList.of([{ index: place, text, logprobs, finish_reason }]) };
        };
        return {
            *begin() {
                if (!echo) return;
                for (const place of requests.keys()) yield piece(place, promptOf(place).text, [], null);
            },
            *grew(place, tokens, logProbabilities) {
                const { text, placed } = streams[place]!;
                const fresh = text.grow(tokens);
                if (fresh === '') return;
                yield piece(place, fresh, placed.grow(logProbabilities, text.characters), null);
            },
            *ended(place, answer) {
                const { text, placed } = streams[place]!;
                const whole = answerText(served, answer, options.stops);
                const fresh = text.end(whole);
                yield piece(place, fresh, placed.rest(answer, whole, text.characters), answer.end);
            },
            *end(all) {
                if (stream_options?.include_usage === true)
                    yield { ...head, choices: [], usage: usageOf(all, answers) };
            },
        };
    }
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
