import type { FastifyInstance } from 'fastify';
import type { Served } from './Exchange.js';
import { sendJson } from './sendPieces.js';
import { findModel } from './servedNames.js';
import type { ServerOptions } from './ServeOptions.js';
import { detokenize, tokenize } from './tokenizing.js';

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
