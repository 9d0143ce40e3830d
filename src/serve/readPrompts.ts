import type { ContinuousBatching } from '../engine/answers/ContinuousBatching.js';
import { Turns } from '../support/Turns.js';
import { ApiError } from './ApiError.js';
import { checkLength, checkTextLength, wrongTokens } from './checkRequest.js';
import { checkText } from './requestShapes.js';

/** As a client gives it. */
export type GivenPrompt = string | Int32Array;

const kinds = 'must be a text, a list of texts, a list of tokens or a list of such lists';

/** How many prompts a request has, before any of them is looked at. @throws ApiError 400 for none */
export function countPrompts(prompt: unknown): number {
    if (typeof prompt === 'string') return 1;
    if (!Array.isArray(prompt) || prompt.length === 0) throw new ApiError(400, `prompt: ${kinds}`, { param: 'prompt' });
    return typeof prompt[0] === 'number' ? 1 : prompt.length;
}

/**
 * Each prompt, of a length that may fit into a request.
 * @throws ApiError 400
 */
export async function readPrompts(prompt: unknown, batching: ContinuousBatching): Promise<GivenPrompt[]> {
    const list: readonly unknown[] = Array.isArray(prompt) && typeof prompt[0] !== 'number' ? prompt : [prompt];
    const ofTexts = typeof list[0] === 'string';
    const read: GivenPrompt[] = [];
    for (const [i, one] of list.entries()) {
        const param = list === prompt ? `prompt.${i}` : 'prompt';
        if (typeof one === 'string' && ofTexts) read.push(readText(one, param, batching));
        else if (Array.isArray(one) && !ofTexts && one.length > 0) {
            checkLength(batching, one.length, 0);
            read.push(await readTokens(one, param, batching));
        } else throw new ApiError(400, `${param}: ${kinds}`, { param: 'prompt' });
    }
    return read;
}

function readText(given: string, param: string, batching: ContinuousBatching): string {
    checkTextLength(batching, given, param);
    return checkText(given, param);
}

/**
 * Tokens of the vocabulary.
 * @throws ApiError 400 for what is none
 */
export async function readTokens(
    given: readonly unknown[],
    param: string,
    batching: ContinuousBatching,
): Promise<Int32Array> {
    const turns = new Turns();
    const tokens = new Int32Array(given.length);
    for (const [i, token] of given.entries()) {
        if (typeof token !== 'number' || !batching.texts.has(token)) throw wrongTokens(batching, param, i, token);
        tokens[i] = token;
        if (i % 1024 === 0 && turns.due) await turns.give();
    }
    return tokens;
}
