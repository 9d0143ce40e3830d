import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { Admission } from '../../../src/serve/Admission.js';
import { ApiError } from '../../../src/serve/ApiError.js';
import { mostFields, mostParts, readBody } from '../../../src/serve/readBody.js';

const most = 8 * 1024 * 1024;

function read(body: string | Uint8Array, { chunk = 1000, arriving = new Admission(2 * most, 'bytes') } = {}) {
    const bytes = Buffer.from(body);
    const chunks = Array.from({ length: Math.ceil(bytes.length / chunk) }, (_, i) =>
        bytes.subarray(i * chunk, (i + 1) * chunk),
    );
    const stream = Object.assign(Readable.from(chunks, { objectMode: false }), { headers: {} });
    return readBody(stream as unknown as IncomingMessage, most, arriving);
}

const refusal = (status: number, message: RegExp): unknown =>
    expect.objectContaining({ status, message: expect.stringMatching(message) as string } as Partial<ApiError>);

describe('a body', () => {
    it.each([1, 2, 3, 1000])('is read in chunks of %i bytes, cut within characters and escapes', async (chunk) => {
        const document = { a: ['中🙂é\uFEFF', '"[{,:\\"'], b: { c: -1.5, d: null } };
        expect(await read(JSON.stringify(document), { chunk })).toEqual(document);
        expect(await read(`\uFEFF${JSON.stringify(document)}`, { chunk })).toEqual(document);
    });

    it.each([[0xff], [0xc3], [0xe4, 0xb8], [0xed, 0xa0, 0x80], [0xc0, 0xaf], [0xf4, 0x90, 0x80, 0x80]])(
        'that is no UTF-8 is refused: %o',
        async (...bytes) => {
            const body = Buffer.concat([Buffer.from('{"prompt":"'), Buffer.from(bytes), Buffer.from('"}')]);
            for (const chunk of [1, 1000]) await expect(read(body, { chunk })).rejects.toEqual(refusal(400, /UTF-8/));
            await expect(read(Buffer.from(bytes))).rejects.toEqual(refusal(400, /UTF-8/));
        },
    );

    it.each(['', '{', '{"a":1}}', 'undefined', "{'a':1}", '{"a":NaN}', '["\n"]'])(
        'that is no JSON is refused: %o',
        async (body) => {
            await expect(read(body)).rejects.toEqual(refusal(400, /not valid JSON|empty/));
        },
    );

    it('of too many parts, or too long, is refused before it is parsed; commas within texts are none', async () => {
        const list = (item: string, n: number): string => `[${Array(n).fill(item).join(',')}]`;
        await expect(read(list('""', mostParts + 1), { chunk: 65536 })).rejects.toEqual(refusal(400, /values/));
        await expect(read('['.repeat(mostParts + 1), { chunk: 65536 })).rejects.toEqual(refusal(400, /values/));
        await expect(read(list('{"a":1}', mostFields + 1), { chunk: 65536 })).rejects.toEqual(refusal(400, /fields/));
        await expect(read(`"${' '.repeat(most)}"`, { chunk: 65536 })).rejects.toEqual(refusal(413, /longer than/));
        const text = ',[{:\\",'.repeat(mostParts);
        expect(await read(JSON.stringify([text]), { chunk: 65536 })).toEqual([text]);
    });

    it('that arrives beside too many others is told to come again, and leaves no room taken', async () => {
        const arriving = new Admission(1000, 'bytes');
        const leave = arriving.enter(900);
        await expect(read(`"${'a'.repeat(300)}"`, { chunk: 50, arriving })).rejects.toEqual(refusal(429, /again/));
        leave();
        arriving.enter(1000)();
        expect(await read(`"${'a'.repeat(300)}"`, { chunk: 50, arriving })).toBe('a'.repeat(300));
        arriving.enter(1000)();
    });
});
