import { writeFileSync } from 'node:fs';

/** A metadata value by its GGUF type. https://github.com/ggml-org/ggml/blob/master/docs/gguf.md */
export type GgufValue =
    | { readonly u32: number }
    | { readonly f32: number }
    | { readonly string: string }
    | { readonly u32s: readonly number[] };

/** An F32 tensor; `shape` in ggml's order, fastest first. */
export interface GgufTensor {
    readonly name: string;
    readonly shape: readonly number[];
    readonly data: Float32Array;
}

const alignment = 32;
const types = { u32: 4, f32: 6, string: 8, array: 9 };

/** Writes a GGUF v3 file, for models that tests make up. */
export function writeGguf(path: string, metadata: Readonly<Record<string, GgufValue>>, tensors: readonly GgufTensor[]): void {
    const header: Buffer[] = [Buffer.from('GGUF'), u32(3), u64(tensors.length), u64(Object.keys(metadata).length)];
    for (const [key, value] of Object.entries(metadata)) header.push(text(key), encode(value));
    let offset = 0;
    for (const { name, shape, data } of tensors) {
        header.push(text(name), u32(shape.length), ...shape.map(u64), u32(0), u64(offset));
        offset += padded(data.byteLength);
    }
    const head = Buffer.concat(header);
    const body = tensors.map(({ data }) => pad(Buffer.from(data.buffer, data.byteOffset, data.byteLength)));
    writeFileSync(path, Buffer.concat([pad(head), ...body]));
}

function encode(value: GgufValue): Buffer {
    if ('u32' in value) return Buffer.concat([u32(types.u32), u32(value.u32)]);
    if ('string' in value) return Buffer.concat([u32(types.string), text(value.string)]);
    if ('u32s' in value) return Buffer.concat([u32(types.array), u32(types.u32), u64(value.u32s.length), ...value.u32s.map(u32)]);
    const bytes = Buffer.alloc(4);
    bytes.writeFloatLE(value.f32);
    return Buffer.concat([u32(types.f32), bytes]);
}

function u32(value: number): Buffer {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value);
    return bytes;
}

function u64(value: number): Buffer {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt(value));
    return bytes;
}

function text(value: string): Buffer {
    return Buffer.concat([u64(Buffer.byteLength(value)), Buffer.from(value)]);
}

function padded(bytes: number): number {
    return Math.ceil(bytes / alignment) * alignment;
}

function pad(bytes: Buffer): Buffer {
    return Buffer.concat([bytes, Buffer.alloc(padded(bytes.length) - bytes.length)]);
}
