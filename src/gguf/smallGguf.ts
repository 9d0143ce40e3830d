import { encoded, type GgufValue } from './GgufFile.js';

/** A tensor of one row in F32. */
export interface NamedRow {
    readonly name: string;
    readonly values: Float32Array;
}

const magic = 'GGUF';
const version = 3;
/** Where data begin: GGUF's own default, which needs no key. */
const alignment = 32;
/** ggml's number of F32. */
const f32 = 0;

/**
 * The bytes of a GGUF file of rows in F32, which fit in memory.
 * Source: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
 */
export async function smallGguf(
    metadata: Readonly<Record<string, GgufValue>>,
    rows: readonly NamedRow[],
): Promise<Buffer> {
    const counts = [rows.length, Object.keys(metadata).length].map(whole);
    const data = rows.map(({ values }) => padded(Buffer.from(values.buffer, values.byteOffset, values.byteLength)));
    let offset = 0;
    const entries = rows.map(({ name, values }, i) => {
        const text = Buffer.from(name);
        const entry = [whole(text.length), text, half(1), whole(values.length), half(f32), whole(offset)];
        offset += data[i]!.length;
        return Buffer.concat(entry);
    });
    const keys = await encoded(metadata);
    const head = Buffer.concat([Buffer.from(magic), half(version), ...counts, keys, ...entries]);
    return Buffer.concat([padded(head), ...data]);
}

function padded(bytes: Buffer): Buffer {
    return Buffer.concat([bytes, Buffer.alloc((alignment - (bytes.length % alignment)) % alignment)]);
}

/** A number in 8 bytes. */
function whole(number: number): Buffer {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt(number));
    return bytes;
}

/** A number in 4 bytes. */
function half(number: number): Buffer {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(number);
    return bytes;
}
