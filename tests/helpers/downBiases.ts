import { readFileSync, writeFileSync } from 'node:fs';
import { readGguf } from '../../src/gguf/GgufFile.js';

/**
 * A copy of a Llama model whose FFNs get a bias: what is added to the residual stream behind each layer at every
 * token. Nothing of it comes from the code that writes control vectors.
 * @param biases by layer, [n_embd]
 */
export async function writeDownBiases(
    model: string,
    path: string,
    biases: ReadonlyMap<number, ArrayLike<number>>,
): Promise<void> {
    const { dataStart, entriesEnd, size, alignment } = await readGguf(model);
    const file = readFileSync(model);
    const padded = (bytes: Buffer): Buffer =>
        Buffer.concat([bytes, Buffer.alloc((alignment - (bytes.length % alignment)) % alignment)]);
    const [weights, entries, data] = [padded(file.subarray(dataStart, size)), [] as Buffer[], [] as Buffer[]];
    let offset = weights.length;
    for (const [layer, bias] of biases) {
        const name = Buffer.from(`blk.${layer}.ffn_down.bias`);
        const entry = Buffer.alloc(8 + name.length + 4 + 8 + 4 + 8);
        let at = entry.writeBigUInt64LE(BigInt(name.length));
        at += name.copy(entry, at);
        at = entry.writeUInt32LE(1, at);
        at = entry.writeBigUInt64LE(BigInt(bias.length), at);
        at = entry.writeUInt32LE(0, at); // F32
        entry.writeBigUInt64LE(BigInt(offset), at);
        entries.push(entry);
        data.push(padded(Buffer.from(Float32Array.from(bias).buffer)));
        offset += data.at(-1)!.length;
    }
    const head = Buffer.from(file.subarray(0, entriesEnd));
    head.writeBigUInt64LE(head.readBigUInt64LE(8) + BigInt(biases.size), 8); // the number of tensors
    writeFileSync(path, Buffer.concat([padded(Buffer.concat([head, ...entries])), weights, ...data]));
}
