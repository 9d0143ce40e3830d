import type { FastifyInstance } from 'fastify';
import type { Served } from './Exchange.js';
import { sendJson } from './sendPieces.js';
import { findModel } from './servedNames.js';
import type { ServerOptions } from './ServeOptions.js';
import { setImmediate } from 'node:timers/promises';
import type { ContinuousBatching } from '../engine/answers/ContinuousBatching.js';
import { tokenizeTexts } from './checkRequest.js';
import { JsonList, JsonText } from './json.js';
import { readTokens } from './readPrompts.js';
import { readDetokenize, readTokenize } from './requestShapes.js';
import type { TokenNames } from './TokenNames.js';

/** Tokens whose text is written together. */
const together = 1024;

/** Adds what is answered without computing the model: health, models, the tokenizer. */
export function addFacts(
    app: FastifyInstance,
    { batching, names, models, info }: Served,
    { patience }: ServerOptions,
): void {
    const created = Math.floor(Date.now() / 1000);
    const model = (id: string): object => ({ id, object: 'model', created, owned_by: 'language-neurons' });
    app.get('/health', () => ({ status: 'ok' }));
    app.get('/v1/models', () => ({ object: 'list', data: models.map(({ name }) => model(name)) }));
    app.get<{ Params: { id: string } }>('/v1/models/:id', ({ params: { id } }) => {
        findModel(models, id);
        return model(id);
    });
    const orNull = (text: string): string | null => (text === '' ? null : text);
    app.get('/tokenizer_info', () => ({
        bos_token: orNull(info.bosText),
        eos_token: orNull(info.eosText),
        chat_template: orNull(info.chatTemplate),
    }));
    app.post('/tokenize', async ({ body }, reply) => sendJson(reply, await tokenize(batching, names, body), patience));
    app.post('/detokenize', async ({ body }, reply) => sendJson(reply, await detokenize(batching, body), patience));
}

/**
 * `/tokenize`, as vLLM has it: lm-evaluation-harness tokenizes by it where its user gives it no tokenizer. BOS comes
 * first where the model asks for one, unless `add_special_tokens` is false.
 * @returns a document for `jsonPieces`
 * @throws ApiError 400
 */
async function tokenize(batching: ContinuousBatching, names: TokenNames, body: unknown): Promise<object> {
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
async function detokenize(batching: ContinuousBatching, body: unknown): Promise<object> {
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
