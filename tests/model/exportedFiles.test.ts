import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { Engine } from '../../src/engine/Engine.js';
import { denseSites } from '../../src/engine/types/Site.js';
import { exportModel, type ExportResult } from '../../src/export/exportModel.js';
import { readGguf } from '../../src/gguf/GgufFile.js';
import { everyNth } from '../helpers/neuronSets.js';
import { bpeParts } from '../helpers/vocabularies.js';
import { type GgufValue, writeGguf } from '../helpers/writeGguf.js';
import { someSource } from '../helpers/analysed.js';
import { temporaryFolder } from '../helpers/temporaryFolder.js';

// Headers that are no model's, and what an edited file says.

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);
const { metadata, tensors } = bpeParts('gpt-2');
const gate = tensors.find(({ name }) => name === 'blk.0.ffn_gate.weight')!;
beforeEach(() => {
    rmSync(at('out.gguf'), { force: true });
});

const widths = [32];
const neurons = everyNth(denseSites(widths), 4);
const edit = (model = at('m.gguf')): Promise<ExportResult> =>
    exportModel({
        model,
        analysis: { widths, source: someSource },
        edits: [{ neurons, scale: 0, label: 'some' }],
        out: at('out.gguf'),
    });

/** The sound model's bytes with a field of its head written anew, found by what is before it. */
function writeChanged(before: string, offset: number, bytes: Buffer): void {
    writeGguf(at('m.gguf'), metadata, tensors);
    const file = readFileSync(at('m.gguf'));
    bytes.copy(file, file.indexOf(before) + before.length + offset);
    writeFileSync(at('m.gguf'), file);
}

const u64 = (value: bigint): Buffer => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(value);
    return bytes;
};

/** Behind a tensor's name: the number of dimensions, each of two, the type, the offset. */
const [dimension, place] = [4, 4 + 2 * 8 + 4];

describe('export refuses a file that llama.cpp refuses, and writes nothing', () => {
    const with_ = (more: Record<string, GgufValue>): void => writeGguf(at('m.gguf'), { ...metadata, ...more }, tensors);
    it.each<{ what: string; write: () => void; says: RegExp }>([
        {
            what: 'an alignment of 2 GB',
            write: () => with_({ 'general.alignment': { u32: 2 ** 31 } }),
            says: /2147483648/,
        },
        { what: 'an alignment of 0', write: () => with_({ 'general.alignment': { u32: 0 } }), says: /alignment|GGUF/ },
        { what: 'an alignment of 48', write: () => with_({ 'general.alignment': { u32: 48 } }), says: /alignment/ },
        {
            what: 'an alignment in words',
            write: () => with_({ 'general.alignment': { string: '32' } }),
            says: /alignment/,
        },
        { what: 'a tensor twice', write: () => writeGguf(at('m.gguf'), metadata, [...tensors, gate]), says: /twice/ },
        {
            what: 'a key twice',
            write: () => {
                with_({ 'general.namf': { string: 'other' } });
                const file = readFileSync(at('m.gguf'));
                file.write('general.name', file.indexOf('general.namf'));
                writeFileSync(at('m.gguf'), file);
            },
            says: /duplicate key 'general\.name'/,
        },
        { what: 'tensors that overlap', write: () => writeChanged(gate.name, place, u64(0n)), says: /offset/ },
        {
            what: 'a tensor out of the file',
            write: () => writeChanged(gate.name, place, u64(1n << 40n)),
            says: /ends in the middle of/,
        },
        {
            what: 'a dimension of 2^62',
            write: () => writeChanged(gate.name, dimension + 8, u64(1n << 62n)),
            says: /\S/,
        },
        { what: 'a dimension of 0', write: () => writeChanged(gate.name, dimension + 8, u64(0n)), says: /\S/ },
        { what: 'keys without number', write: () => writeChanged('GGUF', 12, u64(1n << 60n)), says: /\S/ },
        {
            what: 'a name of 80 bytes',
            write: () => writeGguf(at('m.gguf'), metadata, [...tensors, { ...gate, name: 'x'.repeat(80) }]),
            says: /too long/,
        },
    ])('$what', async ({ write, says }) => {
        write();
        const memory = process.memoryUsage().rss;
        await expect(edit()).rejects.toMatchObject({ code: 'DAMAGED', message: expect.stringMatching(says) });
        await expect(edit()).rejects.toThrow(at('m.gguf'));
        expect(process.memoryUsage().rss - memory).toBeLessThan(500e6);
        expect(readdirSync(folder).filter((name) => name.startsWith('out'))).toEqual([]);
    });
});

it('what llama.cpp does not load when it is written gets no name', async () => {
    const without = tensors.filter(({ name }) => name !== 'output_norm.weight');
    writeGguf(at('m.gguf'), metadata, without);
    await expect(edit()).rejects.toMatchObject({
        code: 'DAMAGED',
        message: expect.stringMatching(/out\.gguf: the written file cannot be read back .*output_norm/),
    });
    expect(readdirSync(folder).filter((name) => name.startsWith('out'))).toEqual([]);
});

describe('what an edited file says of the edit', () => {
    it('stands beside what a file has of an earlier one, whole or in part', async () => {
        writeGguf(at('m.gguf'), { ...metadata, 'language-neurons.edit.0.tool': { string: 'another' } }, tensors);
        await edit();
        const { metadata: written } = await readGguf(at('out.gguf'));
        expect(written['language-neurons.edit.0.tool']).toBe('another');
        expect(written['language-neurons.edit.1.changes']).toEqual(['some × 0']);
        using engine = await Engine.open({ model: at('out.gguf'), gpu: 'off', batchSize: 32, threads: 1 });
        expect(engine.sites).toHaveLength(1);
    });

    it('at an alignment of its own', async () => {
        // The tensors' sizes are multiples of it; the head is filled up to it.
        writeGguf(at('m.gguf'), { ...metadata, 'general.alignment': { u32: 16 } }, tensors);
        const { bytes } = await edit();
        expect((await readGguf(at('out.gguf'))).alignment).toBe(16);
        expect(bytes).toBe(readFileSync(at('out.gguf')).length);
    });
});
