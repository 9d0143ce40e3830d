import { writeFileSync } from 'node:fs';
import { ggufHead, type GgufValue, paddingOf, type TensorLayout } from '../../scripts/synthetic/gguf.mjs';

export type { GgufValue };

/** A tensor of F32, or of blocks of another type; `shape` in ggml's order, fastest first. */
export interface GgufTensor {
    readonly name: string;
    readonly shape: readonly number[];
    readonly data: Float32Array | Buffer;
    readonly type?: TensorLayout;
}

/** Writes a GGUF v3 file, for models that tests make up. */
export function writeGguf(
    path: string,
    metadata: Readonly<Record<string, GgufValue>>,
    tensors: readonly GgufTensor[],
): void {
    const head = ggufHead(
        metadata,
        tensors.map(({ name, shape, type = 'f32' as const }) => ({ name, shape, type })),
    );
    const body = tensors.flatMap(({ data }) => {
        const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
        return [bytes, Buffer.alloc(paddingOf(bytes.length))];
    });
    writeFileSync(path, Buffer.concat([head, ...body]));
}
