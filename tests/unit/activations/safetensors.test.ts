import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSafetensors, writeSafetensors } from '../../../src/activations/safetensors.js';
import { LanguageNeuronsError } from '../../../src/errors.js';

let root: string;
beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'language-neurons-'));
});
afterAll(() => rm(root, { recursive: true }));

const one = { dtype: 'I64', shape: [1], data_offsets: [0, 8] };

/** A file of a header, given as text or object, and zeros behind it. */
async function made(header: unknown, bodyBytes: number, claimed?: bigint): Promise<string> {
    const text = Buffer.isBuffer(header)
        ? header
        : Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(claimed ?? BigInt(text.length));
    const path = join(root, 'made');
    await writeFile(path, Buffer.concat([length, text, Buffer.alloc(bodyBytes)]));
    return path;
}

describe('safetensors', () => {
    it('come back as they were', async () => {
        const shape = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 3 });
        const tensor = shape.chain((shape) => {
            const length = shape.reduce((product, n) => product * n, 1);
            return fc.bigInt64Array({ minLength: length, maxLength: length }).map((data) => ({ shape, data }));
        });
        const name = fc
            .string({ unit: 'grapheme', minLength: 1 })
            .filter((key) => key !== '__metadata__' && key !== '__proto__');
        await fc.assert(
            fc.asyncProperty(
                fc.dictionary(name, tensor, { noNullPrototype: true }),
                fc.dictionary(name, fc.string(), { noNullPrototype: true }),
                async (tensors, metadata) => {
                    const path = join(root, 'whole');
                    const given = new Map(Object.entries(tensors));
                    await writeSafetensors(path, given, metadata);
                    const read = await readSafetensors(path);
                    expect(new Map([...read.tensors].sort())).toEqual(new Map([...given].sort()));
                    expect(read.metadata).toEqual(metadata);
                    const bytes = await readFile(path);
                    expect((8 + Number(bytes.readBigUInt64LE())) % 8).toBe(0); // numbers lie aligned
                },
            ),
            { numRuns: 150 },
        );
    });

    it('of another writer are read: any order, empty ones, no metadata', async () => {
        const path = await made(
            {
                b: { ...one, data_offsets: [8, 16] },
                empty: { dtype: 'I64', shape: [0, 7], data_offsets: [8, 8] },
                a: one,
                scalar: { dtype: 'I64', shape: [], data_offsets: [16, 24] },
            },
            24,
        );
        const { tensors, metadata } = await readSafetensors(path);
        expect([...tensors.keys()].sort()).toEqual(['a', 'b', 'empty', 'scalar']);
        expect([tensors.get('empty')!.data.length, tensors.get('scalar')!.data.length]).toEqual([0, 1]);
        expect(metadata).toEqual({});
    });

    it.each<{ what: string; header: unknown; body: number; says: RegExp }>([
        { what: 'another type', header: { a: { ...one, dtype: 'F64' } }, body: 8, says: /a is F64, not I64/ },
        {
            what: 'a type of other size',
            header: { a: { ...one, dtype: 'I32', shape: [2] } },
            body: 8,
            says: /a is I32/,
        },
        {
            what: 'overlapping tensors',
            header: { a: { ...one, shape: [2], data_offsets: [0, 16] }, b: { ...one, data_offsets: [8, 16] } },
            body: 16,
            says: /b overlaps/,
        },
        { what: 'a tensor twice', header: { a: one, b: one }, body: 8, says: /b overlaps/ },
        {
            what: 'a gap',
            header: { a: one, b: { ...one, data_offsets: [16, 24] } },
            body: 24,
            says: /b overlaps another, leaves a gap/,
        },
        {
            what: 'a beginning other than 0',
            header: { a: { ...one, data_offsets: [8, 16] } },
            body: 16,
            says: /a overlaps another, leaves a gap/,
        },
        {
            what: 'offsets in the wrong order',
            header: { a: { ...one, data_offsets: [8, 0] } },
            body: 8,
            says: /a overlaps/,
        },
        {
            what: 'an end outside the file',
            header: { a: { ...one, shape: [3], data_offsets: [0, 24] } },
            body: 16,
            says: /a .*outside the file/,
        },
        { what: 'trailing bytes', header: { a: one }, body: 9, says: /1 bytes belong to no tensor/ },
        {
            what: 'a shape too large for its bytes',
            header: { a: { ...one, shape: [2] } },
            body: 8,
            says: /a has 8 bytes for a shape of 2/,
        },
        {
            what: 'a shape that overflows',
            header: { a: { ...one, shape: Array(30).fill(2 ** 50) } },
            body: 8,
            says: /a has 8 bytes/,
        },
        { what: 'a negative shape', header: { a: { ...one, shape: [-1, -1] } }, body: 8, says: /header/ },
        { what: 'a broken shape', header: { a: { ...one, shape: [0.5, 2] } }, body: 8, says: /header/ },
        { what: 'strings for a tensor', header: { a: { dtype: 'I64' } }, body: 0, says: /a is not described/ },
        { what: 'numbers as metadata', header: { __metadata__: { a: 1 } }, body: 0, says: /header/ },
        { what: 'a list as header', header: [one], body: 8, says: /header/ },
        { what: 'null as header', header: 'null', body: 8, says: /header/ },
        { what: 'no JSON', header: '{"a"', body: 8, says: /header/ },
        { what: 'endless nesting', header: '['.repeat(200_000), body: 0, says: /header/ },
        {
            what: 'a header that is not UTF-8',
            header: Buffer.from('{"__metadata__":{"a":"\xff"}}', 'latin1'),
            body: 0,
            says: /header/,
        },
        { what: 'an empty header', header: '', body: 0, says: /header/ },
    ])('with $what are DAMAGED', async ({ header, body, says }) => {
        await expect(readSafetensors(await made(header, body))).rejects.toMatchObject({
            name: 'LanguageNeuronsError',
            code: 'DAMAGED',
            message: expect.stringMatching(says),
        });
    });

    it('whose header claims more than there is are DAMAGED before any of it is held', async () => {
        for (const claimed of [3n, 100_000_001n, 2n ** 31n, 2n ** 53n + 1n, 2n ** 63n, 2n ** 64n - 1n]) {
            await expect(readSafetensors(await made('{}', 0, claimed)), String(claimed)).rejects.toMatchObject({
                code: 'DAMAGED',
                message: expect.stringContaining('longer than the file'),
            });
        }
        await expect(readSafetensors(await made('{}', 0, 1n))).rejects.toMatchObject({ code: 'DAMAGED' }); // '{'
    });

    it('cut anywhere are DAMAGED, with bytes changed DAMAGED or readable', async () => {
        const path = join(root, 'small');
        await writeSafetensors(
            path,
            new Map([
                ['a', { shape: [2, 1], data: BigInt64Array.of(1n, -2n) }],
                ['b', { shape: [1], data: BigInt64Array.of(3n) }],
            ]),
            { k: 'é' },
        );
        const whole = await readFile(path);
        const code = async (bytes: Buffer): Promise<string> => {
            await writeFile(join(root, 'changed'), bytes);
            return readSafetensors(join(root, 'changed')).then(
                () => 'read',
                (error: unknown) => (error instanceof LanguageNeuronsError ? error.code : String(error)),
            );
        };
        for (let length = 0; length < whole.length; length++)
            expect(await code(whole.subarray(0, length)), `${length} bytes`).toBe('DAMAGED');
        const outcomes = new Map<string, number>();
        const flip = fc.record({ at: fc.nat(whole.length - 1), bit: fc.nat(7) });
        await fc.assert(
            fc.asyncProperty(fc.array(flip, { minLength: 1, maxLength: 3 }), async (flips) => {
                const bytes = Buffer.from(whole);
                for (const { at, bit } of flips) bytes[at] = bytes[at]! ^ (1 << bit);
                const outcome = await code(bytes);
                outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
                expect(['read', 'DAMAGED']).toContain(outcome);
            }),
            { numRuns: 600 },
        );
        expect([...outcomes.keys()].sort()).toEqual(['DAMAGED', 'read']); // both do occur
    });

    it('that are a folder are NOT_FOUND', async () => {
        await mkdir(join(root, 'folder.safetensors'));
        await expect(readSafetensors(join(root, 'folder.safetensors'))).rejects.toMatchObject({
            code: 'NOT_FOUND',
            message: expect.stringContaining('folder.safetensors'),
        });
        await expect(readSafetensors(join(root, 'absent'))).rejects.toMatchObject({
            code: 'NOT_FOUND',
            message: expect.stringContaining('run collect first'),
        });
    });
});
