import { readFile, writeFile } from 'node:fs/promises';
import { gguf } from '@huggingface/gguf';
import { Float16Array, getFloat16 } from '@petamoriken/float16';

const [F32, F16, Q8_0] = [0, 1, 8];
/** Q8_0: 32 whole numbers behind their scale, an F16. */
const [blockWeights, blockBytes] = [32, 34];

/**
 * Writes a copy of a Q8_0 model with the same weights in F32, exactly: where inputs are not rounded to
 * 8 bits, scores of other batches and devices can be held to tight bounds. With `half` its matrices are in F16.
 */
export async function writeUnquantized(model: string, path: string, half = false): Promise<string> {
    const { tensorInfos, tensorDataOffset } = await gguf(model, { allowLocalFile: true });
    const file = await readFile(model);
    const header = Buffer.from(file.subarray(0, Number(tensorDataOffset)));
    const parts: Buffer[] = [];
    let offset = 0;
    for (const { name, n_dims, shape, dtype, offset: from } of tensorInfos) {
        if (Number(dtype) !== F32 && Number(dtype) !== Q8_0)
            throw new Error(`${name}: type ${dtype} is neither F32 nor Q8_0`);
        const weights = shape.reduce((product, n) => product * Number(n), 1);
        const data = file.subarray(Number(tensorDataOffset + from));
        const toHalf = half && Number(dtype) === Q8_0;
        const exact = Number(dtype) === F32 ? data.subarray(0, 4 * weights) : dequantized(data, weights);
        parts.push(toHalf ? halves(exact) : exact);
        // A tensor's entry: length of the name, name, dimensions, their sizes, type, offset.
        const length = Buffer.alloc(8);
        length.writeBigUInt64LE(BigInt(Buffer.byteLength(name)));
        const at =
            header.lastIndexOf(Buffer.concat([length, Buffer.from(name)])) +
            8 +
            Buffer.byteLength(name) +
            4 +
            8 * n_dims;
        header.writeUInt32LE(toHalf ? F16 : F32, at);
        header.writeBigUInt64LE(BigInt(offset), at + 4);
        offset += (toHalf ? 2 : 4) * weights;
    }
    await writeFile(path, Buffer.concat([header, ...parts]));
    return path;
}

/** Rows are whole blocks, and whole multiples of GGUF's alignment of 32 bytes once in F32 or F16. */
function dequantized(data: Buffer, weights: number): Buffer {
    const out = new Float32Array(weights);
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    for (let block = 0; block < weights / blockWeights; block++) {
        const scale = getFloat16(view, block * blockBytes, true);
        for (let i = 0; i < blockWeights; i++)
            out[block * blockWeights + i] = scale * data.readInt8(block * blockBytes + 2 + i);
    }
    return Buffer.from(out.buffer);
}

/** F32 to the nearest F16. */
function halves(bytes: Buffer): Buffer {
    return Buffer.from(Float16Array.from(new Float32Array(Uint8Array.from(bytes).buffer)).buffer);
}
