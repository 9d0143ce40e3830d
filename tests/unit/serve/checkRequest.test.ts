import { expect, it } from 'vitest';
import type { ContinuousBatching } from '../../../src/engine/answers/ContinuousBatching.js';
import { type ErrorCode, LanguageNeuronsError } from '../../../src/errors.js';
import { ApiError } from '../../../src/serve/ApiError.js';
import { tokenizeTexts } from '../../../src/serve/checkRequest.js';

function failing(code: ErrorCode): ContinuousBatching {
    const tokenizeAll = (): Promise<never> =>
        Promise.reject(new LanguageNeuronsError(code, '/home/someone/model.gguf: the tokenizer failed'));
    return { tokenizeAll } as unknown as ContinuousBatching;
}

it.each<[ErrorCode, number]>([
    ['WRONG_USE', 400],
    ['UNSUPPORTED', 400],
    ['NATIVE', 500],
    ['OUT_OF_MEMORY', 503],
    ['CLOSED', 503],
])('a tokenizer that fails with %s is answered with %i, and names no path', async (code, status) => {
    const failure: unknown = await tokenizeTexts(failing(code), ['a'], 'prompt').catch((cause: unknown) => cause);
    const { body, status: told } = ApiError.of(failure);
    expect(told).toBe(status);
    expect(JSON.stringify(body)).not.toContain('someone');
});

it('no texts are not asked for', async () => {
    expect(await tokenizeTexts(failing('NATIVE'), [], 'prompt')).toEqual([]);
});
