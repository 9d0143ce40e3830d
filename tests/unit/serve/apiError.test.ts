import { expect, it } from 'vitest';
import { LanguageNeuronsError } from '../../../src/errors.js';
import { ApiError } from '../../../src/serve/ApiError.js';

const path = '/home/someone/models/secret.gguf';

it('what a client did not cause is 500 or 503, in words that say nothing of the server', () => {
    const failures: [unknown, number][] = [
        [new LanguageNeuronsError('WRONG_USE', `${path}: the last batch has no logits`), 500],
        [new LanguageNeuronsError('UNSUPPORTED', `${path}: cannot`), 500],
        [new LanguageNeuronsError('NATIVE', `${path}: failed`, { nativeCode: -3 }), 500],
        [new LanguageNeuronsError('DAMAGED', path), 500],
        [new LanguageNeuronsError('BUSY', path), 500],
        [new LanguageNeuronsError('OUT_OF_MEMORY', path), 503],
        [new LanguageNeuronsError('ABORTED', path), 503],
        [new LanguageNeuronsError('CLOSED', path), 503],
        [new TypeError(`cannot read ${path}`), 500],
        [Object.assign(new Error(path), { code: 'ENOENT', statusCode: 500 }), 500],
        [path, 500],
        [undefined, 500],
        [null, 500],
    ];
    for (const [cause, status] of failures) {
        const error = ApiError.of(cause);
        expect([error.status, error.type]).toEqual([status, 'server_error']);
        expect(JSON.stringify(error.body)).not.toContain('someone');
    }
});

it('what Fastify refuses has the same shape, and words of ours', () => {
    for (const status of [400, 404, 408, 413, 414, 415, 431]) {
        const cause = Object.assign(new Error(`${path}\n    at ${path}:1:1`), { statusCode: status, code: 'FST_ERR' });
        const { error } = ApiError.of(cause).body;
        expect(ApiError.of(cause).status).toBe(status);
        expect(Object.keys(error)).toEqual(['message', 'type', 'param', 'code']);
        expect(error.message).not.toContain('someone');
    }
});
