import { readFile, writeFile } from 'node:fs/promises';
import { gguf } from '@huggingface/gguf';

const alignment = 32;

/** Gives an F32 model whose output head is its embedding a head of its own, of the same numbers. */
export async function untie(path: string): Promise<void> {
    const { tensorInfos, tensorDataOffset } = await gguf(path, { allowLocalFile: true });
    const file = await readFile(path);
    const [start, size] = [Number(tensorDataOffset), (shape: readonly bigint[]) => 4 * Number(shape[0]! * shape[1]!)];
    const { shape, offset } = tensorInfos.find(({ name }) => name === 'token_embd.weight')!;
    const embedding = file.subarray(start + Number(offset), start + Number(offset) + size(shape));
    const data = file.subarray(start);
    const last = tensorInfos.at(-1)!;
    // An entry: length of the name, name, number of dimensions, their sizes, type, offset.
    const end = file.lastIndexOf(last.name, start) + Buffer.byteLength(last.name) + 4 + 8 * last.n_dims + 4 + 8;
    const name = 'output.weight';
    const entry = Buffer.alloc(8 + name.length + 4 + 16 + 4 + 8);
    entry.writeBigUInt64LE(BigInt(name.length), 0);
    entry.write(name, 8);
    entry.writeUInt32LE(2, 8 + name.length);
    for (const [i, n] of shape.entries()) entry.writeBigUInt64LE(BigInt(n), 12 + name.length + 8 * i);
    entry.writeBigUInt64LE(BigInt(data.length), entry.length - 8);
    const header = Buffer.concat([file.subarray(0, end), entry]);
    header.writeBigUInt64LE(header.readBigUInt64LE(8) + 1n, 8); // tensors
    const padding = Buffer.alloc((alignment - (header.length % alignment)) % alignment);
    await writeFile(path, Buffer.concat([header, padding, data, embedding]));
}
