import type { ContinuousBatching, SingleRequest } from '../engine/answers/ContinuousBatching.js';
import { type ErrorCode, hasCode, LanguageNeuronsError } from '../errors.js';
import { ApiError } from './ApiError.js';

/** Codes by which a tokenizer refuses a text, as one without blanks that is too long. */
const textFailures: ReadonlySet<ErrorCode> = new Set(['WRONG_USE', 'UNSUPPORTED']);

/**
 * Refuses a request that the model would not take.
 * @throws ApiError 400
 */
export function checkRequest(batching: ContinuousBatching, request: SingleRequest): void {
    checkLength(batching, batching.lengthWithBos(request.prompt), request.maxTokens);
    try {
        batching.check(request);
    } catch (cause) {
        const wrong = hasCode(cause, 'WRONG_USE');
        throw wrong ? new ApiError(400, cause.message, { cause }) : cause;
    }
}

/** @throws ApiError 400 for a prompt that leaves no room for its answer */
export function checkLength({ requestSize }: ContinuousBatching, prompt: number, answer: number): void {
    if (prompt + answer <= requestSize) return;
    const asked = answer === 0 ? '' : ` with an answer of up to ${answer}`;
    throw tooLong(`a prompt of ${prompt} tokens${asked} is longer than the ${requestSize} tokens of a request`);
}

/**
 * No tokenizer makes fewer tokens of a text than it takes of the longest ones.
 * @throws ApiError 400 for one that cannot fit
 */
export function checkTextLength({ requestSize, texts }: ContinuousBatching, text: string, param: string): void {
    const most = requestSize * texts.longest;
    if (text.length <= most) return;
    throw tooLong(
        `${param}: a text of ${text.length} characters is longer than the ${requestSize} tokens of a request, which ` +
            `have at most ${most}`,
    );
}

/**
 * Tokens of texts; special tokens written out in them are these tokens.
 * @throws ApiError 400 for a text that the model's tokenizer cannot take
 */
export async function tokenizeTexts(
    batching: ContinuousBatching,
    texts: readonly string[],
    param: string,
): Promise<Int32Array[]> {
    try {
        return texts.length === 0 ? [] : await batching.tokenizeAll(texts, true);
    } catch (cause) {
        const ofText = cause instanceof LanguageNeuronsError && textFailures.has(cause.code);
        if (!ofText) throw cause;
        throw new ApiError(
            400,
            `${param}: the model's tokenizer cannot split this text; send another text, or a part of it`,
            {
                param,
                cause,
            },
        );
    }
}

export function tooLong(message: string): ApiError {
    return new ApiError(400, message, { code: 'context_length_exceeded' });
}

/** Of the first that is no token of the vocabulary. */
export function wrongTokens({ texts }: ContinuousBatching, param: string, place: number, given: unknown): ApiError {
    const what = typeof given === 'number' ? `no token ${given}` : 'only numbers for tokens';
    return new ApiError(
        400,
        `${param}.${place}: the model has ${what}; its tokens are whole numbers from 0 to ${texts.size - 1}`,
    );
}
