import { readFile, writeFile } from 'node:fs/promises';
import { gguf } from '@huggingface/gguf';
import { embeddedModel } from './models.js';

const alignment = 32;

/** The embedded model's first layer alone: a sixth of the work, for tests to which no number matters. */
export async function writeFirstLayer(path: string): Promise<string> {
    const { metadata, tensorInfos, tensorDataOffset } = await gguf(embeddedModel, { allowLocalFile: true });
    const file = await readFile(embeddedModel);
    const start = Number(tensorDataOffset);
    const header = Buffer.from(file.subarray(0, start));
    const kept = tensorInfos.filter(({ name }) => !/^blk\.[1-9]/.test(name));
    header.writeBigUInt64LE(BigInt(kept.length), 8);
    const count = `${metadata['general.architecture']}.block_count`;
    header.writeUInt32LE(1, header.indexOf(count) + count.length + 4);

    const ends = tensorInfos.map(({ offset }) => Number(offset)).sort((a, b) => a - b);
    const data: Buffer[] = [];
    let size = 0;
    const entries = kept.map(({ name, n_dims, offset }) => {
        const length = 8 + Buffer.byteLength(name) + 4 + 8 * n_dims + 4 + 8;
        const at = header.lastIndexOf(Buffer.from(name), start) - 8;
        const entry = Buffer.from(header.subarray(at, at + length));
        entry.writeBigUInt64LE(BigInt(size), length - 8);
        const bytes = file.subarray(
            start + Number(offset),
            start + (ends.find((end) => end > offset) ?? file.length - start),
        );
        data.push(bytes);
        size += bytes.length;
        return entry;
    });
    const first = tensorInfos[0]!;
    const head = Buffer.concat([header.subarray(0, header.lastIndexOf(first.name, start) - 8), ...entries]);
    const padding = Buffer.alloc((alignment - (head.length % alignment)) % alignment);
    await writeFile(path, Buffer.concat([head, padding, ...data]));
    return path;
}
