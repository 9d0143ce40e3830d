// The head of a GGUF v3 file: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md

/** Tensor types by name: their number in the file, and bytes for a block of weights. */
export const tensorTypes = {
    f32: { number: 0, weights: 1, bytes: 4 },
    f16: { number: 1, weights: 1, bytes: 2 },
    q4_0: { number: 2, weights: 32, bytes: 18 },
    q8_0: { number: 8, weights: 32, bytes: 34 },
    q4_k: { number: 12, weights: 256, bytes: 144 },
    q6_k: { number: 14, weights: 256, bytes: 210 },
};

const alignment = 32;
const valueTypes = { u16: 2, u32: 4, i32: 5, f32: 6, bool: 7, string: 8, array: 9 };

/** What a type of the table is, or one that it lacks, given itself. */
const layoutOf = (type) => (typeof type === 'string' ? tensorTypes[type] : type);

/** Bytes of a tensor. */
export function tensorBytes({ shape, type }) {
    const { weights, bytes } = layoutOf(type);
    return (shape.reduce((product, n) => product * n, 1) / weights) * bytes;
}

/** Bytes up to the next multiple of the alignment. */
export function paddingOf(bytes) {
    return Math.ceil(bytes / alignment) * alignment - bytes;
}

/** Everything before the tensors' data, padded; data follow in order, each padded. */
export function ggufHead(metadata, tensors) {
    const parts = [Buffer.from('GGUF'), u32(3), u64(tensors.length), u64(Object.keys(metadata).length)];
    for (const [key, value] of Object.entries(metadata)) parts.push(text(key), encode(value));
    let offset = 0;
    for (const tensor of tensors) {
        const { name, shape, type } = tensor;
        parts.push(text(name), u32(shape.length), ...shape.map(u64), u32(layoutOf(type).number), u64(offset));
        const bytes = tensorBytes(tensor);
        offset += bytes + paddingOf(bytes);
    }
    const head = Buffer.concat(parts);
    return Buffer.concat([head, Buffer.alloc(paddingOf(head.length))]);
}

const scalars = { u16, u32, i32, f32, string: text, bool: (value) => Buffer.of(value ? 1 : 0) };

function encode(value) {
    const [[kind, content]] = Object.entries(value);
    if (kind in scalars) return Buffer.concat([u32(valueTypes[kind]), scalars[kind](content)]);
    const item = kind.slice(0, -1); // u32s: an array of u32
    return Buffer.concat([
        u32(valueTypes.array),
        u32(valueTypes[item]),
        u64(content.length),
        ...content.map(scalars[item]),
    ]);
}

function u16(value) {
    const bytes = Buffer.alloc(2);
    bytes.writeUInt16LE(value);
    return bytes;
}

function u32(value) {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value);
    return bytes;
}

function i32(value) {
    const bytes = Buffer.alloc(4);
    bytes.writeInt32LE(value);
    return bytes;
}

function f32(value) {
    const bytes = Buffer.alloc(4);
    bytes.writeFloatLE(value);
    return bytes;
}

function u64(value) {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt(value));
    return bytes;
}

function text(value) {
    return Buffer.concat([u64(Buffer.byteLength(value)), Buffer.from(value)]);
}
