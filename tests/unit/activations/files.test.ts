import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Activations } from '../../../src/activations/Activations.js';
import { readActivations, writeActivations } from '../../../src/activations/activationsFile.js';
import { readPart, writePart } from '../../../src/activations/collectedPart.js';
import { mergeActivations } from '../../../src/activations/mergeActivations.js';
import { readSafetensors, writeSafetensors } from '../../../src/activations/safetensors.js';
import { LanguageNeuronsError } from '../../../src/errors.js';
import { ensureWritableFolder, writeFileAtomic } from '../../../src/files/fileAccess.js';
import { temporaryFolder } from '../../helpers/temporaryFolder.js';

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);

const activations: Activations = {
    languages: ['en', 'de'],
    counts: [BigInt64Array.of(1n, 2n, 3n, 0n), BigInt64Array.of(5n, 4n)],
    tokens: BigInt64Array.of(5n, 4n),
    source: {
        model: { name: 'größer', architecture: 'llama', quantization: 'F16', fingerprint: 'ab' },
        dataset: { name: 'udhr', hash: 'cd' },
        versions: { tool: '1' },
    },
};

/** The code that reading a file fails with, or undefined. */
async function failure(work: Promise<unknown>): Promise<string | undefined> {
    return work.then(
        () => undefined,
        (error: unknown) => {
            expect(error).toBeInstanceOf(LanguageNeuronsError);
            return (error as LanguageNeuronsError).code;
        },
    );
}

describe('activations.safetensors', () => {
    it('comes back as it was, from the file and from its folder', async () => {
        await writeActivations(at('activations.safetensors'), activations);
        expect(await readActivations(at('activations.safetensors'))).toEqual(activations);
        expect(await readActivations(folder)).toEqual(activations);
    });

    it('cut anywhere, or with bytes added, is DAMAGED', async () => {
        await writeActivations(at('whole'), activations);
        const whole = readFileSync(at('whole'));
        for (let length = 0; length < whole.length; length++) {
            writeFileSync(at('cut'), whole.subarray(0, length));
            expect(await failure(readActivations(at('cut'))), `${length} bytes`).toBe('DAMAGED');
        }
        writeFileSync(at('cut'), Buffer.concat([whole, Buffer.alloc(8)]));
        expect(await failure(readActivations(at('cut')))).toBe('DAMAGED');
    });

    it('with bytes changed reads as something sound or is DAMAGED, never another error', async () => {
        await writeActivations(at('whole'), activations);
        const whole = readFileSync(at('whole'));
        await fc.assert(
            fc.asyncProperty(
                fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
                async (changes) => {
                    const bytes = Buffer.from(whole);
                    for (const [offset, value] of changes) bytes[offset] = value;
                    writeFileSync(at('changed'), bytes);
                    expect([undefined, 'DAMAGED']).toContain(await failure(readActivations(at('changed'))));
                },
            ),
            { numRuns: 500 },
        );
    });

    it.each([
        {
            what: 'overlapping tensors',
            header: {
                a: { dtype: 'I64', shape: [2], data_offsets: [0, 16] },
                b: { dtype: 'I64', shape: [1], data_offsets: [8, 16] },
            },
        },
        { what: 'a gap', header: { a: { dtype: 'I64', shape: [1], data_offsets: [8, 16] } } },
        { what: 'another type', header: { a: { dtype: 'F64', shape: [2], data_offsets: [0, 16] } } },
        {
            what: 'a shape that does not fit',
            header: { a: { dtype: 'I64', shape: [1e9, 1e9], data_offsets: [0, 16] } },
        },
        { what: 'a range outside', header: { a: { dtype: 'I64', shape: [4], data_offsets: [0, 32] } } },
        { what: 'no header', header: 'not json' },
    ])('$what is DAMAGED', async ({ header }) => {
        const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
        const length = Buffer.alloc(8);
        length.writeBigUInt64LE(BigInt(text.length));
        writeFileSync(at('made'), Buffer.concat([length, text, Buffer.alloc(16)]));
        expect(await failure(readSafetensors(at('made')))).toBe('DAMAGED');
        length.writeBigUInt64LE(2n ** 62n);
        writeFileSync(at('made'), Buffer.concat([length, text]));
        expect(await failure(readSafetensors(at('made')))).toBe('DAMAGED');
    });

    it('with counts that cannot be is DAMAGED', async () => {
        for (const wrong of [
            { counts: [BigInt64Array.of(6n, 0n)] },
            { counts: [BigInt64Array.of(-1n, 0n)] },
            { counts: [] },
        ]) {
            await writeActivations(at('wrong'), { ...activations, ...wrong });
            expect(await failure(readActivations(at('wrong')))).toBe('DAMAGED');
        }
        await writeSafetensors(at('other'), new Map([['x', { shape: [1], data: BigInt64Array.of(1n) }]]), {});
        expect(await failure(readActivations(at('other')))).toBe('DAMAGED');
        expect(await failure(readActivations(at('none')))).toBe('NOT_FOUND');
    });
});

it('merging adds, and refuses what does not belong together', () => {
    const merged = mergeActivations(activations, activations);
    expect(merged.counts).toEqual([BigInt64Array.of(2n, 4n, 6n, 0n), BigInt64Array.of(10n, 8n)]);
    expect(merged.tokens).toEqual(BigInt64Array.of(10n, 8n));
    const others: Partial<Activations>[] = [
        { languages: ['en', 'fr'] },
        { languages: ['de', 'en'] },
        { counts: [activations.counts[0]!] },
        { source: { ...activations.source, model: { ...activations.source.model, fingerprint: 'other' } } },
    ];
    for (const other of others) {
        expect(() => mergeActivations(activations, { ...activations, ...other })).toThrow(
            expect.objectContaining({ code: 'MISMATCH' }),
        );
    }
    expect(() => mergeActivations(activations, { ...activations, languages: ['en'] })).toThrow(/de only in the first/);
});

it('a part is known again by its key alone', async () => {
    const part = {
        key: '{"a":1}',
        samples: 3,
        characters: 40,
        tokens: 9n,
        counts: activations.counts,
        routed: activations.counts.map(() => new BigInt64Array(0)),
    };
    await writePart(at('part'), part);
    expect(await readPart(at('part'), part.key)).toEqual(part);
    expect(await readPart(at('part'), 'other')).toBeUndefined();
    expect(await readPart(at('no part'), part.key)).toBeUndefined();
    writeFileSync(at('part'), 'garbage');
    expect(await readPart(at('part'), part.key)).toBeUndefined();
});

it('what cannot be written is UNWRITABLE, and nothing is left behind', async () => {
    writeFileSync(at('file'), 'kept');
    const before = readdirSync(folder).sort();
    expect(await failure(ensureWritableFolder(at('file/below')))).toBe('UNWRITABLE');
    expect(await failure(writeFileAtomic(at('file/below/x'), 'x'))).toBe('UNWRITABLE');
    expect(await failure(writeActivations(at('file/x'), activations))).toBe('UNWRITABLE');
    expect(readdirSync(folder).sort()).toEqual(before);
    expect(readFileSync(at('file'), 'utf8')).toBe('kept');
});
