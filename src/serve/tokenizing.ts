import { setImmediate } from 'node:timers/promises';
import type { ContinuousBatching } from '../engine/ContinuousBatching.js';
import { tokenizeTexts } from './checkRequest.js';
import { JsonList, JsonText } from './json.js';
import { readTokens } from './readPrompts.js';
import { readDetokenize, readTokenize } from './requestShapes.js';
import type { TokenNames } from './TokenNames.js';

/** Tokens whose text is written together. */
const together = 1024;

/**
 * `/tokenize`, as vLLM has it: lm-evaluation-harness tokenizes by it where its user gives it no tokenizer. BOS comes
 * first where the model asks for one, unless `add_special_tokens` is false.
 * @returns a document for `jsonPieces`
 * @throws ApiError 400
 */
export async function tokenize(batching: ContinuousBatching, names: TokenNames, body: unknown): Promise<object> {
    const { prompt, add_special_tokens: added, return_token_strs: named } = readTokenize(body);
    await setImmediate(); // its text is written as UTF-8 next
    const [plain] = await tokenizeTexts(batching, [prompt], 'prompt');
    const tokens = added === false ? plain! : batching.withBos(plain!);
    return {
        tokens: JsonList.of(tokens),
        count: tokens.length,
        max_model_len: batching.requestSize,
        token_strs: named === true ? JsonList.of(tokens, (token) => names.nameOf(token)) : null,
    };
}

/**
 * `/detokenize`, special tokens written out.
 * @returns a document for `jsonPieces`
 * @throws ApiError 400 for tokens that the vocabulary lacks
 */
export async function detokenize(batching: ContinuousBatching, body: unknown): Promise<object> {
    const tokens = await readTokens(readDetokenize(body).tokens, 'tokens', batching);
    return { prompt: new JsonText(textsOf(tokens, batching)) };
}

/** The text of tokens in parts; a character may lie in tokens of two. */
function* textsOf(tokens: Int32Array, { texts }: ContinuousBatching): Generator<string> {
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    for (let from = 0; from < tokens.length; from += together) {
        const bytes = texts.allBytesOf(tokens.subarray(from, from + together), true);
        yield decoder.decode(bytes, { stream: from + together < tokens.length });
    }
}
